"""evaluate@<system>: test instructions, a system → data/predictions/<system>.parquet, its scores and confusion rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import groupby
from pathlib import Path

import pandas as pd

from pica.evaluation import baselines, label_scores, label_tables
from pica.evaluation.scoring import headline, score_views
from pica.params import Evaluate
from pica.sampling import sample
from pica.schema import EXAMPLE, INSTRUCTION, PREDICTION, Instruction, Prediction
from pica.store import atomic_folder, read_rows, write_json, write_rows, write_table

INSTRUCTIONS = Path("data/instructions")
VIEWS = Path("data/views")
BASE = Path("models/base")
ADAPTER = Path("models/adapter")
PREDICTIONS = Path("data/predictions")
METRICS = Path("metrics")
TABLES = Path("tables")
CONFUSION = Path("plots/confusion")


def run(system: str, evaluate: Evaluate, seed: int) -> None:
    """Answer the test rows, and score the answers."""
    test = _drawn("test", evaluate.rows_per_view or None, seed)
    validation = [r for r in _drawn("validation", evaluate.validation_rows, seed) if r.is_classification]
    predictions = _decided(*_predictions(system, test, validation, evaluate, seed), evaluate.label_scores)
    write_rows(PREDICTIONS / f"{system}.parquet", predictions, PREDICTION)
    views = score_views(predictions, evaluate.bootstrap, seed, evaluate.label_scores)
    _write_frame(TABLES / f"{system}.csv", views)
    _write_frame(TABLES / "variants" / f"{system}.csv", label_tables.variants(predictions))
    _write_frame(TABLES / "classes" / f"{system}.csv", label_tables.classes(predictions))
    _write_frame(TABLES / "calibration" / f"{system}.csv", label_tables.bins(predictions, evaluate.label_scores))
    _write_confusion(system, predictions)
    write_json(METRICS / f"{system}.json", headline(views))


def _drawn(split: str, limit: int | None, seed: int) -> list[Instruction]:
    """At most `limit` rows of each view (None = all), the same ones for every system."""
    path = INSTRUCTIONS / f"{split}.parquet"
    ids: dict[str, list[str]] = {}
    for row in read_rows(path, INSTRUCTION, columns=("id", "name")):
        ids.setdefault(row["name"], []).append(row["id"])
    chosen = {id for view in ids.values() for id in sample(view, limit, seed)}
    return [Instruction.from_row(row) for row in read_rows(path, INSTRUCTION) if row["id"] in chosen]


def _predictions(
    system: str, test: Sequence[Instruction], validation: Sequence[Instruction], evaluate: Evaluate, seed: int
) -> tuple[list[Prediction], list[Prediction]]:
    """Of the test rows, and of the validation rows that say how far to trust the probabilities."""
    if system in ("base", "tuned"):
        from pica.evaluation.predict import load, predict  # torch takes seconds, and the baselines do not need it

        runner = load(BASE, ADAPTER if system == "tuned" else None, evaluate)
        answers = predict(runner, test, system, evaluate)
        asked = predict(runner, validation, system, evaluate, free=False)
    else:
        train = [Instruction.from_row(row) for row in read_rows(INSTRUCTIONS / "train.parquet", INSTRUCTION)]
        answer = baselines.majority if system == "majority" else partial(baselines.tfidf, seed=seed)
        answers, asked = answer(train, test), answer(train, validation)
    if system == "base":  # it learnt nothing from the mixture, so there is nothing to take back
        return answers, asked
    counts = _label_counts({row.name for row in test if row.is_classification})
    return label_scores.with_shifts(answers, *counts), label_scores.with_shifts(asked, *counts)


def _label_counts(views: set[str]) -> tuple[dict[str, Counter], dict[str, Counter]]:
    """View → label → rows: those drawn for training, and those of the training split."""
    drawn: dict[str, Counter] = {view: Counter() for view in views}
    for row in read_rows(INSTRUCTIONS / "train.parquet", INSTRUCTION, columns=("name", "instances")):
        if row["name"] in drawn:
            drawn[row["name"]][row["instances"][0]["output"]] += 1
    split = {
        view: Counter(
            row["answer"]
            for row in read_rows(VIEWS / f"{view}.parquet", EXAMPLE, columns=("split", "answer"))
            if row["split"] == "train"
        )
        for view in sorted(views)
    }
    return drawn, split


def _decided(predictions: Sequence[Prediction], validation: Sequence[Prediction], variant: str) -> list[Prediction]:
    """With the label that the variant finds best, and the temperatures fitted for it."""
    return label_scores.with_temperatures(label_scores.decided(predictions, variant), validation, variant)


def _write_frame(path: Path, table: pd.DataFrame) -> None:
    write_table(path, table.to_dict("records"), list(table.columns))


def _write_confusion(system: str, predictions: Sequence[Prediction]) -> None:
    """A file a closed view with a row a prediction, which `dvc plots` makes a matrix of."""
    closed = sorted((p for p in predictions if p.label is not None), key=lambda p: p.name)
    with atomic_folder(CONFUSION / system) as out:
        for view, group in groupby(closed, key=lambda p: p.name):
            rows = ({"actual": p.gold, "predicted": p.label} for p in group)
            write_table(out / f"{view}.csv", rows, ["actual", "predicted"])
