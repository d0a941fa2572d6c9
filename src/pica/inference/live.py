"""One loaded model that answers one question at a time, streamed where it is a reply: what chat, page and server ask.

model = LiveModel.load(Path("models/base"), Path("models/adapter"), max_length=512)
model.probabilities(question)            {"joy": 0.81, "anger": 0.02, …}
"".join(model.stream(question.messages[:-1], Decoding(seed=3)))
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import Any

import torch
from peft import PeftModel
from transformers import GenerationConfig, StoppingCriteria, TextStreamer

from pica.errors import ChatError
from pica.inference import copying, packed
from pica.inference.decoding import Decoding
from pica.inference.engine import Generation
from pica.inference.memory import Memory
from pica.inference.runner import ModelRunner
from pica.inference.spans import quote
from pica.schema import Instruction
from pica.training import adapter as adapters
from pica.training.cutting import cut_of, without_oldest_exchange
from pica.training.encode import answer_ids, end_token

_GREETING = [{"role": "user", "content": "Hello."}]


class LiveModel:
    """A model that many chats share: whoever asks waits until it has answered the one before.

    Args:
        runner: the model and its tokenizer.
        name: what the model is, for people.
    """

    def __init__(self, runner: ModelRunner, name: str) -> None:
        self.runner, self.name = runner, name
        self._lock = Lock()
        self._memory = Memory()
        # Seen here and not at the first question, so that who asks first waits no longer than others.
        self._packs = runner.packs([self._ids(_GREETING, room=16)])

    @classmethod
    def load(cls, base: Path, adapter: Path | None, max_length: int) -> LiveModel:
        """The model of a folder, with an adapter on it or without one.

        Raises:
            ModelError: a folder is missing, is no model, or the adapter was trained on another base.
        """
        adapters.check_there(base, adapter)
        runner = ModelRunner.open(base, adapter, max_length, batch_size=16)
        if adapter:
            model = adapters.load(runner.model, base, adapter)
            adapters.merge(model)
            runner = replace(runner, model=model)
        return cls(runner, " + ".join(f"{_from_here(folder)}" for folder in (base, adapter) if folder))

    @property
    def tuned(self) -> bool:
        """Whether there is an adapter on the base."""
        return isinstance(self.runner.model, PeftModel)

    def probabilities(self, question: Instruction) -> dict[str, float]:
        """Of each of the question's candidates, how likely the model finds it as the whole answer among them."""
        return self.probabilities_of_all([question], quiet=True)[0]

    def probabilities_of_all(self, questions: Sequence[Instruction], quiet: bool = False) -> list[dict[str, float]]:
        """`probabilities` of each question, in batches."""
        tokenizer = self.runner.tokenizer
        with self._lock, torch.inference_mode():
            prompts = [self._ids(question, room=16) for question in questions]
            answers = [[answer_ids(label, tokenizer)[:-1] for label in question.candidates] for question in questions]
            if len(prompts) == 1 and self._remembers:
                found = [self._read_on(prompts[0], answers[0])]
            else:
                found = self.runner.score(prompts, answers, [end_token(tokenizer)], self._packs, quiet)
        return [packed.shares(question.candidates, reads) for question, reads in zip(questions, found, strict=True)]

    @property
    def _remembers(self) -> bool:
        """Whether the model reads on from what it has read before: one that packs answers does, unless a prefix stands
        before each prompt."""
        return self._packs and not adapters.has_prefix(self.runner.model)

    def _read_on(self, prompt: list[int], answers: Sequence[Sequence[int]]) -> list[packed.Read]:
        """What the model makes of each answer to one prompt, of which what was read before is not read again."""
        model, tokenizer, reads = self.runner.model, self.runner.tokenizer, []
        body = adapters.body(model)
        for batch in packed.jobs([prompt], [answers], 1, model.config.get_text_config().vocab_size):
            cache = self._memory.begin(body, prompt)
            reads += packed.read(model, tokenizer.pad_token_id, batch, [end_token(tokenizer)], cache)[0]
            self._memory.keep(body, prompt, cache)
        return reads

    def quote_all(self, questions: Sequence[Instruction], lines: Sequence[Sequence[str]]) -> list[str]:
        """The spans of each question's lines that answer it, one a line.

        Raises:
            ChatError: a text is too long. It is not cut, since a cause that is cut out is not found.
        """
        with self._lock, torch.inference_mode():
            prompts = [self._ids(question, room=64) for question in questions]
            for number, prompt in enumerate(prompts, 1):
                if prompt is None:
                    raise ChatError(
                        f"input {number}: the text in which a cause is looked for is too long: with the request, this "
                        f"model reads {self.runner.max_length - 64} tokens. Ask about a part of it."
                    )
            found = quote(self.runner, prompts, lines, [question.language for question in questions])
        return ["\n".join(spans) for spans in found]

    def describe_all(self, questions: Sequence[Instruction], max_new_tokens: int) -> list[Generation]:
        """The free answer to each question, greedily decoded, in batches."""
        with self._lock:
            return self.runner.generate([self._ids(q, max_new_tokens) for q in questions], max_new_tokens)

    def describe(self, question: Instruction, max_new_tokens: int) -> Generation:
        """The free answer, greedily decoded."""
        with self._lock, torch.inference_mode():
            if self._remembers and self.runner.keeps_all():
                return self._quickly(self._ids(question, max_new_tokens), max_new_tokens)
        pieces = self.stream(question, Decoding(temperature=0, max_new_tokens=max_new_tokens))
        text, finished = collect(pieces)
        return Generation(text.strip(), finished)

    def _quickly(self, prompt: list[int], max_new_tokens: int) -> Generation:
        """The free answer to a prompt, of which what was read before is not read again."""
        body, tokenizer = adapters.body(self.runner.model), self.runner.tokenizer
        end, cache = end_token(tokenizer), self._memory.begin(body, prompt)
        said = copying.say(body, cache, prompt, end, max_new_tokens)
        self._memory.keep(body, prompt, cache)
        text = tokenizer.decode(said, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return Generation(text.strip(), said[-1] == end)

    def bare_answer(self, messages: Sequence[Mapping[str, str]], decoding: Decoding) -> tuple[str, bool]:
        """What the base says to a plain chat without its adapter, and whether it ended by itself."""
        return collect(self.stream(messages, decoding, bare=True))

    def stream(
        self, question: Instruction | Sequence[Mapping[str, str]], decoding: Decoding, bare: bool = False
    ) -> Generator[str, None, bool]:
        """The answer piece by piece; returns whether the model ended it by itself. Closing it stops the model.

        Args:
            question: one whose prompt is cut as training cuts it, or a plain chat, the last message the user's.
            bare: whether the base answers without its adapter.
        """
        pieces = _Pieces(self.runner.tokenizer)
        Thread(target=self._write, args=(question, decoding, bare, pieces), daemon=True).start()
        try:
            yield from pieces
        finally:
            pieces.stop.set()  # the thread ends at its next token; whoever asks next waits for the lock
        if pieces.error:
            raise pieces.error
        return pieces.finished

    def _ids(self, question: Instruction | Sequence[Mapping[str, str]], room: int) -> list[int] | None:
        """The prompt, cut as training cuts it; None where a cause is asked for and its last line does not fit."""
        if isinstance(question, Instruction):
            cut = cut_of(question.id, question.instruction)
            return self.runner.encode_prompt(question.instruction, question.messages[:-1], room, cut)
        return self.runner.encode_prompt("", question, room, without_oldest_exchange)

    def _write(
        self, question: Instruction | Sequence[Mapping[str, str]], decoding: Decoding, bare: bool, pieces: _Pieces
    ) -> None:
        """Generate in a thread of its own, so that what is written can be read at the same time.

        The thread holds the lock, and not who reads: servers read a stream in one thread after another.
        """
        try:
            with self._lock, torch.inference_mode(), torch.random.fork_rng():
                if not pieces.stop.is_set():  # whoever waited for the one before may be gone
                    self._generate(self._ids(question, decoding.max_new_tokens), decoding, bare, pieces)
        except Exception as error:  # given to whoever reads, in whose thread it belongs
            pieces.error = error
        finally:
            pieces.queue.put(None)

    def _generate(self, ids: list[int], decoding: Decoding, bare: bool, pieces: _Pieces) -> None:
        model, end = self.runner.model, end_token(self.runner.tokenizer)
        given: dict[str, Any] = {}
        with adapters.base_alone(model) if bare else nullcontext():
            torch.manual_seed(decoding.seed)
            past, remembers = 0, self._remembers and not bare
            if adapters.has_prefix(model) and not bare:
                model, given["past_key_values"] = adapters.with_prefix_cache(model, 1)
                past = given["past_key_values"].get_seq_length()
            elif remembers:
                model = adapters.body(model)
                given["past_key_values"] = self._memory.begin(model, ids)
            prompt = torch.tensor([[end] * past + ids], device=model.device)
            output = model.generate(
                input_ids=prompt,
                attention_mask=torch.ones_like(prompt),
                generation_config=_config(decoding, end, self.runner.tokenizer.pad_token_id),
                streamer=pieces,
                stopping_criteria=[pieces],
                **given,
            )
            if remembers:
                self._memory.keep(model, ids, given["past_key_values"])
        pieces.finished = output[0, -1].item() == end


def _from_here(folder: Path) -> Path:
    """A folder beneath the current one without the way to that: what people show others names no home of theirs."""
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder


def collect(pieces: Generator[str, None, bool]) -> tuple[str, bool]:
    """All of a streamed answer, and whether the model ended it by itself."""
    said = []
    while True:
        try:
            said.append(next(pieces))
        except StopIteration as ended:
            return "".join(said), ended.value


def _config(decoding: Decoding, end: int, pad: int) -> GenerationConfig:
    given: dict[str, Any] = {"max_new_tokens": decoding.max_new_tokens, "eos_token_id": end, "pad_token_id": pad}
    if decoding.temperature == 0:
        return GenerationConfig(do_sample=False, **given)
    return GenerationConfig(do_sample=True, temperature=decoding.temperature, top_p=decoding.top_p, top_k=0, **given)


class _Pieces(TextStreamer, StoppingCriteria):
    """What transformers writes, as an iterator; and whether it is to stop."""

    def __init__(self, tokenizer: Any) -> None:
        super().__init__(tokenizer, skip_prompt=True, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        self.queue: SimpleQueue[str | None] = SimpleQueue()
        self.stop, self.finished, self.error = Event(), False, None

    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
        if text:
            self.queue.put(text)

    def __call__(self, input_ids: torch.Tensor, scores: Any, **given: Any) -> torch.Tensor:
        return torch.full((len(input_ids),), self.stop.is_set(), device=input_ids.device, dtype=torch.bool)

    def __iter__(self) -> Generator[str]:
        while True:
            try:
                piece = self.queue.get(timeout=0.5)  # with a limit, so that Ctrl-C comes through
            except Empty:
                continue
            if piece is None:
                return
            yield piece
