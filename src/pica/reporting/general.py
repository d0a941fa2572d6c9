"""What a model can do in general on the page: a row a measure and language, a column a model.

Perplexity, English text   41.2   44.1 (1.07 times that before tuning)   …
Right by letter, English   45.0   42.0 (-3.0 since tuning)               …
"""

from __future__ import annotations

import pandas as pd

from pica.reporting import tables

_LANGUAGES = {"en": "English", "zh": "Chinese"}
_MEASURES = {
    "perplexity": "Perplexity, {} text",
    "accuracy": "Right by letter, {}",
    "in_language": "Replies in {}",
    "bare_label": "Bare labels, {}",
}


def table(general: pd.DataFrame) -> tables.Table:
    """What each model can do in general, and of a tuned one how far that is from what it could do before.

    Args:
        general: tables/general of all systems, below each other (`evaluation.general.COLUMNS`).
    """
    systems = list(general["system"].unique())
    of = {language: general[general["language"] == language] for language in _LANGUAGES}
    rows = [
        [tables.Cell(title.format(name)), *(_cell(of[language], system, measure) for system in systems)]
        for measure, title in _MEASURES.items()
        for language, name in _LANGUAGES.items()
        if systems
    ]
    caption = "General language: perplexity of texts, and shares of questions in per cent."
    return tables.Table(caption, ["Measure", *map(tables.title, systems)], rows)


def _cell(of_language: pd.DataFrame, system: str, measure: str) -> tables.Cell:
    row = of_language[of_language["system"] == system].iloc[0]
    text = f"{row[measure]:,.1f}"
    if pd.isna(row["ratio"]):  # it was not tuned
        return tables.Cell(text)
    if measure == "perplexity":
        return tables.Cell(text, f"{row['ratio']:.2f} times that before tuning")
    untuned = of_language[of_language["ratio"].isna() & (of_language["model"] == row["model"])]
    change = 0 if untuned.empty else row[measure] - untuned[measure].iloc[0]
    return tables.Cell(text, f"{change:+.1f} since tuning" if change else "")
