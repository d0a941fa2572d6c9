"""Whether replies carry what their prompts asked for, on the page: a row a view and control, a column a system.

meld-generation, emotion   60   58.3 (meld-classification)   55.0   41.7   …
"""

from __future__ import annotations

import pandas as pd

from pica.reporting import tables


def table(adherence: pd.DataFrame) -> tables.Table:
    """What the classifier finds of each system's replies, beside its own accuracy and what it finds of the gold ones.

    Args:
        adherence: tables/adherence of all systems, below each other (`evaluation.adherence.COLUMNS`).
    """
    found, systems = adherence.dropna(subset="adherence"), list(adherence["system"].unique())
    rows = []
    for (view, control), group in found.groupby(["view", "control"], sort=False):
        of, first = group.set_index("system").reindex(systems), group.iloc[0]
        about = [tables.Cell(f"{view}, {control}"), tables.Cell(f"{first['n']:,.0f}")]
        judge = [tables.Cell(tables.number(first["accuracy"]), first["classifier"])]
        rows.append([*about, *judge, tables.Cell(tables.number(first["gold"])), *tables.cells(of["adherence"])])
    header = ["View, control", "Replies", "Classifier", "Gold", *map(tables.title, systems)]
    return tables.Table("Replies that carry what was asked for, in per cent.", header, rows)


def absent(adherence: pd.DataFrame) -> list[str]:
    """Why other views have no row: "smilechat-generation: its prompts ask for no emotion and no act"."""
    without = adherence.dropna(subset="note").drop_duplicates(["view", "control"])
    return [f"{row.view}: {row.note}" for row in without.itertuples()]
