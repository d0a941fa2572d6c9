"""filter: raw files → data/filtered/<corpus>.parquet, every other row with its reason → data/rejected/<corpus>.parquet.

Rows in = rows kept + rows rejected, dataset by dataset, in tables/filter.csv; turns repaired and masked in
tables/cleaning.csv.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from pica.cleaning.clean import COUNTS
from pica.cleaning.filter import KEPT, LEAK, Judged, judge, without_leaks
from pica.parallel import each
from pica.params import Filter
from pica.stage import main
from pica.store import folder, write_json, write_table

RAW = Path("data/raw")
FILTERED = Path("data/filtered")
REJECTED = Path("data/rejected")
METRICS = Path("metrics/filter.json")
TABLE = Path("tables/filter.csv")
CLEANING = Path("tables/cleaning.csv")


def run(filter: Filter) -> None:
    """Judge every row by itself, then take the training rows that leak out of the datasets that have some."""
    names = sorted(path.name for path in RAW.iterdir() if path.is_dir())
    with folder(FILTERED) as kept, folder(REJECTED) as rejected:
        results = each(partial(judge, raw=RAW, rules=filter, kept=kept, rejected=rejected), names, "filter")
        judged = dict(zip(names, results, strict=True))
        held_out = frozenset().union(*(j.held_out for j in judged.values()))
        for name, j in judged.items():
            if leaks := j.train & held_out:
                _move(j, without_leaks(name, leaks, kept, rejected))
    _report(judged)


def _move(judged: Judged, leaks: int) -> None:
    judged.outcomes["train", KEPT] -= leaks
    judged.outcomes["train", LEAK] += leaks


def _report(judged: dict[str, Judged]) -> None:
    rows = [
        {"corpus": name, "split": split, "outcome": outcome, "rows": count}
        for name, j in judged.items()
        for (split, outcome), count in sorted(j.outcomes.items())
    ]
    write_table(TABLE, rows, ["corpus", "split", "outcome", "rows"])
    cleaning = [{"corpus": name, **{count: j.cleaning[count] for count in COUNTS}} for name, j in judged.items()]
    write_table(CLEANING, cleaning, ["corpus", *COUNTS])
    kept = sum(row["rows"] for row in rows if row["outcome"] == KEPT)
    total = sum(row["rows"] for row in rows)
    write_json(METRICS, {"datasets": len(judged), "rows_in": total, "kept": kept, "rejected": total - kept})


if __name__ == "__main__":
    main(run)
