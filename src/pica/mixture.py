"""How many rows of each view go into the instruction set. No view is ever repeated."""

from __future__ import annotations

from pica.corpora import View
from pica.params import Mixture
from pica.schema import Split


def cap(view: View, split: Split, mixture: Mixture) -> int | None:
    """The most rows that a view may give to a split; None for no limit. Test rows are all kept."""
    if split == "test":
        return None
    if split == "validation":
        return mixture.validation_rows
    limits = [view.rows] * (mixture.caps == "pica") + [mixture.rows_per_view] * (mixture.rows_per_view > 0)
    return min(limits, default=None)
