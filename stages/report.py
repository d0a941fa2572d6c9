"""report: all that the other stages measured → reports/index.html, one page that opens by itself, and summary.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from pica.errors import DataError
from pica.evaluation.scoring import differences
from pica.params import Params
from pica.reporting import summary
from pica.reporting.page import Report, render
from pica.reporting.tables import Asked, below, of_all
from pica.schema import INSTRUCTION, Prediction
from pica.store import atomic_folder, file_sha256, read_json, read_predictions, read_rows
from pica.workspace import speed_of

METRICS = Path("metrics")
TABLES = Path("tables")
PREDICTIONS = Path("data/predictions")
TEST = Path("data/instructions/test.parquet")
LOSS = Path("plots/training/loss.csv")
VALIDATION_LOSS = Path("plots/training/validation_loss.csv")
REPORTS = Path("reports")
PACKAGES = ("torch", "transformers", "peft", "scikit-learn", "pyarrow")


def run(params: Params) -> None:
    """Gather, compare the tuned model with the others on the same rows, and render."""
    predictions = {system: read_predictions(PREDICTIONS / f"{system}.parquet") for system in params.systems}
    # One that could not be asked has no answers, and no line on the page.
    predictions = {system: rows for system, rows in predictions.items() if rows} or predictions
    compared = _compared(params, predictions)
    others = [rows for system, rows in predictions.items() if system != compared]
    report = Report(
        compared=compared,
        params=asdict(params),
        versions={package: version(package) for package in PACKAGES},
        train=read_json(METRICS / "train.json"),
        speed=(Path("..") / speed_of(METRICS / "train.json")).as_posix(),
        systems={system: read_json(METRICS / f"{system}.json") for system in predictions},
        scores=of_all(TABLES, predictions),
        differences=below([_ahead(predictions[compared], other, params) for other in others or [[]]]),
        filtered=pd.read_csv(TABLES / "filter.csv"),
        views=pd.read_csv(TABLES / "views.csv"),
        cards=pd.read_csv(TABLES / "scorecard.csv"),
        leaks=pd.read_csv(TABLES / "leaks.csv"),
        cleaning=pd.read_csv(TABLES / "cleaning.csv"),
        mixture=pd.read_csv(TABLES / "mixture.csv"),
        curves=_curves(),
        variants=of_all(TABLES / "variants", predictions),
        classes=pd.read_csv(TABLES / "classes" / f"{compared}.csv", keep_default_na=False),
        bins=pd.read_csv(TABLES / "calibration" / f"{compared}.csv", keep_default_na=False),
        outside=of_all(TABLES / "outside", predictions),
        adherence=of_all(TABLES / "adherence", predictions),
        empathy=of_all(TABLES / "empathy", predictions),
        general=of_all(TABLES / "general", predictions),
        predictions=predictions,
        asked=_asked({prediction.id for prediction in predictions[compared]}),
        **_judged(),
    )
    with atomic_folder(REPORTS) as out:
        (out / "index.html").write_text(render(report), encoding="utf-8")
        (out / "summary.md").write_text(summary.render(report), encoding="utf-8")


def _compared(params: Params, predictions: Mapping[str, Sequence[Prediction]]) -> str:
    compared = params.evaluate.compared
    if compared in predictions:
        return compared
    raise DataError(
        f"{compared} (evaluate.compared) has no answers, so no other system can be compared with it. Run `dvc repro` "
        "to see why, or name another of conf/systems."
    )


def _ahead(system: Sequence[Prediction], other: Sequence[Prediction], params: Params) -> pd.DataFrame:
    return differences(system, other, params.evaluate.bootstrap, params.seed)


def _judged() -> dict[str, list]:
    """What `pica judge` found, where somebody ran it: on these predictions, and the names of what is on others."""
    path = METRICS / "judge.json"
    found: Mapping[str, Any] = read_json(path) if path.is_file() else {}
    fresh = {
        name for name, each in found.items() if all(map(_is_of, each["predictions"], each["predictions"].values()))
    }
    return {"judged": [found[name] for name in sorted(fresh)], "stale": sorted(found.keys() - fresh)}


def _is_of(system: str, sha256: str) -> bool:
    path = PREDICTIONS / f"{system}.parquet"
    return path.is_file() and file_sha256(path) == sha256


def _asked(ids: set[str]) -> dict[tuple[str, str], Asked]:
    """What the systems were asked, by view and id."""
    rows = (row for row in read_rows(TEST, INSTRUCTION) if row["id"] in ids)
    return {(row["name"], row["id"]): Asked(row["instruction"], row["instances"][0]["input"]) for row in rows}


def _curves() -> pd.DataFrame:
    """Both curves as one table: step, loss, validation."""
    loss = pd.read_csv(LOSS)[["step", "loss"]]
    validation = pd.read_csv(VALIDATION_LOSS)[["step", "validation_loss"]]
    validation = validation.rename(columns={"validation_loss": "validation"})
    return loss.merge(validation, on="step", how="outer")
