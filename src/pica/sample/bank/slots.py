"""Texts with slots: `{pet}` in a text stands for one of the words under `pet`, which may hold slots themselves.

The lines of a list are shared out over the splits by their place in it (`own`), so that no corpus trains on a line that
another one tests. Words, feelings ("over the moon") and the frames around a line are everybody's: from them one learns.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from pica.schema import Split

_SLOT = re.compile(r"\{(\w+)\}")
_START = re.compile(r"(^\W*|[.!?] [`«]?)([a-z])")
_MARKED = re.compile("«(.*)»")

Words = Mapping[str, Sequence[str]]
T = TypeVar("T")

# Whose the lines of a list are, the first ten and so on. A list of three has one for each split.
_OWNERS: tuple[Split, ...] = (
    "train",
    "test",
    "validation",
    "train",
    "train",
    "train",
    "test",
    "train",
    "train",
    "train",
)


class Part(Random):
    """A stream of random numbers that takes its lines from one split's part of the bank."""

    def __init__(self, rng: Random, split: Split) -> None:
        super().__init__(rng.getrandbits(64))
        self.split = split


def own(texts: Sequence[T], split: Split) -> list[T]:
    """Those of a list of the bank that only this split has."""
    return [text for place, text in enumerate(texts) if _OWNERS[place % len(_OWNERS)] == split]


@cache
def load(name: str) -> dict[str, Any]:
    """A TOML file of this folder, each of its blocks of text as a tuple of lines."""
    return _lines(tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text(encoding="utf-8")))


def _lines(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(value.splitlines()) if "\n" in value else value
    if isinstance(value, list):
        return tuple(_lines(item) for item in value)
    return {key: _lines(item) for key, item in value.items()} if isinstance(value, dict) else value


def fill(rng: Random, text: str, words: Words | None = None, **given: str) -> str:
    """`text` with every slot filled: from `given`, or else at random from `words` (the English ones by default)."""
    words = load("words") if words is None else words
    while slot := _SLOT.search(text):
        choice = given.get(slot[1]) or rng.choice(words[slot[1]])
        text = text[: slot.start()] + choice + text[slot.end() :]
    return text


def pick(rng: Part, texts: Sequence[str], words: Words | None = None, **given: str) -> str:
    """One of those of `texts` that are the split's own, filled."""
    return fill(rng, rng.choice(own(texts, rng.split)), words, **given)


def several(rng: Part, texts: Sequence[str], count: int) -> list[str]:
    """As many of those of `texts` that are the split's own, or all of them where there are fewer; none is filled."""
    lines = own(texts, rng.split)
    return rng.sample(lines, min(count, len(lines)))


def sentences(text: str) -> str:
    """`text` with a capital letter at the start of each sentence."""
    return _START.sub(lambda match: match[1] + match[2].upper(), text)


def uncapitalised(text: str) -> str:
    """A sentence as it goes on after other words: "What now?" → "what now?", but "I see." stays."""
    first = text.split(" ", 1)[0]
    return text if first.startswith("I'") or first == "I" else text[:1].lower() + text[1:]


def unmark(text: str) -> tuple[str, str]:
    """A text without its «marks», and the words between them ("" when it has none)."""
    match = _MARKED.search(text)
    return text.replace("«", "").replace("»", ""), match[1] if match else ""
