"""A training that was repeated with other seeds: what a seed alone moves.

A seed decides which rows are drawn for training and for testing, their order, and where training starts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pica.reporting.markdown import table
from pica.reporting.tables import title
from pica.results.kept_runs import RUN
from pica.results.means import LEADS_OVER, MEANS, over_runs
from pica.store import read_json


def section(folder: Path, others: Sequence[Path]) -> list[str]:
    """The part of the page on a training and those with other seeds."""
    runs = [read_json(run / RUN) for run in (folder, *others)]
    means = over_runs([folder, *others])
    systems = list(means["system"].unique())
    compared = runs[0]["compared"]
    against = [system for system in LEADS_OVER if system in systems]
    rows = []
    for key, name, *_ in MEANS:
        if key in means:
            of = means.pivot(index="run", columns="system", values=key)
            leads = [_spread(of[compared] - of[system], "+") for system in against]
            rows.append([name, *(_spread(of[system]) for system in systems), *leads])
    seeds = ", ".join(str(run["seed"]) for run in runs)
    said = (
        f"The training on {runs[0]['rows']:,} rows, with the seeds {seeds}: each draws its own rows for training and "
        "for testing, their order, and where training starts. Mean ± standard deviation over the seeds; a lead is that "
        "of a seed's own run."
    )
    header = ["Mean over views", *map(title, systems)]
    header += [f"{title(compared)} over {title(system)}" for system in against]
    return ["### Over seeds", said, table(header, rows, words=1)]


def _spread(values: pd.Series, sign: str = "") -> str:
    """Mean ± sample standard deviation over seeds."""
    return "–" if values.isna().any() else f"{values.mean():{sign}.1f} ± {values.std(ddof=1):.1f}"
