"""Scenes of made-up series: people around a kitchen table, on a stage or a boat, each line with what its speaker feels.

A corpus names its own labels: `shades` says which of the bank's emotions a label covers, `echoes` which labels the
answer to a line of that label may have, `neutral` what the corpus calls no emotion.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pica.sample.bank import english
from pica.sample.bank.slots import Part, load, pick, sentences


@dataclass(frozen=True, slots=True)
class Labels:
    """A corpus's labels in the bank's terms."""

    shades: Mapping[str, Sequence[str]]
    echoes: Mapping[str, Sequence[str]]
    neutral: str


# Who speaks, with which label, and what they say.
Line = tuple[str, str, str]


def line(rng: Part, emotion: str, other: str) -> str:
    """What somebody who feels one of the bank's emotions says to `other`."""
    lines = load("scenes")["lines"].get(emotion)
    if lines and rng.random() < 0.7:
        return sentences(pick(rng, lines, other=other))
    return english.utterance(rng, emotion)


def beat(rng: Part, cast: Sequence[str], plot: Iterator[str], labels: Labels) -> Iterator[Line]:
    """Some business between two of the cast, or what one feels (the next label of `plot`) and how others take it."""
    first, second = rng.sample(cast, 2)
    if rng.random() < 0.25:
        question, answer = pick(rng, load("scenes")["business"]["ask"], other=second).split(" => ")
        yield first, labels.neutral, sentences(question)
        yield second, labels.neutral, sentences(answer)
        return
    label = next(plot)
    yield first, label, line(rng, rng.choice(labels.shades[label]), second)
    yield _answer(rng, second, first, label, labels)
    if rng.random() < 0.4:
        yield first, label, line(rng, rng.choice(labels.shades[label]), second)
    if len(cast) > 2 and rng.random() < 0.4:
        third = rng.choice([name for name in cast if name not in (first, second)])
        yield _answer(rng, third, first, label, labels)


def _answer(rng: Part, speaker: str, other: str, label: str, labels: Labels) -> Line:
    echo = rng.choice(labels.echoes[label])
    emotion = rng.choice(labels.shades[echo])
    is_reaction = emotion in english.REACTIONS and rng.random() < 0.4
    return speaker, echo, english.reaction(rng, emotion) if is_reaction else line(rng, emotion, other)
