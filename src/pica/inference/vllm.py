"""A model run by vLLM, which fills a GPU with what many prompts ask: `evaluate.engine=vllm`.

    <prompt>               joy -0.31, no -2.2, <end> -9.1     a request for each beginning of an answer: how likely the
    <prompt> no            emotion -0.01, <end> -7.3          tokens are that follow it in some answer
    <prompt> no emotion    <end> -0.02

vLLM keeps the keys and values of what it has read, so a prompt is read once, and a request reads the few tokens behind
it. It is asked for one token, and for the log-probabilities of given ones in its place (`logprob_token_ids`). Those of
a prompt's own tokens (`prompt_logprobs`) would have every prompt read, and all its logits made, once for each answer;
and vLLM 0.32 cannot tell them of a model with an adapter.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from tqdm import tqdm
from transformers import PreTrainedTokenizerBase

from pica.errors import ModelError
from pica.inference.engine import Engine, Generation
from pica.inference.packed import Read
from pica.inference.work import ALONE, Work
from pica.settings import not_evaluated_by_vllm, vllm_rank
from pica.training import adapter as adapters
from pica.training import base as bases
from pica.training import precision
from pica.training.encode import end_token

if TYPE_CHECKING:
    from vllm import LLM, RequestOutput, SamplingParams
    from vllm.lora.request import LoRARequest

# Tokens that one request may want to know of.
_WANTED = 128
# Prompts that are handed over together, for each of `evaluate.batch_size`: vLLM makes its own passes of them, and what
# they come to is kept.
_TOGETHER = 8
# Of the memory that is free on a GPU, what vLLM may have.
_SHARE = 0.9
# Bytes for keys and values on a CPU, where vLLM would take nearly all memory of the machine, and tokens of which they
# are kept as one: a beginning of fewer is read again, and vLLM takes 128.
_ON_CPU = {"kv_cache_memory_bytes": 2 << 30, "block_size": 32}

# The tokens with which an answer begins.
_Beginning = tuple[int, ...]


def check(adapter: Path | None) -> None:
    """Whether vLLM is here and runs such an adapter, before anything takes time.

    Raises:
        ModelError: it is not, or does not.
    """
    if find_spec("vllm") is None:
        raise ModelError(
            "evaluate.engine=vllm, but vLLM is not installed here. It pins a torch of its own, so it goes into another "
            "environment: `pip install vllm -e '.[train]'`, then `pip install --no-deps -c constraints.txt "
            "transformers`. Or evaluate with -S evaluate.engine=transformers."
        )
    if adapter is None:
        return
    if obstacle := not_evaluated_by_vllm(adapters.read(adapter)):
        raise ModelError(f"{adapter} does not go with evaluate.engine=vllm: {obstacle} Evaluate it with transformers.")
    if torch.cuda.is_available() and precision.dtype() == torch.float32:
        raise ModelError(
            f"{precision.ASKED}=fp32, but on a GPU vLLM computes an adapter in half precision alone. Leave "
            f"{precision.ASKED} unset, or evaluate with -S evaluate.engine=transformers."
        )


def distributions() -> tuple[str, ...]:
    """The names of the package that vLLM was installed from: those for CPUs have others."""
    return tuple(sorted({*packages_distributions().get("vllm", ())}))


@dataclass(frozen=True, slots=True)
class VllmRunner(Engine):
    """Asks vLLM's offline engine, which runs in this process, so that nothing outlives it.

    Args:
        max_length: tokens that a prompt and its answer may have; a longer prompt is cut as in training.
        batch_size: 8 times as many prompts are handed over at a time.
        work: who does the batches.
        lora: the adapter that is asked for.
    """

    model: LLM
    tokenizer: PreTrainedTokenizerBase
    max_length: int
    batch_size: int
    work: Work = ALONE
    lora: LoRARequest | None = None

    @classmethod
    def open(cls, base: Path, adapter: Path | None, max_length: int, batch_size: int, work: Work = ALONE) -> VllmRunner:
        """The model in the folder `base`, as it is, with room for the adapter that is put on it later.

        Raises:
            ModelError: as `check`, or vLLM cannot load the model.
        """
        check(adapter)
        tokenizer = bases.load_tokenizer(base)
        os.environ |= {"VLLM_NO_USAGE_STATS": "1", "VLLM_ENABLE_V1_MULTIPROCESSING": "0"}
        os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
        from vllm import LLM  # tens of seconds

        room = {"enable_lora": True, "max_lora_rank": vllm_rank(adapters.read(adapter))} if adapter else {}
        try:
            model = LLM(str(base), **_options(), **room)
        except Exception as error:  # its own, and those of what it is built on
            reason = next(iter(str(error).splitlines()), type(error).__name__).rstrip(".")
            raise ModelError(
                f"vLLM cannot load {base}: {reason}. It may say more above. Without it: -S "
                "evaluate.engine=transformers."
            ) from error
        return cls(model, tokenizer, max_length, batch_size, work)

    def with_adapter(self, base: Path, adapter: Path) -> VllmRunner:
        """As `Engine.with_adapter`."""
        from vllm.lora.request import LoRARequest

        adapters.check_base(base, adapter)
        return replace(self, lora=LoRARequest("adapter", 1, str(adapter.absolute())))

    def score(
        self, prompts: Sequence[list[int]], answers: Sequence[Sequence[Sequence[int]]], marks: Sequence[int]
    ) -> list[list[Read]]:
        """As `Engine.score`."""
        return self.score_and_generate(prompts, answers, marks, (), 0)[0]

    def score_and_generate(
        self,
        prompts: Sequence[list[int]],
        answers: Sequence[Sequence[Sequence[int]]],
        marks: Sequence[int],
        free: Collection[int],
        max_new_tokens: int,
    ) -> tuple[list[list[Read]], dict[int, Generation]]:
        """As `Engine.score_and_generate`."""
        self._check_lengths(prompts, answers)
        found: list[list[Read]] = [[] for _ in prompts]
        replies: dict[int, Generation] = {}

        def asked(rows: Sequence[int]) -> list:
            of_rows = [[prompts[row], list(map(list, answers[row])), row in free] for row in rows]
            return ["vllm", self.lora is not None, list(marks), max_new_tokens, of_rows]

        def ask(rows: Sequence[int]) -> list:
            written = [row for row in rows if row in free]
            questions = [question for row in rows for question in _questions(row, answers[row], marks)]
            # What is written comes first, so that its prompts have been read when they are asked about.
            outputs = self._generate(
                [prompts[row] for row in written] + [[*prompts[q.row], *q.beginning] for q in questions],
                [_greedy(max_new_tokens, end_token(self.tokenizer)) for _ in written] + [_next(q) for q in questions],
            )
            likely: dict[tuple[int, _Beginning], dict[int, float]] = defaultdict(dict)
            for question, output in zip(questions, outputs[len(written) :], strict=True):
                told = output.outputs[0].logprobs[0]
                likely[question.row, question.beginning] |= {token: told[token].logprob for token in question.wanted}
            reads = [[_read(likely, row, answer, marks) for answer in answers[row]] for row in rows]
            return [reads, [list(output.outputs[0].token_ids) for output in outputs[: len(written)]]]

        with tqdm(total=len(prompts), desc="ask", unit="row", disable=not self.work.speaks) as bar:
            for rows, (reads, said) in self.work.each(self._batches(prompts), asked, ask):
                for row, of_row in zip(rows, reads, strict=True):
                    found[row] = [Read.of(*each) for each in of_row]
                for row, tokens in zip((row for row in rows if row in free), said, strict=True):
                    replies[row] = Generation.of(tokens, self.tokenizer)
                bar.update(len(rows))
        return found, replies

    def _batches(self, prompts: Sequence[list[int]]) -> list[list[int]]:
        """The numbers of the prompts; those that begin alike are neighbours."""
        order, size = sorted(range(len(prompts)), key=lambda row: prompts[row]), _TOGETHER * self.batch_size
        return [order[start : start + size] for start in range(0, len(order), size)]

    def _generate(self, ids: Sequence[Sequence[int]], how: Sequence[SamplingParams]) -> list[RequestOutput]:
        given = [{"prompt_token_ids": list(each)} for each in ids]
        return self.model.generate(given, list(how), use_tqdm=False, lora_request=self.lora)

    def _check_lengths(self, prompts: Sequence[list[int]], answers: Sequence[Sequence[Sequence[int]]]) -> None:
        room = self.model.model_config.max_model_len
        pairs = zip(prompts, answers, strict=True)
        lengths = (len(prompt) + max(map(len, of_prompt), default=0) for prompt, of_prompt in pairs)
        if (longest := max(lengths, default=0)) >= room:
            raise ModelError(
                f"a prompt with its answer has {longest} tokens, and vLLM has room for {room - 1}: what the model was "
                "made for, or what its memory holds. Lower evaluate.max_length, or evaluate with -S "
                "evaluate.engine=transformers."
            )


@dataclass(frozen=True, slots=True)
class _Question:
    """How likely, after a row's prompt and the beginning of an answer, these tokens are."""

    row: int
    beginning: _Beginning
    wanted: Sequence[int]


