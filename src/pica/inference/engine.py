"""What evaluation asks of a model, whoever runs it: how likely given answers are, and what it says by itself.

    engine.score(prompts, [[joy, anger], …], [end])     each answer as tokens: joy = [1711]
    [[Read(tokens=[-0.31], marks=[[-4.1], [-0.2]]), …], …]
    engine.score_and_generate(…)                        the same, and {0: Generation("joy", finished=True)}

`runner.py` runs it with transformers, `vllm.py` with vLLM.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from transformers import PreTrainedTokenizerBase

from pica.inference.packed import Read
from pica.inference.work import Work
from pica.training.cutting import Cut, without_oldest, without_oldest_but_causes
from pica.training.encode import end_token, prompt_ids


@dataclass(frozen=True, slots=True)
class Generation:
    """A free answer, and whether the model ended it by itself."""

    text: str
    finished: bool

    @classmethod
    def of(cls, tokens: Sequence[int], tokenizer: PreTrainedTokenizerBase) -> Generation:
        """What the tokens say, up to the end token where there is one."""
        end = end_token(tokenizer)
        finished = end in tokens
        said = tokens[: tokens.index(end)] if finished else tokens
        return cls(tokenizer.decode(said, skip_special_tokens=True).strip(), finished)


class Engine(Protocol):
    """A model and its tokenizer, asked many questions at once.

    Args:
        max_length: tokens that a prompt and its answer may have; a longer prompt is cut as in training.
        work: who does the batches.
    """

    tokenizer: PreTrainedTokenizerBase
    max_length: int
    work: Work

    def encode_prompt(
        self,
        instruction: str,
        messages: Sequence[Mapping[str, str]],
        room: int,
        cut: Cut = without_oldest,
        answer: str = "",
    ) -> list[int] | None:
        """The prompt's tokens, cut as training cuts them, with `room` tokens left for the answer.

        None when the words that `answer` quotes would be cut: nobody could find them. What cannot be cut for another
        reason is asked at its length.

        Args:
            messages: the chat so far, the last one the user's.
        """
        expected = {"role": "assistant", "content": answer}
        while len(ids := prompt_ids(messages, self.tokenizer)) + room > self.max_length:
            shorter = cut(instruction, [*messages, expected])
            if shorter is None:
                return None if cut is without_oldest_but_causes else ids
            messages = shorter[:-1]
        return ids

    def with_adapter(self, base: Path, adapter: Path) -> Self:
        """The same model with the adapter of a folder on it; asked without it no more.

        Raises:
            ModelError: the adapter was trained on other weights than those in `base`.
        """

    def score(
        self, prompts: Sequence[list[int]], answers: Sequence[Sequence[Sequence[int]]], marks: Sequence[int]
    ) -> list[list[Read]]:
        """For each prompt, what the model makes of each of its answers.

        Args:
            answers: of each prompt, token ids without the end token.
            marks: tokens whose log-probability is wanted after each token of an answer, such as the end token.
        """

    def score_and_generate(
        self,
        prompts: Sequence[list[int]],
        answers: Sequence[Sequence[Sequence[int]]],
        marks: Sequence[int],
        free: Collection[int],
        max_new_tokens: int,
    ) -> tuple[list[list[Read]], dict[int, Generation]]:
        """As `score`, and a free answer, greedily decoded, to the prompts whose numbers are in `free`."""
