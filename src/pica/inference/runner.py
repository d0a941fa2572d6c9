"""A model and its tokenizer, asked many questions at once.

Prompts come from `pica.training.encode`, so a question has the very tokens that training gave it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import log_softmax
from tqdm import tqdm
from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase
from transformers.cache_utils import DynamicCache, DynamicLayer, get_layer_types_and_kwargs

from pica.inference import packed
from pica.inference.engine import Engine, Generation
from pica.inference.packed import Read
from pica.inference.reading import Reading, padded
from pica.inference.work import ALONE, Work
from pica.training import adapter as adapters
from pica.training import base as bases
from pica.training.attention import close, tolerance
from pica.training.encode import answer_ids, end_token

# Two answers of several tokens, to see on whether a model reads on as it reads the whole.
_PROBE = ("joy, of course", "no emotion")


@dataclass(slots=True)
class _Seen:
    """What was seen of a model on prompts of some length, which holds for shorter ones."""

    length: int
    answer: bool


@dataclass(frozen=True, slots=True)
class ModelRunner(Engine):
    """Answers questions in batches of like lengths.

    Args:
        max_length: tokens that a prompt and its answer may have; a longer prompt is cut as in training.
        batch_size: prompts a forward pass.
        work: who does the batches.
        adapted: whether an adapter is on the model. What was kept of a batch is of the model with it, or without.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    max_length: int
    batch_size: int
    work: Work = ALONE
    adapted: bool = False
    _seen: dict[str, _Seen] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def open(
        cls, base: Path, adapter: Path | None, max_length: int, batch_size: int, work: Work = ALONE
    ) -> ModelRunner:
        """The model in the folder `base`, as it is: held as the adapter that is put on it later wants it.

        Raises:
            ModelError: as `training.base.load`.
        """
        # An adapter is asked on the weights that it was trained on: those of QLoRA are held in 4 bits.
        model, tokenizer = bases.load(base, four_bit=adapter is not None and adapters.kind(adapter) == "qlora")
        return cls(model, tokenizer, max_length, batch_size, work)

    def with_adapter(self, base: Path, adapter: Path) -> ModelRunner:
        """As `Engine.with_adapter`."""
        return replace(self, model=adapters.merged(adapters.load(self.model, base, adapter)), adapted=True)

    def score(
        self,
        prompts: Sequence[list[int]],
        answers: Sequence[Sequence[Sequence[int]]],
        marks: Sequence[int],
        packs: bool | None = None,
        quiet: bool = False,
    ) -> list[list[Read]]:
        """For each prompt, what the model makes of each of its answers.

        Args:
            answers: of each prompt, token ids without the end token.
            marks: tokens whose log-probability is wanted after each token of an answer, such as the end token.
            packs: what `packs` said of the model; it is asked where that is not given.
            quiet: whether no progress is shown.
        """
        found: list[list[Read | None]] = [[None] * len(of_prompt) for of_prompt in answers]
        pad, vocabulary = self.tokenizer.pad_token_id, self.model.config.get_text_config().vocab_size
        packs = packs if packs is not None else self._agreed(self.packs, prompts)
        how = packed.read if packs else _read_plainly

        def asked(batch: Sequence[packed.Job]) -> list:
            jobs = [[list(job.prompt), list(map(list, job.answers))] for job in batch]
            return ["score", self.adapted, packs, list(marks), jobs]

        def read(batch: Sequence[packed.Job]) -> list:
            return [[each.plain() for each in reads] for reads in how(self.model, pad, batch, marks)]

        batches = packed.jobs(prompts, answers, self.batch_size, vocabulary)
        quiet = quiet or not self.work.speaks
        with tqdm(total=sum(map(len, answers)), desc="score", unit="answer", disable=quiet) as bar:
            for batch, of_batch in self.work.each(batches, asked, read):
                for job, reads in zip(batch, of_batch, strict=True):
                    found[job.row][job.first : job.first + len(reads)] = [Read.of(*each) for each in reads]
                    bar.update(len(reads))
        return found

    def score_and_generate(
        self,
        prompts: Sequence[list[int]],
        answers: Sequence[Sequence[Sequence[int]]],
        marks: Sequence[int],
        free: Collection[int],
        max_new_tokens: int,
    ) -> tuple[list[list[Read]], dict[int, Generation]]:
        """As `score`, and a free answer to the prompts whose numbers are in `free`, as `generate` gives.

        Each prompt is read once for both, where the model goes on from what it has read.
        """
        packs = self._agreed(self.packs, prompts)
        if not (packs and self.keeps_all() and self._agreed(self._reads_on, prompts)):
            found, order = self.score(prompts, answers, marks, packs), sorted(free)
            return found, dict(zip(order, self.generate([prompts[i] for i in order], max_new_tokens), strict=True))
        found: list[list[Read | None]] = [[None] * len(of_prompt) for of_prompt in answers]
        replies: dict[int, Generation] = {}
        pad = self.tokenizer.pad_token_id

        def asked(batch: Sequence[packed.Job]) -> list:
            jobs = [[list(job.prompt), list(map(list, job.answers)), job.written] for job in batch]
            return ["score and generate", self.adapted, list(marks), jobs]

        def read(batch: Sequence[packed.Job]) -> list:
            reads, reading = packed.read_and_stay(self.model, pad, batch, marks)
            reading.keep([place for place, job in enumerate(batch) if job.written])
            return [[[each.plain() for each in of_job] for of_job in reads], self._go_on(reading, max_new_tokens)]

        vocabulary = self.model.config.get_text_config().vocab_size
        written = dict.fromkeys(free, max_new_tokens)
        batches = packed.jobs(prompts, answers, self.batch_size, vocabulary, written)
        with tqdm(total=len(prompts), desc="ask", unit="row", disable=not self.work.speaks) as bar:
            for batch, (of_batch, said) in self.work.each(batches, asked, read):
                for job, reads in zip(batch, of_batch, strict=True):
                    found[job.row][job.first : job.first + len(reads)] = [Read.of(*each) for each in reads]
                for job, tokens in zip((job for job in batch if job.written), said, strict=True):
                    replies[job.row] = Generation.of(tokens, self.tokenizer)
                bar.update(sum(job.first == 0 for job in batch))
        return found, replies

    def _agreed(self, sees: Callable[[Sequence[list[int]]], bool], prompts: Sequence[list[int]]) -> bool:
        """What all processes have seen of the model: on these prompts, or before on ones at least as long. False
        without prompts."""
        if not prompts:
            return False
        longest = max(map(len, prompts))
        seen = self._seen.get(sees.__name__)
        if seen is None or seen.length < longest:
            seen = self._seen[sees.__name__] = _Seen(longest, self.work.agreed(sees(prompts)))
        return seen.answer

    def keeps_all(self) -> bool:
        """Whether the model's cache can be taken back to the prompts: one of a window has lost what lay before."""
        config = self.model.config.get_text_config(decoder=True)
        return all(type(layer) is DynamicLayer for layer in DynamicCache(config=config).layers)

    @torch.no_grad()
    def packs(self, prompts: Sequence[list[int]]) -> bool:
        """Whether the model keeps the answers of one row apart: seen on two of the prompts, or on the only one.

        Some classes (recurrent ones, positions of their own) do not, and say so by other scores or by any error.
        """
        end, probe = end_token(self.tokenizer), [answer_ids(text, self.tokenizer)[:-1] for text in _PROBE]
        batch = [packed.Job(row, 0, prompt, probe) for row, prompt in enumerate(_extremes(prompts))]
        pad = self.tokenizer.pad_token_id
        try:
            kinds, _ = get_layer_types_and_kwargs(self.model.config.get_text_config(decoder=True))
            if not {*kinds} <= {"full_attention", "sliding_attention"}:
                return False
            found = packed.read(self.model, pad, batch, [end])
        except Exception:  # what a model of others raises on what it was not made for
            return False
        return close(_flat(found), _flat(_read_plainly(self.model, pad, batch, [end])), tolerance(self.model))

    @torch.no_grad()
    def _reads_on(self, prompts: Sequence[list[int]]) -> bool:
        """Whether the model reads on from a cache behind padding as it reads the whole: seen on two of the prompts, or
        on the only one, before which no padding stands."""
        end, answer = end_token(self.tokenizer), answer_ids(_PROBE[0], self.tokenizer)[:-1]
        few = _extremes(prompts)
        expected = _read_plainly(
            self.model, self.tokenizer.pad_token_id, [packed.Job(0, 0, prompt, [answer]) for prompt in few], [end]
        )
        try:
            reading = Reading.start(self.model, self.tokenizer.pad_token_id, few)
            found = [reading.logits]
            for token in answer:
                reading.go_on(torch.tensor([token] * len(few), device=self.model.device))
                found.append(reading.logits)
        except Exception:  # what a model of others raises on what it was not made for
            return False
        ends = log_softmax(torch.stack(found, 1).float(), -1)[:, :, end]
        told = torch.tensor(np.array([reads[0].marks[:, 0] for reads in expected]))
        return close(ends.cpu(), told, tolerance(self.model))

    @torch.no_grad()
    def generate(self, prompts: Sequence[list[int]], max_new_tokens: int) -> list[Generation]:
        """A free answer to each prompt, greedily decoded."""
        replies: list[Generation | None] = [None] * len(prompts)
        # A model that does not read on behind padding is asked without any.
        mixed = self._agreed(self._reads_on, prompts)
        batches = list(self._of_like_prompts(prompts, max_new_tokens) if mixed else self._of_one_length(prompts))
        say = self._say if mixed else self._say_by_itself

        def asked(batch: Sequence[int]) -> list:
            return ["generate", self.adapted, mixed, max_new_tokens, [prompts[i] for i in batch]]

        with tqdm(total=len(prompts), desc="generate", unit="row", disable=not self.work.speaks) as bar:
            for batch, said in self.work.each(
                batches, asked, lambda batch: say([prompts[i] for i in batch], max_new_tokens)
            ):
                for i, tokens in zip(batch, said, strict=True):
                    replies[i] = Generation.of(tokens, self.tokenizer)
                bar.update(len(batch))
        return replies

    def _of_like_prompts(self, prompts: Sequence[list[int]], max_new_tokens: int) -> Iterator[list[int]]:
        """The numbers of the prompts in batches that come to the least work."""
        vocabulary = self.model.config.get_text_config().vocab_size
        written = dict.fromkeys(range(len(prompts)), max_new_tokens)
        for batch in packed.jobs(prompts, [[[]]] * len(prompts), self.batch_size, vocabulary, written):
            yield [job.row for job in batch]

    def _of_one_length(self, prompts: Sequence[list[int]]) -> Iterator[list[int]]:
        """The numbers of the prompts in batches without padding."""
        order = sorted(range(len(prompts)), key=lambda i: (len(prompts[i]), prompts[i][:64], i))
        for _, group in groupby(order, key=lambda i: len(prompts[i])):
            of_length = list(group)
            for start in range(0, len(of_length), self.batch_size):
                yield of_length[start : start + self.batch_size]

    def _say(self, prompts: Sequence[list[int]], max_new_tokens: int) -> list[list[int]]:
        """The tokens that follow each prompt, with what may follow an end. Rows that have ended leave the batch."""
        reading = Reading.start(self.model, self.tokenizer.pad_token_id, prompts)
        return self._go_on(reading, max_new_tokens)

    @torch.no_grad()
    def _go_on(self, reading: Reading, max_new_tokens: int) -> list[list[int]]:
        """As `_say`, from prompts that were read."""
        rows, end = list(range(len(reading.logits))), end_token(self.tokenizer)
        said: list[list[int]] = [[] for _ in rows]
        for step in range(max_new_tokens if rows else 0):
            tokens = reading.logits.argmax(-1)
            for row, token in zip(rows, tokens.tolist(), strict=True):
                said[row].append(token)
            going = [place for place, row in enumerate(rows) if end not in said[row]]
            if not going or step + 1 == max_new_tokens:
                break
            if len(going) < len(rows) and reading.drops:
                rows, tokens = [rows[place] for place in going], tokens[going]
                reading.keep(going)
            reading.go_on(tokens)
        return said

    def _say_by_itself(self, prompts: Sequence[list[int]], max_new_tokens: int) -> list[list[int]]:
        """As `_say`, by the model's own `generate`, for prompts of one length."""
        end, pad = end_token(self.tokenizer), self.tokenizer.pad_token_id
        config = GenerationConfig(max_new_tokens=max_new_tokens, do_sample=False, eos_token_id=end, pad_token_id=pad)
        model, given, past = self.model, {}, 0
        if adapters.has_prefix(self.model):
            model, given["past_key_values"] = adapters.with_prefix_cache(self.model, len(prompts))
            past = given["past_key_values"].get_seq_length()
        ids, mask, _ = padded(prompts, pad, past, self.model.device)
        output = model.generate(input_ids=ids, attention_mask=mask, generation_config=config, **given)
        return output[:, ids.shape[1] :].tolist()