def _questions(row: int, answers: Sequence[Sequence[int]], marks: Sequence[int]) -> Iterator[_Question]:
    """One for each beginning of an answer, or several, where more is wanted than one may ask for."""
    wanted: dict[_Beginning, dict[int, None]] = {}
    for answer in answers:
        for place in range(len(answer) + 1):
            of_place = wanted.setdefault(tuple(answer[:place]), dict.fromkeys(marks))
            of_place |= dict.fromkeys(answer[place : place + 1])
    for beginning, tokens in wanted.items():
        for start in range(0, len(tokens), _WANTED):
            yield _Question(row, beginning, list(tokens)[start : start + _WANTED])


def _read(
    likely: dict[tuple[int, _Beginning], dict[int, float]], row: int, answer: Sequence[int], marks: Sequence[int]
) -> list[list]:
    """An answer, as `Read.plain` has it."""
    places = [likely[row, tuple(answer[:place])] for place in range(len(answer) + 1)]
    tokens = [of_place[token] for of_place, token in zip(places, answer, strict=False)]
    return [tokens, [[of_place[mark] for mark in marks] for of_place in places]]


def _next(question: _Question) -> SamplingParams:
    from vllm import SamplingParams

    return SamplingParams(temperature=0, max_tokens=1, logprob_token_ids=list(question.wanted), detokenize=False)


def _greedy(max_new_tokens: int, end: int) -> SamplingParams:
    """Ended by the token that training ended answers with, whatever else the model's folder names."""
    from vllm import SamplingParams

    return SamplingParams(
        temperature=0, max_tokens=max_new_tokens, ignore_eos=True, stop_token_ids=[end], detokenize=False
    )


def _options() -> dict[str, Any]:
    """How vLLM is started; tokens alone go to it and come from it."""
    return {
        "dtype": "float32" if precision.dtype() == torch.float32 else "bfloat16",
        "load_format": "safetensors",
        "trust_remote_code": False,
        "skip_tokenizer_init": True,
        "generation_config": "vllm",  # not the folder's: answers are greedy
        "enable_prefix_caching": True,
        "max_model_len": -1,  # what the model was made for, or as much of it as fits into the memory
        "enforce_eager": True,  # compiling takes longer than an evaluation gains by it
        "seed": 0,
        **({"gpu_memory_utilization": _share()} if torch.cuda.is_available() else _ON_CPU),
    }


def _share() -> float:
    """Of all memory of the GPU, what vLLM may have."""
    free, there = torch.cuda.mem_get_info()
    return _SHARE * free / there
