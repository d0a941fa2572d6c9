"""Figures that others have published (`published.yaml`), to stand beside a run's.

Published(view="meld-classification", metric="weighted_f1", value=68.72, system="BiosERC, Llama-2-7B QLoRA",
          test="2,610", comparable=True, why="", source="yingjie7/BiosERC@0fe8249")
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files

import pandas as pd
import yaml

from pica.reporting import tables


@dataclass(frozen=True, slots=True)
class Published:
    """One figure.

    Args:
        view: whose key it is; a dataset's name where it is of no view.
        metric: the key, as our tables have it.
        value: in per cent.
        system: what reached it, with its size.
        test: the test rows it is of.
        comparable: whether it may be compared with ours on the whole official test set.
        why: why not, or what to know.
        source: where it stands.
    """

    view: str
    metric: str
    value: float
    system: str
    test: str
    comparable: bool
    why: str
    source: str


def published(views: Iterable[str] | None = None) -> list[Published]:
    """All figures, in the order of the file, or those of some views."""
    text = (files("pica.reporting") / "published.yaml").read_text(encoding="utf-8")
    figures = [Published(**entry) for entry in yaml.safe_load(text)]
    wanted = None if views is None else set(views)
    return [figure for figure in figures if wanted is None or figure.view in wanted]


def beside(scores: pd.DataFrame, figures: Sequence[Published], compared: str) -> tables.Table:
    """A row for each published figure of a view that was scored: it, and what ours is on the rows that were asked."""
    ours = scores[scores["system"] == compared].set_index("view")
    rows = []
    for figure in figures:
        if figure.view not in ours.index or figure.metric not in ours:
            continue
        own, n = ours.loc[figure.view, figure.metric], ours.loc[figure.view, "n"]
        comparable = tables.Cell("yes" if figure.comparable else "no", figure.why)
        names = [
            tables.Cell(figure.view),
            tables.Cell(tables.METRICS[figure.metric]),
            tables.Cell(figure.system, figure.source),
            comparable,
        ]
        rows.append(
            [
                *names,
                tables.Cell(figure.test),
                tables.Cell(f"{figure.value:.1f}"),
                tables.Cell(tables.number(own)),
                tables.Cell(f"{n:,}"),
            ]
        )
    header = ["View", "Metric", "System", "Comparable", "Its rows", "Published", tables.title(compared), "Our rows"]
    return tables.Table("Published figures beside those of this run, in per cent.", header, rows, words=4)
