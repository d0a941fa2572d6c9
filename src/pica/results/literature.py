"""The keys that the literature uses, and what others published beside ours, as tables in Markdown."""

from __future__ import annotations

import pandas as pd

from pica.reporting.markdown import of_rows, table
from pica.reporting.published import ours, published
from pica.reporting.tables import METRICS, title

# Of `evaluation.literature`, as a table of scores has them.
KEYS = (
    *("micro_f1_without_no_emotion", "micro_f1_without_others", "csv_weighted_f1", "csv_n", "em_pos", "f1_pos"),
    *("preference_bias", "level", "gold_level", "level_diff"),
)
# Of GoEmotions with several labels a row, which is of no view.
GOEMOTIONS = "goemotions"
MULTI_LABEL_KEYS = {
    "multi_macro_f1": "Macro F1",
    "multi_micro_f1": "Micro F1",
    "subset_accuracy": "Subset accuracy",
    "jaccard": "Jaccard index",
}
# `score` is what an outside set names its only key.
_NAMES = METRICS | MULTI_LABEL_KEYS | {"score": "Score"}
# Not in per cent.
_SMALL = ("preference_bias", "level", "gold_level", "level_diff")


def keys(scores: pd.DataFrame) -> list[str]:
    """The part of the page with those keys; none where no view has one."""
    systems, kept = list(scores["system"].unique()), [name for name in KEYS if name in scores]
    rows = []
    for view, of_view in scores.groupby("view", sort=False):
        of = of_view.set_index("system").reindex(systems)
        for name in kept:
            if of[name].notna().any():
                cells = [_cell(name, value, n, of["n"].max()) for value, n in zip(of[name], of["n"], strict=True)]
                rows.append([view, METRICS[name], *cells])
    if not rows:
        return []
    return ["### Keys that the literature uses", table(["View", "Key", *map(title, systems)], rows, words=2)]


def _cell(name: str, value: float, n: float, most: float) -> str:
    if pd.isna(value):
        return "–"
    if name == "csv_n":
        return f"{value:,.0f}"
    return of_rows(f"{value:.2f}" if name in _SMALL else f"{value:.1f}", n, most)


def figures(scores: pd.DataFrame) -> list[str]:
    """The part of the page with the published figures that have one of ours beside them; none where none has.

    Args:
        scores: of the systems whose best is shown; a row each view, or set that is of no view.
    """
    rows = []
    for figure in published():
        own = ours(scores, figure)
        if own.empty:
            continue
        best = own.loc[own["value"].idxmax()]
        comparable = ": ".join(filter(None, figure.comparison(best["n"])))
        theirs = [figure.view, _NAMES[figure.metric], figure.system, f"{figure.value:.2f}", figure.test]
        rows.append(
            [*theirs, f"{best['value']:.1f}, {title(best['system'])}", f"{best['n']:,}", comparable, figure.source]
        )
    if not rows:
        return []
    header = ["View", "Key", "System", "Published", "Its rows", "Best of ours", "Our rows", "Comparable", "Source"]
    return ["### Published figures", table(header, rows, words=9)]
