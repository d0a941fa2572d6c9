"""A view's examples → its part of the instruction set: which rows, and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pica.corpora import View, views
from pica.draw import draw, rank
from pica.mixture import cap
from pica.params import Mixture
from pica.prompts import render
from pica.schema import EXAMPLE, SPLITS, Example, Instruction
from pica.store import read_rows


@dataclass(frozen=True, slots=True)
class Part:
    """What one view gives: its instructions, and per split how many examples there were and how many it may give."""

    view: View
    instructions: list[Instruction]
    available: dict[str, int]
    caps: dict[str, int | None]


def part(name: str, folder: Path, mixture: Mixture, seed: int) -> Part:
    """The part of the view `name`, whose examples are in `folder/<name>.parquet`, in the order of the file."""
    view, path = views()[name], folder / f"{name}.parquet"
    caps = {split: cap(view, split, mixture) for split in SPLITS}
    # Two columns are enough to choose; the rows themselves are read once, as a stream.
    ids: dict[str, list[str]] = {split: [] for split in SPLITS}
    for row in read_rows(path, EXAMPLE, columns=("id", "split")):
        ids[row["split"]].append(row["id"])
    drawn = {id for split in SPLITS for id in draw(ids[split], caps[split], seed)}
    rows = (row for row in read_rows(path, EXAMPLE) if row["id"] in drawn)
    instructions = [render(Example.from_row(row)) for row in rows]
    return Part(view, instructions, {split: len(ids[split]) for split in SPLITS}, caps)


def mixed(parts: Sequence[Part], split: str, seed: int) -> list[Instruction]:
    """The instructions of a split: training rows shuffled over all views, the others view by view."""
    rows = [row for part in parts for row in part.instructions if row.split == split]
    return sorted(rows, key=lambda row: rank(row.id, seed)) if split == "train" else rows
