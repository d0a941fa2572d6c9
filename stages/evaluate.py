"""evaluate@<system>: test instructions, a system → data/predictions/<system>.parquet, its scores and confusion rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import pandas as pd

from pica.evaluation import adherence, empathy, general, label_scores, label_tables, outside
from pica.evaluation.scoring import headline, score_views
from pica.evaluation.systems import answers, label_variant, learnt_from_mixture, named
from pica.evaluation.text_scores import TextScores
from pica.outside.question import load
from pica.params import Evaluate, Systems
from pica.sampling import sample_asked
from pica.schema import EXAMPLE, INSTRUCTION, PREDICTION, Instruction, Prediction
from pica.store import atomic_folder, read_rows, write_json, write_rows, write_table

TEST = Path("data/instructions/test.parquet")
TRAIN = Path("data/instructions/train.parquet")
OUTSIDE = Path("data/outside.json")
VALIDATION = Path("data/instructions/validation.parquet")
VIEWS = Path("data/views")
LAUNCHER = Path("conf/accelerate/ddp.yaml")
PREDICTIONS = Path("data/predictions")
METRICS = Path("metrics")
TABLES = Path("tables")
CONFUSION = Path("plots/confusion")


def run(system: str, systems: Systems, evaluate: Evaluate, seed: int) -> None:
    """Answer the test rows, and score the answers."""
    how = named(systems, system)
    variant = label_variant(how, evaluate.label_scores)
    # Before anything is asked: what they need may be missing.
    text_scores = TextScores(evaluate.wordnet, evaluate.bertscore, evaluate.bertscore_layer)
    test = _drawn(TEST, evaluate.rows_per_view or None, evaluate, seed)
    validation = [r for r in _drawn(VALIDATION, evaluate.validation_rows, evaluate, seed) if r.is_classification]
    # A baseline has learnt nothing of such questions.
    questions = outside.drawn(load(OUTSIDE), evaluate.outside_rows, seed) if how.kind == "model" else {}
    answered = answers(system, how, [*test, *validation, *outside.rows(questions)], TRAIN, evaluate, seed, LAUNCHER)
    found, of_outside = outside.told_apart(answered.predictions, questions)
    if learnt_from_mixture(how):
        found = label_scores.with_shifts(found, *_label_counts({row.name for row in test if row.is_classification}))
    predictions = _decided(found, {(row.name, row.id) for row in validation}, variant)
    write_rows(PREDICTIONS / f"{system}.parquet", predictions, PREDICTION)
    views = score_views(predictions, evaluate.bootstrap, seed, variant, text_scores)
    _write_frame(TABLES / f"{system}.csv", views)
    _write_frame(TABLES / "variants" / f"{system}.csv", label_tables.variants(predictions))
    _write_frame(TABLES / "classes" / f"{system}.csv", label_tables.classes(predictions))
    _write_frame(TABLES / "calibration" / f"{system}.csv", label_tables.bins(predictions, variant))
    _write_confusion(system, predictions)
    scores = outside.scores(of_outside, questions, evaluate.bootstrap, seed)
    write_table(TABLES / "outside" / f"{system}.csv", scores, outside.COLUMNS)
    carried = adherence.scores(predictions, test, VIEWS, seed)
    write_table(TABLES / "adherence" / f"{system}.csv", carried, adherence.COLUMNS)
    shown = empathy.scores(predictions, VIEWS, seed)
    write_table(TABLES / "empathy" / f"{system}.csv", shown, empathy.COLUMNS)
    language = general.table(system, how.model, answered.general)
    write_table(TABLES / "general" / f"{system}.csv", language, general.COLUMNS)
    of_replies = adherence.headline(carried) | empathy.headline(shown)
    of_model = general.headline(answered.general)
    numbers = headline(views) | outside.headline(scores) | of_replies | of_model
    write_json(METRICS / f"{system}.json", numbers)


def _drawn(path: Path, limit: int | None, evaluate: Evaluate, seed: int) -> list[Instruction]:
    """At most `limit` rows of each view (None = all), the same ones for every system."""
    rows = read_rows(path, INSTRUCTION, columns=("id", "name", "is_classification"))
    chosen = sample_asked(rows, evaluate.views == "closed", limit, seed)
    return [Instruction.from_row(row) for row in read_rows(path, INSTRUCTION) if (row["name"], row["id"]) in chosen]


def _label_counts(views: set[str]) -> tuple[dict[str, Counter], dict[str, Counter]]:
    """View → label → rows: those drawn for training, and those of the training split."""
    drawn: dict[str, Counter] = {view: Counter() for view in views}
    for row in read_rows(TRAIN, INSTRUCTION, columns=("name", "instances")):
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


def _decided(found: Sequence[Prediction], validation: set[tuple[str, str]], variant: str) -> list[Prediction]:
    """Those of the test rows: with the label that the variant finds best, and temperatures fitted on the others."""
    test = [p for p in found if (p.name, p.id) not in validation]
    others = [p for p in found if (p.name, p.id) in validation]
    return label_scores.with_temperatures(label_scores.decided(test, variant), others, variant)


def _write_frame(path: Path, table: pd.DataFrame) -> None:
    write_table(path, table.to_dict("records"), list(table.columns))


def _write_confusion(system: str, predictions: Sequence[Prediction]) -> None:
    """A file a closed view with a row a prediction, which `dvc plots` makes a matrix of."""
    closed = sorted((p for p in predictions if p.label is not None), key=lambda p: p.name)
    with atomic_folder(CONFUSION / system) as out:
        for view, group in groupby(closed, key=lambda p: p.name):
            rows = ({"actual": p.gold, "predicted": p.label} for p in group)
            write_table(out / f"{view}.csv", rows, ["actual", "predicted"])
