"""Answers to one question: a label with probabilities, the words that caused an emotion, a description.

find_causes("Cause: the cake burnt\\nmy boss", "My boss shouted and the cake burnt.")
Causes(spans=(Span(start=0, end=7, text="My boss"), Span(20, 34, "the cake burnt")), dropped=())
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LabelAnswer:
    """The best label of a closed set, and the probability of each, which sum to 1.

    `output` is what the model says freely to the same question, where it was asked; `named` the label in that.
    """

    label: str
    probabilities: Mapping[str, float]
    output: str | None = None
    named: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Words of the input: `text` is input[start:end], in characters."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Causes:
    """The spans of an answer that stand in the input, by place, and the lines of it that do not."""

    spans: tuple[Span, ...]
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Description:
    """Free text about a dialogue (a situation, a persona), and whether the model ended it by itself."""

    text: str
    finished: bool


# What a model writes around a quotation: bullets, numbers, "Cause:", quotation marks.
_BEFORE = re.compile(r"^\s*(?:[-•*]\s+|\d{1,2}[.)]\s+)?(?:(?:cause|span|answer|原因|答案)\s*[:：]\s*)?", re.IGNORECASE)
_QUOTES = " \t\"'“”‘’「」『』«»*`"
_ENDS = _QUOTES + ".。,，;；!！?？"


def find_causes(output: str, text: str) -> Causes:
    """The lines of `output` as places in `text`; a line that does not stand there is dropped and named.

    Case, width of characters and the kind of blank make no difference; nothing else is forgiven, so that no span is a
    guess. A line that stands there several times takes the first place that no other line has.
    """
    folded, places = _folded(text)
    spans: dict[tuple[int, int], Span] = {}
    dropped = []
    for line in output.splitlines():
        words = _BEFORE.sub("", line).strip(_QUOTES)
        if not words:
            continue
        found = _place(words, folded, places, spans) or _place(words.strip(_ENDS), folded, places, spans)
        if found is None:
            dropped.append(line.strip())
        else:
            spans.setdefault(found, Span(*found, text[slice(*found)]))
    return Causes(tuple(spans[key] for key in sorted(spans)), tuple(dropped))


def _place(words: str, folded: str, places: list[int], taken: Mapping) -> tuple[int, int] | None:
    sought, _ = _folded(words)
    if not sought.strip():
        return None
    first, start = None, folded.find(sought)
    while start >= 0:
        found = (places[start], places[start + len(sought) - 1] + 1)
        if found not in taken:
            return found
        first = first or found
        start = folded.find(sought, start + 1)
    return first


def _folded(text: str) -> tuple[str, list[int]]:
    """The text in one case, one width and with single blanks, and where each of its characters stands in `text`."""
    letters: list[str] = []
    places: list[int] = []
    for index, char in enumerate(text):
        for letter in unicodedata.normalize("NFKC", char).casefold() or char:
            letter = " " if letter.isspace() else letter
            if letter == " " and letters[-1:] == [" "]:
                continue
            letters.append(letter)
            places.append(index)
    return "".join(letters), places
