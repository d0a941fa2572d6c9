"""How much empathy replies show, on the page: a row a view and mechanism, a column a system.

esconv-generation, reaction   60   71.3 (most frequent level 66.1)   0.52   0.35 (diff 0.57)   …
"""

from __future__ import annotations

import pandas as pd

from pica.reporting import tables


def table(empathy: pd.DataFrame) -> tables.Table:
    """The mean level of each system's replies and how far they are from the gold ones', beside the classifier's own
    accuracy and the mean level of the gold replies. No system is the best: a higher level is not always better.

    Args:
        empathy: tables/empathy of all systems, below each other (`evaluation.empathy.COLUMNS`).
    """
    found, systems = empathy.dropna(subset="level"), list(empathy["system"].unique())
    rows = []
    for (view, mechanism), group in found.groupby(["view", "mechanism"], sort=False):
        of, first = group.set_index("system").reindex(systems), group.iloc[0]
        about = [tables.Cell(f"{view}, {mechanism}"), tables.Cell(f"{first['n']:,.0f}")]
        judge = tables.Cell(tables.number(first["accuracy"]), f"most frequent level {tables.number(first['majority'])}")
        of_systems = [_cell(level, diff) for level, diff in zip(of["level"], of["level_diff"], strict=True)]
        rows.append([*about, judge, _cell(first["gold_level"]), *of_systems])
    header = ["View, mechanism", "Replies", "Classifier", "Gold", *map(tables.title, systems)]
    caption = (
        "Empathy of English replies: mean level, 0 to 2, and mean squared difference from the gold replies' levels, "
        "by n-grams of the reply alone and not by EPITOME's own classifiers, so not to be compared with published "
        "figures. The classifier's accuracy is in per cent."
    )
    return tables.Table(caption, header, rows)


def absent(empathy: pd.DataFrame) -> list[str]:
    """Why other views, or a mechanism, have no row: "smilechat-generation: its replies are not in English"."""
    without = empathy.dropna(subset="note").drop_duplicates(["view", "mechanism"])
    return [f"{row.mechanism if pd.isna(row.view) else row.view}: {row.note}" for row in without.itertuples()]


def _cell(level: float, diff: float | None = None) -> tables.Cell:
    if pd.isna(level):
        return tables.Cell("–")
    return tables.Cell(f"{level:.2f}", "" if diff is None else f"diff {diff:.2f}")
