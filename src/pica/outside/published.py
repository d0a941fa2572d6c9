"""What an outside set's module declares: its name, its terms, its pinned files and its reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pica.corpora.corpus import File
from pica.outside.question import Question


@dataclass(frozen=True, slots=True)
class OutsideSet:
    """A benchmark: its name, what it is, its terms, its pinned files, and its reader (folder → questions)."""

    name: str
    title: str
    licence: str
    citation: str
    files: Sequence[File]
    read: Callable[[Path], Iterator[Question]]
