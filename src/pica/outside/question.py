"""What an outside set asks: a question with options, or intensities of emotions.

MultipleChoice("tombench/en/hidden-3", "tombench-en", "en", "Mo smiles at the …", "What does Mo feel?",
               ("Joy", "Shame", "Anger", "Relief"), answer=1)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pica.store import read_json, write_json


@dataclass(frozen=True, slots=True)
class MultipleChoice:
    """One of several options is right.

    Args:
        id: `<set>/<language>/<native id>`.
        group: what it is scored with: a set in one language.
        story: what is told before the question; may be empty.
        answer: the index of the right option.
    """

    id: str
    group: str
    language: str
    story: str
    question: str
    options: tuple[str, ...]
    answer: int

    @property
    def texts(self) -> Sequence[str]:
        """What no training row may hold; an option alone is too short to say anything."""
        return (self.story, self.question, " ".join((self.question, *self.options)))


@dataclass(frozen=True, slots=True)
class Intensities:
    """How strongly somebody feels each of some emotions at the end of a dialogue, 0 to 10."""

    id: str
    group: str
    language: str
    dialogue: str
    person: str
    emotions: tuple[str, ...]
    reference: tuple[float, ...]

    @property
    def texts(self) -> Sequence[str]:
        """What no training row may hold: each line, with and without its speaker, and all of them."""
        lines = [line.strip() for line in self.dialogue.splitlines() if line.strip()]
        return (self.dialogue, *lines, *(line.partition(":")[2].strip() for line in lines))


Question = MultipleChoice | Intensities


def write(path: Path, questions: Iterable[Question]) -> None:
    """Questions as one JSON file."""
    kinds = {MultipleChoice: "choice", Intensities: "intensities"}
    write_json(path, [{"kind": kinds[type(question)], **asdict(question)} for question in questions])


def load(path: Path) -> list[Question]:
    """The inverse of `write`.

    Raises:
        DataError: the file is missing or not JSON.
    """
    return [_question(**row) for row in read_json(path)]


def _question(kind: str, **fields: Any) -> Question:
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    return MultipleChoice(**values) if kind == "choice" else Intensities(**values)
