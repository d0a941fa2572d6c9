"""report: all that the other stages measured → reports/index.html, one page that opens by itself."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from pica.evaluation.scoring import differences
from pica.params import Params
from pica.reporting.page import Report, render
from pica.schema import INSTRUCTION, PREDICTION, Prediction
from pica.store import atomic_folder, read_json, read_rows
from pica.workspace import speed_of

METRICS = Path("metrics")
TABLES = Path("tables")
PREDICTIONS = Path("data/predictions")
TEST = Path("data/instructions/test.parquet")
LOSS = Path("plots/training/loss.csv")
VALIDATION_LOSS = Path("plots/training/validation_loss.csv")
REPORTS = Path("reports")
SYSTEMS = ("majority", "tfidf", "base", "tuned")
PACKAGES = ("torch", "transformers", "peft", "scikit-learn", "pyarrow")


def run(params: Params) -> None:
    """Gather, compare the tuned model with the others on the same rows, and render."""
    predictions = {system: _predictions(system) for system in SYSTEMS}
    tuned = predictions["tuned"]
    others = [predictions[system] for system in SYSTEMS if system != "tuned"]
    report = Report(
        params=asdict(params),
        versions={package: version(package) for package in PACKAGES},
        train=read_json(METRICS / "train.json"),
        speed=(Path("..") / speed_of(METRICS / "train.json")).as_posix(),
        systems={system: read_json(METRICS / f"{system}.json") for system in SYSTEMS},
        scores=pd.concat([pd.read_csv(TABLES / f"{system}.csv") for system in SYSTEMS]),
        differences=pd.concat([differences(tuned, other, params.evaluate.bootstrap, params.seed) for other in others]),
        filtered=pd.read_csv(TABLES / "filter.csv"),
        views=pd.read_csv(TABLES / "views.csv"),
        cards=pd.read_csv(TABLES / "scorecard.csv"),
        leaks=pd.read_csv(TABLES / "leaks.csv"),
        cleaning=pd.read_csv(TABLES / "cleaning.csv"),
        mixture=pd.read_csv(TABLES / "mixture.csv"),
        curves=_curves(),
        predictions=predictions,
        inputs=_inputs({prediction.id for prediction in tuned}),
    )
    with atomic_folder(REPORTS) as out:
        (out / "index.html").write_text(render(report), encoding="utf-8")


def _predictions(system: str) -> list[Prediction]:
    return [Prediction.from_row(row) for row in read_rows(PREDICTIONS / f"{system}.parquet", PREDICTION)]


def _inputs(ids: set[str]) -> dict[tuple[str, str], str]:
    """What the systems were asked about: (view, id) → text."""
    rows = (row for row in read_rows(TEST, INSTRUCTION) if row["id"] in ids)
    return {(row["name"], row["id"]): row["instances"][0]["input"] for row in rows}


def _curves() -> pd.DataFrame:
    """Both curves as one table: step, loss, validation."""
    loss = pd.read_csv(LOSS)[["step", "loss"]]
    validation = pd.read_csv(VALIDATION_LOSS)[["step", "validation_loss"]]
    validation = validation.rename(columns={"validation_loss": "validation"})
    return loss.merge(validation, on="step", how="outer")
