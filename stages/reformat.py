"""reformat: data/filtered/<corpus>.parquet → data/views/<view>.parquet, one file a task version."""

from __future__ import annotations

from functools import partial
from itertools import chain
from pathlib import Path

from pica.corpora import declared_at
from pica.parallel import parallel_map
from pica.params import Reformat
from pica.store import atomic_folder, write_table
from pica.tasks.reformat import write_views

FILTERED = Path("data/filtered")
DECLARED = Path("data/declared.json")
VIEWS = Path("data/views")
TABLE = Path("tables/views.csv")
COLUMNS = ["view", "corpus", "task", "language", "split", "conversations", "examples"]


def run(reformat: Reformat) -> None:
    """Write every view of every dataset, and how many examples it has."""
    declared_at(DECLARED)
    names = sorted(path.stem for path in FILTERED.glob("*.parquet"))
    with atomic_folder(VIEWS) as out:
        work = partial(write_views, rules=reformat, filtered=FILTERED, views=out)
        counts = parallel_map(work, names, "reformat")
    write_table(TABLE, chain.from_iterable(counts), COLUMNS)
