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

from pica.cleaning import scorecard
from pica.cleaning.clean import COUNTS
from pica.cleaning.filter import KEPT, Judged, judge
from pica.cleaning.leakage import HeldOut
from pica.cleaning.settle import Settled, settle, write_held_out
from pica.parallel import each
from pica.params import Filter
from pica.stage import main
from pica.store import folder, write_json, write_table

RAW = Path("data/raw")
FILTERED = Path("data/filtered")
REJECTED = Path("data/rejected")
METRICS = Path("metrics/filter.json")
TABLE = Path("tables/filter.csv")
LEAKS = Path("tables/leaks.csv")
CLEANING = Path("tables/cleaning.csv")
CARDS = Path("tables/scorecard.csv")


def run(filter: Filter) -> None:
    """Judge every row by itself, then all of them together."""
    scorecard.check_lists(filter)
    names = sorted(path.name for path in RAW.iterdir() if path.is_dir())
    with folder(FILTERED) as kept, folder(REJECTED) as rejected, TemporaryDirectory(dir=kept.parent) as scratch:
        judged = each(partial(judge, raw=RAW, rules=filter, kept=kept, rejected=rejected), names, "filter")
        each(partial(write_held_out, kept=kept, folder=Path(scratch)), names, "held-out texts")
        held_out = HeldOut.gather(Path(scratch))
        settled = each(
            partial(settle, rules=filter, held_out=held_out, kept=kept, rejected=rejected), names, "leaks and copies"
        )
    for j, s in zip(judged, settled, strict=True):
        for (split, reason), rows in s.rejected.items():
            j.outcomes[split, KEPT] -= rows
            j.outcomes[split, reason] += rows
    _report(dict(zip(names, judged, strict=True)), dict(zip(names, settled, strict=True)))


def _report(judged: dict[str, Judged], settled: dict[str, Settled]) -> None:
    rows = [
        {"corpus": name, "split": split, "outcome": outcome, "rows": count}
        for name, j in judged.items()
        for (split, outcome), count in sorted(j.outcomes.items())
    ]
    write_table(TABLE, rows, ["corpus", "split", "outcome", "rows"])
    cleaning = [{"corpus": name, **{count: j.cleaning[count] for count in COUNTS}} for name, j in judged.items()]
    write_table(CLEANING, cleaning, ["corpus", *COUNTS])
    write_table(LEAKS, _leaks(settled), ["held_out", "split", "train", "conversations", "turns"])
    cards = [s.card for s in settled.values()]
    scorecard.count_shared(cards, [s.keys for s in settled.values()])
    write_table(CARDS, map(scorecard.row, cards), scorecard.COLUMNS)
    kept = sum(row["rows"] for row in rows if row["outcome"] == KEPT)
    total = sum(row["rows"] for row in rows)
    counts = {"datasets": len(judged), "rows_in": total, "kept": kept, "rejected": total - kept}
    withheld = sum(s.withheld for s in settled.values())
    # One number a training set, since metrics are few: conversations and turns, for each held-out set that has them.
    leaks = {name: s.leaks.total() for name, s in settled.items() if s.leaks}
    write_json(METRICS, {**counts, "withheld_turns": withheld, "leaks": leaks})


def _leaks(settled: dict[str, Settled]) -> Iterator[dict[str, Any]]:
    for name, s in settled.items():
        for held_out in sorted({held_out for held_out, _ in s.leaks}):
            corpus, split = held_out.split("/")
            yield {
                "held_out": corpus,
                "split": split,
                "train": name,
                "conversations": s.leaks[held_out, "conversations"],
                "turns": s.leaks[held_out, "turns"],
            }


if __name__ == "__main__":
    main(run)