@torch.no_grad()
def _read_plainly(
    model: PreTrainedModel, pad: int, batch: Sequence[packed.Job], marks: Sequence[int]
) -> list[list[Read]]:
    """As `packed.read`, each answer with its whole prompt, as training has them: for models that pack no answers."""
    pairs = [(list(job.prompt), list(answer)) for job in batch for answer in job.answers]
    reads: list[Read] = []
    for start in range(0, len(pairs), len(batch)):
        reads += _read_pairs(model, pad, pairs[start : start + len(batch)], marks)
    found = iter(reads)
    return [[next(found) for _ in job.answers] for job in batch]


def _read_pairs(
    model: PreTrainedModel, pad: int, pairs: Sequence[tuple[list[int], list[int]]], marks: Sequence[int]
) -> list[Read]:
    """A row for each prompt with an answer, padded on the right; logits from the prompt's last token on."""
    width = max(len(prompt) + len(answer) for prompt, answer in pairs)
    ids = torch.full((len(pairs), width), pad)
    wanted = torch.zeros(ids.shape, dtype=torch.bool)
    for row, (prompt, answer) in enumerate(pairs):
        ids[row, : len(prompt) + len(answer)] = torch.tensor(prompt + answer)
        wanted[row, len(prompt) - 1 : len(prompt) + len(answer)] = True
    ids, wanted = ids.to(model.device), wanted.to(model.device)
    logits = model(input_ids=ids, logits_to_keep=wanted, use_cache=False).logits
    if logits.shape[:-1] == ids.shape:  # a class that makes all of them whatever it is told (xLSTM)
        logits = logits[wanted]
    scores = log_softmax(logits.float(), -1)
    reads, start = [], 0
    for _, answer in pairs:
        of_row = scores[start : start + len(answer) + 1]
        start += len(answer) + 1
        tokens = of_row[range(len(answer)), answer]
        reads.append(Read(tokens.cpu().numpy(), of_row[:, list(marks)].cpu().numpy()))
    return reads


def _extremes(prompts: Sequence[list[int]]) -> list[list[int]]:
    """The shortest and the longest; one where there is no other."""
    shortest, longest = min(prompts, key=len), max(prompts, key=len)
    return [shortest] if shortest == longest else [shortest, longest]


def _flat(found: Sequence[Sequence[Read]]) -> torch.Tensor:
    return torch.tensor(np.concatenate([np.append(r.tokens, r.marks[:, 0]) for reads in found for r in reads]))
