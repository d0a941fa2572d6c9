"""How many rows of each view go into the instruction set. No view is ever repeated."""

from __future__ import annotations

from pica.corpora import View
from pica.params import Mixture
from pica.schema import Split

# Enough that every view has some rows of each label that is not rare.
_SMOKE_ROWS = 40


def cap(view: View, split: Split, mixture: Mixture) -> int | None:
    """The most rows that a view may give to a split; None for no limit. Test rows are all kept."""
    if split == "test":
        return None
    if split == "validation":
        return mixture.validation_rows
    return {"pica": view.rows, "smoke": _SMOKE_ROWS, "none": None}[mixture.caps]
