"""A rendered chat as people read it, with the tokens that are trained told apart.

segments(row, tokenizer, "last_reply")
[Segment("<|im_start|>user\\nWhich …assistant\\n", False), Segment("joy", True), Segment("<|im_end|>", True)]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from pica.errors import ModelError
from pica.schema import Instruction
from pica.training.encode import IGNORED, encode

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a rendered chat, and whether the loss is on it."""

    text: str
    trained: bool


def segments(row: Instruction, tokenizer: PreTrainedTokenizerBase, loss_on: str) -> list[Segment]:
    """A rendered chat as the model sees it, token by token where it is trained.

    A character of several tokens comes with the last of them.
    """
    encoded = encode(row.messages, tokenizer, loss_on)
    made: list[Segment] = []
    for trained, group in groupby(zip(encoded.ids, encoded.labels, strict=True), key=lambda pair: pair[1] != IGNORED):
        ids = [id for id, _ in group]
        made += _tokens(ids, tokenizer) if trained else [Segment(tokenizer.decode(ids), False)]
    return made


def _tokens(ids: Sequence[int], tokenizer: PreTrainedTokenizerBase) -> Iterator[Segment]:
    done = ""
    for end in range(1, len(ids) + 1):
        text = tokenizer.decode(ids[:end])
        if not text.endswith("\ufffd") and text != done:
            yield Segment(text[len(done) :], True)
            done = text


def tokenizer_of(base: Path) -> PreTrainedTokenizerBase | None:
    """The tokenizer of the base model's folder; None where there is no such folder.

    Raises:
        ModelError: the folder has no tokenizer that transformers knows.
    """
    if not base.is_dir():
        return None
    from transformers import AutoTokenizer  # it takes seconds, and the other stages do not need it

    try:
        return AutoTokenizer.from_pretrained(base, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{base} has no tokenizer that can be used: {str(error).splitlines()[0]}") from None
