"""Words of the input as an answer, by construction: of all spans, the one that the model finds likeliest.

    input     Ben: I feel awful, my parrot died!
    read      I feel awful , my parrot died !      one answer for each word that a span may start at …
              feel awful , my parrot died !
              …
    ends      P(end) after each word of each       … and each place that it may end at
    answer    my parrot died

A span's score is the log-probability of its tokens and of what ends it, divided by their number. Undivided, a model
that is unsure quotes single words: the tiny model of the sample reached a token F1 of 4.8 and 18.8 on two sets so, and
11.4 and 34.4 with it. Where the likeliest span goes on with a new line, the next one is looked for in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm
from transformers import PreTrainedTokenizerBase

from pica.inference.engine import Engine
from pica.inference.packed import Read
from pica.training.encode import answer_ids, end_token

# Tokens that a span may have.
_LONGEST = 48
_MOST_SPANS = 4

_WORD = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]+")
# In Chinese a cause is made of clauses; it starts after a mark and may end before any character.
_CLAUSE = re.compile(r"[^\s，。！？；：、,.!?;:…—“”\"]+")


@dataclass(frozen=True, slots=True)
class _Start:
    """What may be read from one place on: its tokens, and after how many of them a span may end, with its text."""

    line: int
    start: int
    ids: tuple[int, ...]
    ends: tuple[tuple[int, int], ...]  # (tokens, where in the line)


@dataclass(frozen=True, slots=True)
class _Span:
    line: int
    start: int
    end: int

    def overlaps(self, other: _Span) -> bool:
        return self.line == other.line and self.start < other.end and other.start < self.end


def quote(
    engine: Engine, prompts: Sequence[list[int]], lines: Sequence[Sequence[str]], language: Sequence[str]
) -> list[tuple[str, ...]]:
    """For each prompt the spans of its lines that answer it, one at least, in the order in which the model says them.

    Args:
        lines: of each prompt, the texts that spans may be taken from; one at least has a word.
        language: of each prompt, ISO 639-1.
    """
    end, newline = end_token(engine.tokenizer), _newline(engine.tokenizer)
    starts = [list(_starts(of_row, spoken, engine.tokenizer)) for of_row, spoken in zip(lines, language, strict=True)]
    said: list[list[_Span]] = [[] for _ in prompts]
    going, chats = list(range(len(prompts))), [list(prompt) for prompt in prompts]
    for _ in tqdm(range(_MOST_SPANS), desc="quote", unit="span", disable=not engine.work.speaks):
        answers = [[start.ids for start in starts[row]] for row in going]
        found = engine.score([chats[row] for row in going], answers, [end, *newline])
        again = []
        for row, reads in zip(going, found, strict=True):
            best, tokens, goes_on = _likeliest(starts[row], reads, said[row])
            if best is None:
                continue
            said[row].append(best)
            if goes_on:
                chats[row] += [*tokens, *newline]
                again.append(row)
        if not (going := again):
            break
    return [tuple(lines[row][s.line][s.start : s.end] for s in spans) for row, spans in enumerate(said)]


def _likeliest(
    starts: Sequence[_Start], reads: Sequence[Read], said: Sequence[_Span]
) -> tuple[_Span | None, tuple[int, ...], bool]:
    """The likeliest span that shares no word with those said, its tokens, and whether another follows."""
    best, top, tokens, goes_on = None, -np.inf, (), False
    for start, read in zip(starts, reads, strict=True):
        so_far = np.concatenate([[0.0], read.tokens.cumsum()])
        for count, at in start.ends:
            span = _Span(start.line, start.start, at)
            score = (so_far[count] + np.logaddexp.reduce(read.marks[count])) / (count + 1)
            if score > top and not any(span.overlaps(other) for other in said):
                marks = read.marks[count]
                best, top, tokens = span, score, start.ids[:count]
                goes_on = len(marks) > 1 and marks[1] > marks[0]
    return best, tokens, goes_on


def _starts(lines: Sequence[str], language: str, tokenizer: PreTrainedTokenizerBase) -> Iterator[_Start]:
    unit = _CLAUSE if language == "zh" else _WORD
    for number, line in enumerate(lines):
        units = [match.span() for match in unit.finditer(line)]
        # A mark ends nothing that it does not follow, and starts no cause.
        starts = [start for start, _ in units if language == "zh" or line[start].isalnum()] or [s for s, _ in units[:1]]
        allowed = {end for _, end in units}
        for start in starts:
            ids, ends = _read_from(line, start, tokenizer)
            kept = tuple((count, at) for count, at in ends if language == "zh" or at in allowed)
            if kept:
                yield _Start(number, start, ids[: kept[-1][0]], kept)


def _read_from(
    line: str, start: int, tokenizer: PreTrainedTokenizerBase
) -> tuple[tuple[int, ...], list[tuple[int, int]]]:
    """The tokens of the line from `start` on, and after how many of them which of its characters have been said."""
    text = line[start:]
    ids = answer_ids(text, tokenizer)[:-1]
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    if encoded["input_ids"] != ids:  # control tokens that are written as text
        return tuple(ids), [(len(ids), len(line))]
    offsets = encoded["offset_mapping"]
    after = [begin for begin, _ in offsets[1:]] + [len(text)]
    ends = [
        (count, start + end)
        for count, ((_, end), following) in enumerate(zip(offsets, after, strict=True), start=1)
        if end <= following and text[:end].strip() and count <= _LONGEST
    ]
    return tuple(ids[:_LONGEST]), ends


def _newline(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """The token of a new line inside an answer; none where a tokenizer makes no such token."""
    one, two = (answer_ids(text, tokenizer)[:-1] for text in ("a", "a\nb"))
    return [two[len(one)]] if two[: len(one)] == one and len(two) > len(one) + 1 else []
