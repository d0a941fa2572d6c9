"""The learning curve: kept runs that differ in how many training rows they had and in nothing else.

smollm2-135m      {"train_rows_per_view": 150, "rows": 5954, "lr": 0.002, …}    has the section
smollm2-135m-38   {"train_rows_per_view": 38, "rows": 1520, "lr": 0.002, …}     is a point of its curve
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from pica.evaluation.scoring import headline
from pica.reporting import figures
from pica.reporting.markdown import table
from pica.reporting.tables import title
from pica.results.draws import first_draws
from pica.results.means import counted
from pica.results.model_run import MEANS, RUN, SCORES, wide
from pica.store import atomic_path, read_json

PICTURE = "learning_curve.svg"
# Of run.json, what runs of one curve have in common.
_SETTINGS = (
    *("model", "source", "quantisation", "compared", "adapter", "r", "lr", "batch_tokens", "max_length"),
    *("licences", "rows_per_view", "label_scores", "seed"),
)
# Of `MEANS`, what is drawn.
_DRAWN = ("macro_f1", "cause_f1", "rouge_l")


def families(tables: Path) -> list[list[Path]]:
    """The folders of the kept runs, those of a curve together, the one with most training rows first."""
    made: list[tuple[list[Any], dict[int, Path]]] = []
    for folder in first_draws(tables):
        run = read_json(folder / RUN)
        settings, rows = [run[key] for key in _SETTINGS], run["rows"]
        # The same training twice is no curve.
        known = next((runs for of, runs in made if of == settings and rows not in runs), None)
        if known is None:
            made.append((settings, known := {}))
        known[rows] = folder
    return [[runs[rows] for rows in sorted(runs, reverse=True)] for _, runs in made]


def section(family: Sequence[Path]) -> list[str]:
    """The part of the page on a curve; nothing of a single run."""
    if len(family) == 1:
        return []
    runs, means = [read_json(folder / RUN) for folder in family], _means(family)
    compared, folder, names = runs[0]["compared"], family[0], _names(means)
    learners = _learners(means, compared)
    rows = []
    for run in reversed(runs):
        of = means[means["rows"] == run["rows"]].set_index("system")
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


def draw(family: Sequence[Path]) -> None:
    """The picture of a curve, into the folder of its run with most rows and no other; nothing of a single run."""
    for folder in family[1:]:  # what was the largest run once
        (folder / PICTURE).unlink(missing_ok=True)
    if len(family) == 1:
        return
    means = _means(family)
    drawn = {key: name for key, name in _names(means).items() if key in _DRAWN}
    svg = figures.learning_curve(means[["system", "rows", *drawn]].rename(columns=drawn))
    with atomic_path(family[0] / PICTURE) as path:
        path.write_text(svg, encoding="utf-8")


def _means(family: Sequence[Path]) -> pd.DataFrame:
    """rows, system and the means of every system that all runs have, over the views that count in all runs."""
    runs = {read_json(folder / RUN)["rows"]: counted(wide(pd.read_csv(folder / SCORES))) for folder in family}
    views = set.intersection(*(set(scores["view"]) for scores in runs.values()))
    means = pd.DataFrame(
        {"rows": rows, "system": system, **headline(of[of["view"].isin(views)])}
        for rows, scores in runs.items()
        for system, of in scores.groupby("system", sort=False)
    )
    return means[means.groupby("system")["rows"].transform("nunique") == len(family)]


def _names(means: pd.DataFrame) -> dict[str, str]:
    """Of `MEANS`, what the runs have: key → our name of it."""
    return {key: name for key, name, *_ in MEANS if key in means}


def _learners(means: pd.DataFrame, compared: str) -> list[str]:
    """The systems beside the compared one whose answers change with the training rows."""
    others = means[means["system"] != compared]
    return [system for system, of in others.groupby("system", sort=False) if of["macro_f1"].nunique() > 1]


def _cell(of: pd.DataFrame, system: str, key: str) -> str:
    return "–" if pd.isna(of.loc[system, key]) else f"{of.loc[system, key]:.1f}"
