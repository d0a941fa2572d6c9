"""Other draws of test rows: kept runs of one and the same adapter, with another seed.

What was chosen after a look at some test rows is put to the test on others.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pica.results.kept_runs import ASKED, RUN
from pica.results.model_run import outcome
from pica.store import read_json


def section(folder: Path, other: Path) -> list[str]:
    """The part of the page on another draw than that of `folder`."""
    seed = read_json(other / RUN)["seed"]
    rows, first = (set(pd.read_csv(path / ASKED).itertuples(index=False, name=None)) for path in (other, folder))
    said = (
        f"The same adapter, asked {len(rows):,} rows that were drawn with seed {seed}; {len(rows & first):,} of "
        f"them were drawn above too. What the systems learnt from is the same."
    )
    return ["### On another draw of test rows", said, *outcome(other)]
