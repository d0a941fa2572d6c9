"""The learning curve: kept runs that differ in how many training rows they had and in nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pica.reporting import figures
from pica.reporting.markdown import table
from pica.reporting.tables import title
from pica.results.kept_runs import RUN
from pica.results.means import MEANS, over_runs
from pica.store import atomic_path, read_json

PICTURE = "learning_curve.svg"
# Of `MEANS`, what is drawn.
_DRAWN = ("macro_f1", "cause_f1", "rouge_l")


def section(curve: Sequence[Path]) -> list[str]:
    """The part of the page on a curve; nothing of a single run."""
    if len(curve) == 1:
        return []
    runs, means = [read_json(folder / RUN) for folder in curve], over_runs(curve)
    compared, folder, names = runs[0]["compared"], curve[0], _names(means)
    learners = _learners(means, compared)
    rows = []
    for point, run in reversed(list(zip(curve, runs, strict=True))):
        of = means[means["run"] == point.name].set_index("system")
        cells = [_cell(of, compared, key) for key in names]
        others = [_cell(of, system, "macro_f1") for system in learners]
        spent = [f"{run['rows']:,}", f"{run['tokens']:,.0f}", f"{run['validation_loss']:.2f}"]
        rows.append([*spent, *cells, *others])
    header = ["Training rows", "Tokens", "Validation loss", *names.values()]
    header += [f"{title(system)}, all views with labels" for system in learners]
    said = (
        f"{title(compared)} after one run for each number of training rows; all else is as above, the test rows too. "
        "The baselines learn from the same rows. Means are over the views that every run had training rows of."
    )
    picture = f"![Scores by training rows]({folder.parent.name}/{folder.name}/{PICTURE})"
    return ["### Learning curve", said, picture, table(header, rows, words=0)]


def draw(curve: Sequence[Path]) -> None:
    """The picture of a curve, into the folder of its run with most rows and no other; nothing of a single run."""
    for folder in curve[1:]:  # what was the largest run once
        (folder / PICTURE).unlink(missing_ok=True)
    if len(curve) == 1:
        return
    means = over_runs(curve)
    rows = {folder.name: read_json(folder / RUN)["rows"] for folder in curve}
    drawn = {key: name for key, name in _names(means).items() if key in _DRAWN}
    points = means.assign(rows=means["run"].map(rows))[["system", "rows", *drawn]]
    svg = figures.learning_curve(points.rename(columns=drawn))
    with atomic_path(curve[0] / PICTURE) as path:
        path.write_text(svg, encoding="utf-8")


def _names(means: pd.DataFrame) -> dict[str, str]:
    """Of `MEANS`, what the runs have: key → our name of it."""
    return {key: name for key, name, *_ in MEANS if key in means}


def _learners(means: pd.DataFrame, compared: str) -> list[str]:
    """The systems beside the compared one whose answers change with the training rows."""
    others = means[means["system"] != compared]
    return [system for system, of in others.groupby("system", sort=False) if of["macro_f1"].nunique() > 1]


def _cell(of: pd.DataFrame, system: str, key: str) -> str:
    return "–" if pd.isna(of.loc[system, key]) else f"{of.loc[system, key]:.1f}"
