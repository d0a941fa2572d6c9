"""Outside sets: benchmarks that others made, for evaluation only. Nothing is ever trained on them, and `filter` takes
from training what stands in them.

    tombench   theory of mind, its emotion part; multiple choice, in English and Chinese
    cpsyexam   Chinese examinations in psychology, one right answer of four or five
    eqbench2   the intensity, 0 to 10, of four emotions at the end of an English dialogue

A set is a module that says where its files are published and how they read; `SETS` has all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pica.outside import cpsyexam, eqbench2, tombench
from pica.outside.question import Intensities, MultipleChoice, OutsideSet, Question

__all__ = ["SETS", "Intensities", "MultipleChoice", "OutsideSet", "Question", "present"]

SETS: Mapping[str, OutsideSet] = {s.name: s for s in (tombench.SET, cpsyexam.SET, eqbench2.SET)}


def present(folder: Path) -> dict[str, list[Question]]:
    """The questions of each set whose files lie in `folder/<set>/`.

    Raises:
        CorpusError: a file is not as its set's layout says.
    """
    return {name: list(found.read(folder / name)) for name, found in SETS.items() if (folder / name).is_dir()}
