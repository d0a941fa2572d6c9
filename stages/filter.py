"""filter: raw files → data/filtered/<corpus>.parquet, every other row with its reason → data/rejected/<corpus>.parquet.

Each row is judged by itself, then with the others: no training row stays that leaks a held-out text or is a copy of
another, and no dataset that its score card speaks against. Rows in = rows kept + rows rejected, dataset by dataset, in
tables/filter.csv. Turns that are withheld from training are in their rows (`Conversation.withheld`).

    tables/cleaning.csv   turns repaired and masked, by dataset
    tables/leaks.csv      held-out set × training set: conversations that went, and turns withheld in those that stayed
    tables/scorecard.csv  a row a dataset
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pica.cleaning import outside, scorecard
from pica.cleaning.clean import COUNTS
from pica.cleaning.dataset_filter import Compared, filter_dataset, write_held_out
from pica.cleaning.leakage import HeldOut
from pica.cleaning.row_filter import KEPT, RowsFiltered, filter_rows
from pica.corpora import declared_at
from pica.parallel import parallel_map
from pica.params import Filter
from pica.store import atomic_folder, write_json, write_table

RAW = Path("data/raw")
OUTSIDE = Path("data/outside.json")
DECLARED = Path("data/declared.json")
FILTERED = Path("data/filtered")
REJECTED = Path("data/rejected")
METRICS = Path("metrics/filter.json")
TABLE = Path("tables/filter.csv")
LEAKS = Path("tables/leaks.csv")
CLEANING = Path("tables/cleaning.csv")
CARDS = Path("tables/scorecard.csv")


def run(filter: Filter) -> None:
    """Judge every row by itself, then all of them together."""
    declared_at(DECLARED)
    scorecard.check_lists(filter)
    names = sorted(path.name for path in RAW.iterdir() if path.is_dir())
    with (
        atomic_folder(FILTERED) as kept,
        atomic_folder(REJECTED) as rejected,
        TemporaryDirectory(dir=kept.parent) as hashes,
    ):
        folders = {"rules": filter, "kept": kept, "rejected": rejected}
        alone = parallel_map(partial(filter_rows, raw=RAW, **folders), names, "filter")
        parallel_map(partial(write_held_out, kept=kept, folder=Path(hashes)), names, "held-out texts")
        outside.write_held_out(OUTSIDE, Path(hashes))
        held_out = HeldOut.gather(Path(hashes))
        compared = parallel_map(partial(filter_dataset, held_out=held_out, **folders), names, "leaks and copies")
    for rows, dataset in zip(alone, compared, strict=True):
        for (split, reason), count in dataset.rejected.items():
            rows.outcomes[split, KEPT] -= count
            rows.outcomes[split, reason] += count
    _report(dict(zip(names, alone, strict=True)), dict(zip(names, compared, strict=True)))


def _report(alone: dict[str, RowsFiltered], compared: dict[str, Compared]) -> None:
    rows = [
        {"corpus": name, "split": split, "outcome": outcome, "rows": count}
        for name, dataset in alone.items()
        for (split, outcome), count in sorted(dataset.outcomes.items())
    ]
    write_table(TABLE, rows, ["corpus", "split", "outcome", "rows"])
    cleaning = [{"corpus": name, **{key: dataset.cleaning[key] for key in COUNTS}} for name, dataset in alone.items()]
    write_table(CLEANING, cleaning, ["corpus", *COUNTS])
    write_table(LEAKS, _leaks(compared), ["held_out", "split", "train", "conversations", "turns"])
    cards = [dataset.card for dataset in compared.values()]
    scorecard.count_shared(cards, [dataset.keys for dataset in compared.values()])
    write_table(CARDS, map(scorecard.row, cards), scorecard.COLUMNS)
    kept = sum(row["rows"] for row in rows if row["outcome"] == KEPT)
    total = sum(row["rows"] for row in rows)
    counts = {"datasets": len(alone), "rows_in": total, "kept": kept, "rejected": total - kept}
    withheld = sum(dataset.withheld for dataset in compared.values())
    # One number a training set, since metrics are few: conversations and turns, for each held-out set that has them.
    leaks = {name: dataset.leaks.total() for name, dataset in compared.items() if dataset.leaks}
    write_json(METRICS, {**counts, "withheld_turns": withheld, "leaks": leaks})


def _leaks(compared: dict[str, Compared]) -> Iterator[dict[str, Any]]:
    for name, dataset in compared.items():
        for held_out in sorted({held_out for held_out, _ in dataset.leaks}):
            corpus, split = held_out.split("/")
            yield {
                "held_out": corpus,
                "split": split,
                "train": name,
                "conversations": dataset.leaks[held_out, "conversations"],
                "turns": dataset.leaks[held_out, "turns"],
            }
