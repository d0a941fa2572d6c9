"""Other draws of test rows: kept runs of one and the same adapter, with another seed.

smollm2-135m       {"adapter_sha256": "a6e8…", "seed": 42, …}    has the section
smollm2-135m-43    {"adapter_sha256": "a6e8…", "seed": 43, …}    is another draw, a part of that section

What was chosen after a look at some test rows is put to the test on others.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from pica.results.model_run import ASKED, RUN, outcome
from pica.store import read_json


def first_draws(tables: Path) -> Iterator[Path]:
    """The folders of the kept runs, but those whose adapter is that of one before them in the alphabet."""
    seen = set()
    for folder in _runs(tables):
        adapter = read_json(folder / RUN)["adapter_sha256"]
        if adapter not in seen:
            seen.add(adapter)
            yield folder


def section(folder: Path) -> list[str]:
    """The parts of the page on the other draws of a run's adapter; nothing where there is none."""
    adapter = read_json(folder / RUN)["adapter_sha256"]
    others = [other for other in _runs(folder.parent) if other != folder]
    return [
        part
        for other in others
        if read_json(other / RUN)["adapter_sha256"] == adapter
        for part in _other(folder, other)
    ]


def _runs(tables: Path) -> list[Path]:
    return [path.parent for path in sorted(tables.glob(f"*/{RUN}"))]


def _other(folder: Path, other: Path) -> list[str]:
    seed = read_json(other / RUN)["seed"]
    rows, first = (set(pd.read_csv(path / ASKED).itertuples(index=False, name=None)) for path in (other, folder))
    said = (
        f"The same adapter, asked {len(rows):,} rows that were drawn with seed {seed}; {len(rows & first):,} of "
        f"them were drawn above too. What the systems learnt from is the same."
    )
    return ["### On another draw of test rows", said, *outcome(other)]
