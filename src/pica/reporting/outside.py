"""The outside sets on the page: a row a set and language, a column a model, and what guessing would score.

ToMBench, emotions (en)   60   25.0   31.2 (26.4 to 36.1; by words 28.3; consistent 11.7)   …
"""

from __future__ import annotations

import pandas as pd

from pica.reporting import tables

_NAMES = {
    "tombench-en": "ToMBench, emotions (en)",
    "tombench-zh": "ToMBench, emotions (zh)",
    "cpsyexam-zh": "CPsyExam (zh)",
    "eqbench2": "EQ-Bench v2 (en)",
}


def table(outside: pd.DataFrame) -> tables.Table:
    """Each model's score on each set, with its interval; of multiple choice also what the other ways of asking give.

    Args:
        outside: tables/outside of all systems, below each other (`evaluation.outside.COLUMNS`).
    """
    systems = list(outside["system"].unique())
    rows = []
    for name, group in outside.groupby("set", sort=False):
        of = group.set_index("system").reindex(systems)
        first, notes = group.iloc[0], [_note(row) for _, row in of.iterrows()]
        about = [tables.Cell(_NAMES.get(name, name)), tables.Cell(f"{first['n']:,}")]
        cells = tables.cells(of["score"], notes)
        rows.append([*about, tables.Cell(tables.number(first["chance"])), *cells])
    header = ["Set", "Questions", "Chance", *map(tables.title, systems)]
    return tables.Table("Outside sets: accuracy in per cent, of EQ-Bench its score.", header, rows)


def _note(row: pd.Series) -> str:
    if pd.isna(row["score"]):
        return ""
    notes = [] if pd.isna(row["low"]) else [f"{row['low']:.1f} to {row['high']:.1f}"]
    if not pd.isna(row["text_accuracy"]):
        notes.append(f"by words {row['text_accuracy']:.1f}")
    if not pd.isna(row["consistent"]):
        notes.append(f"consistent {row['consistent']:.1f}")
    return "; ".join(notes)
