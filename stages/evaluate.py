"""evaluate@<system>: test instructions, a system → data/predictions/<system>.parquet, its scores and confusion rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from pica.evaluation.scoring import headline, score_views
from pica.evaluation.systems import answers, named
from pica.params import Evaluate, Systems
from pica.sampling import sample
from pica.schema import INSTRUCTION, PREDICTION, Instruction, Prediction
from pica.store import atomic_folder, read_rows, write_json, write_rows, write_table

TEST = Path("data/instructions/test.parquet")
TRAIN = Path("data/instructions/train.parquet")
PREDICTIONS = Path("data/predictions")
METRICS = Path("metrics")
TABLES = Path("tables")
CONFUSION = Path("plots/confusion")


def run(system: str, systems: Systems, evaluate: Evaluate, seed: int) -> None:
    """Answer the test rows, and score the answers."""
    rows = _drawn(evaluate, seed)
    predictions = answers(system, named(systems, system), rows, TRAIN, evaluate, seed)
    write_rows(PREDICTIONS / f"{system}.parquet", predictions, PREDICTION)
    views = score_views(predictions, evaluate.bootstrap, seed)
    write_table(TABLES / f"{system}.csv", views.to_dict("records"), list(views.columns))
    _write_confusion(system, predictions)
    write_json(METRICS / f"{system}.json", headline(views))


def _drawn(evaluate: Evaluate, seed: int) -> list[Instruction]:
    """At most `rows_per_view` test rows of each view (0 = all), the same ones for every system."""
    ids: dict[str, list[str]] = {}
    for row in read_rows(TEST, INSTRUCTION, columns=("id", "name", "is_classification")):
        if row["is_classification"] or evaluate.views == "all":
            ids.setdefault(row["name"], []).append(row["id"])
    chosen = {id for view in ids.values() for id in sample(view, evaluate.rows_per_view or None, seed)}
    return [Instruction.from_row(row) for row in read_rows(TEST, INSTRUCTION) if row["id"] in chosen]


def _write_confusion(system: str, predictions: Sequence[Prediction]) -> None:
    """A file a closed view with a row a prediction, which `dvc plots` makes a matrix of."""
    closed = sorted((p for p in predictions if p.label is not None), key=lambda p: p.name)
    with atomic_folder(CONFUSION / system) as out:
        for view, group in groupby(closed, key=lambda p: p.name):
            rows = ({"actual": p.gold, "predicted": p.label} for p in group)
            write_table(out / f"{view}.csv", rows, ["actual", "predicted"])
