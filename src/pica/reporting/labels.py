"""The page's tables of closed labels, from `tables/variants` and `tables/classes` as plain rows and strings."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from pica.reporting.metric_names import METRICS
from pica.reporting.tables import Cell, Table, title

# What a score of a label is called; the names stand in conf/evaluate.
_VARIANTS = {"raw": "raw", "per_token": "per token", "ncc": "calibrated (ncc)", "train_prior": "training prior"}


def variants(table: pd.DataFrame, headline: str) -> Table:
    """A row for each system and way to score labels: means over the views that have it; the headline is marked.

    Args:
        table: system, view, variant and metrics.
        headline: the variant that decides.
    """
    names = [name for name in table.columns if name in METRICS]
    rows = []
    for (system, variant), group in table.groupby(["system", "variant"], sort=False):
        note = "decides" if variant == headline else ""
        cells = [Cell(_number(group[name].mean(), name)) for name in names]
        rows.append([Cell(title(system)), Cell(_VARIANTS[variant], note), Cell(f"{group['view'].nunique()}"), *cells])
    header = ["System", "Score of a label", "Views", *(METRICS[name] for name in names)]
    return Table("Ways to score labels, from the same pass: means over views.", header, rows, words=2)


def classes(table: pd.DataFrame) -> list[Table]:
    """A table for each view: its labels, how often each is gold and answered, and how well it is found."""
    return [_of_view(view, rows) for view, rows in table.groupby("view", sort=False)]


def _of_view(view: str, labels: pd.DataFrame) -> Table:
    rows = [
        [
            Cell(row.label),
            Cell(f"{row.gold:,}"),
            Cell(f"{row.predicted:,}"),
            Cell(f"{row.share_gap:+.1f}"),
            *(Cell(f"{value:.1f}") for value in (row.precision, row.recall, row.f1)),
        ]
        for row in labels.itertuples()
    ]
    header: Sequence[str] = ["Label", "Gold", "Answered", "Gap", "Precision", "Recall", "F1"]
    return Table(view, header, rows)


def _number(value: float, name: str) -> str:
    if pd.isna(value):
        return "–"
    return f"{value:.2f}" if name in ("brier", "nll") else f"{value:.1f}"
