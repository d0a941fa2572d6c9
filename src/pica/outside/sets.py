"""All outside sets, by name, in the order in which they are reported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pica.outside import cpsyexam, eqbench2, tombench
from pica.outside.published import OutsideSet
from pica.outside.question import Question

SETS: Mapping[str, OutsideSet] = {s.name: s for s in (tombench.SET, cpsyexam.SET, eqbench2.SET)}


def questions(folder: Path) -> list[Question]:
    """The questions of each set whose files lie in `folder/<set>/`.

    Raises:
        CorpusError: a file is not as its set's layout says.
    """
    return [q for name, found in SETS.items() if (folder / name).is_dir() for q in found.read(folder / name)]
