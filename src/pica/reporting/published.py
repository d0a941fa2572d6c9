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

# Of a key that is of a part of the view's rows: where their number stands.
_ROWS = {"csv_weighted_f1": "csv_n"}


@dataclass(frozen=True, slots=True)
class Published:
    """One figure.

    Args:
        view: whose key it is; a dataset's name where it is of no view.
        metric: the key, as our tables have it.
        value: in per cent.
        system: what reached it, with its size.
        test: the test rows it is of.
        comparable: whether it may be compared with ours where that is of the whole official test set.
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

    def comparison(self, n: int) -> tuple[str, str]:
        """Whether it may be compared with a score of ours on n rows, and why not or what to know."""
        rows = self.test.replace(",", "")
        if not self.comparable:
            return "no", self.why
        if rows.isdigit() and n < int(rows):
            return "roughly", "; ".join(filter(None, [self.why, "ours is of a draw of fewer rows"]))
        return "yes", self.why


def published(views: Iterable[str] | None = None) -> list[Published]:
    """All figures, in the order of the file, or those of some views."""
    text = (files("pica.reporting") / "published.yaml").read_text(encoding="utf-8")
    figures = [Published(**entry) for entry in yaml.safe_load(text)]
    wanted = None if views is None else set(views)
    return [figure for figure in figures if wanted is None or figure.view in wanted]


def ours(scores: pd.DataFrame, figure: Published) -> pd.DataFrame:
    """Our systems that have a figure's key: system, value, and n, the rows that this value is of.

    Args:
        scores: `score_views` of all systems, below each other.
    """
    if figure.metric not in scores:
        return pd.DataFrame(columns=["system", "value", "n"])
    rows = scores[(scores["view"] == figure.view) & scores[figure.metric].notna()]
    of_part = _ROWS.get(figure.metric, "n")
    numbers = {"value": rows[figure.metric].astype(float), "n": rows[of_part].astype(int)}
    return pd.DataFrame({"system": rows["system"], **numbers})


def beside(scores: pd.DataFrame, figures: Sequence[Published], compared: str) -> tables.Table:
    """A row for each published figure of a view that was scored: it, and what ours is on the rows that were asked."""
    of_compared = scores[scores["system"] == compared]
    rows = []
    for figure in figures:
        for own in ours(of_compared, figure).itertuples():
            rows.append(
                [
                    tables.Cell(figure.view),
                    tables.Cell(tables.METRICS[figure.metric]),
                    tables.Cell(figure.system, figure.source),
                    tables.Cell(*figure.comparison(own.n)),
                    tables.Cell(figure.test),
                    tables.Cell(f"{figure.value:.1f}"),
                    tables.Cell(tables.number(own.value)),
                    tables.Cell(f"{own.n:,}"),
                ]
            )
    header = ["View", "Metric", "System", "Comparable", "Its rows", "Published", tables.title(compared), "Our rows"]
    return tables.Table("Published figures beside those of this run, in per cent.", header, rows, words=4)
