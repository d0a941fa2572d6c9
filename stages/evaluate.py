"""evaluate@<system>: test instructions, a system → data/predictions/<system>.parquet, its scores and confusion rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from pica.evaluation import baselines
from pica.evaluation.scoring import headline, score_views
from pica.params import Evaluate
from pica.sampling import sample
from pica.schema import INSTRUCTION, PREDICTION, Instruction, Prediction
from pica.store import atomic_folder, read_rows, write_json, write_rows, write_table

INSTRUCTIONS = Path("data/instructions")
BASE = Path("models/base")
ADAPTER = Path("models/adapter")
PREDICTIONS = Path("data/predictions")
METRICS = Path("metrics")
TABLES = Path("tables")
CONFUSION = Path("plots/confusion")


def run(system: str, evaluate: Evaluate, seed: int) -> None:
    """Answer the test rows, and score the answers."""
    rows = _drawn(evaluate.rows_per_view, seed)
    predictions = _predictions(system, rows, evaluate, seed)
    write_rows(PREDICTIONS / f"{system}.parquet", predictions, PREDICTION)
    views = score_views(predictions, evaluate.bootstrap, seed)
    write_table(TABLES / f"{system}.csv", views.to_dict("records"), list(views.columns))
    _write_confusion(system, predictions)
    write_json(METRICS / f"{system}.json", headline(views))


def _drawn(limit: int, seed: int) -> list[Instruction]:
    """At most `limit` test rows of each view (0 = all), the same ones for every system."""
    test = INSTRUCTIONS / "test.parquet"
    ids: dict[str, list[str]] = {}
    for row in read_rows(test, INSTRUCTION, columns=("id", "name")):
        ids.setdefault(row["name"], []).append(row["id"])
    chosen = {id for view in ids.values() for id in sample(view, limit or None, seed)}
    return [Instruction.from_row(row) for row in read_rows(test, INSTRUCTION) if row["id"] in chosen]


def _predictions(system: str, rows: Sequence[Instruction], evaluate: Evaluate, seed: int) -> list[Prediction]:
    if system in ("base", "tuned"):
        from pica.evaluation.predict import predict  # torch takes seconds, and the baselines do not need it

        return predict(rows, system, BASE, ADAPTER if system == "tuned" else None, evaluate)
    train = [Instruction.from_row(row) for row in read_rows(INSTRUCTIONS / "train.parquet", INSTRUCTION)]
    return baselines.majority(train, rows) if system == "majority" else baselines.tfidf(train, rows, seed)


def _write_confusion(system: str, predictions: Sequence[Prediction]) -> None:
    """A file a closed view with a row a prediction, which `dvc plots` makes a matrix of."""
    closed = sorted((p for p in predictions if p.label is not None), key=lambda p: p.name)
    with atomic_folder(CONFUSION / system) as out:
        for view, group in groupby(closed, key=lambda p: p.name):
            rows = ({"actual": p.gold, "predicted": p.label} for p in group)
            write_table(out / f"{view}.csv", rows, ["actual", "predicted"])
