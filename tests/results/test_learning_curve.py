"""Kept runs that differ in their training rows alone."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from pica.results.kept_runs import RUN, SCORES, families
from pica.results.learning_curve import PICTURE, draw
from pica.results.page import render
from pica.store import write_json, write_table

SETTINGS = {
    **{"model": "owner/Small-1B", "source": "wheel:w==1/m.gguf", "quantisation": "Q4_1", "compared": "tuned"},
    **{"adapter": "lora", "r": 4, "lr": 0.002, "batch_tokens": 1024, "max_length": 256, "licences": "redistributable"},
    **{"rows_per_view": 24, "label_scores": "raw", "seed": 42, "bootstrap": 20, "precision": "fp32", "cores": 2},
    **{"steps": 9, "best_step": 9, "loss": 1.5, "validation_loss": 1.25, "trainable_parameters": 1000},
    **{"tokens_per_second": 160.0},
}


def kept(tables: Path, name: str, rows: int, macro_f1: float, **settings) -> None:
    """A run of three systems on two views, as `pica results --keep` leaves it."""
    of_run = {"rows": rows, "train_rows_per_view": rows // 2, "minutes": rows / 60, "tokens": 140 * rows}
    of_run["adapter_sha256"] = name
    write_json(tables / name / RUN, SETTINGS | of_run | settings)
    values = {"majority": 10.0, "tfidf": macro_f1 / 2, "tuned": macro_f1}
    metrics = {"meld-classification": "macro_f1", "esconv-generation": "rouge_l"}
    tasks = {"meld-classification": "dialogue_emotion", "esconv-generation": "dialogue_generation"}
    scores = [
        {"system": system, "view": view, "task_type": tasks[view], "n": 24, "train": rows, "metric": metrics[view]}
        | {"score": value, "low": 0.0, "high": 99.0}
        for system, value in values.items()
        for view in tasks
    ]
    write_table(tables / name / SCORES, scores, list(scores[0]))
    lead = {"other": "tfidf", "task_type": "dialogue_emotion", "view": "", "metric": "macro_f1"}
    lead |= {"difference": macro_f1 / 2, "low": 0.0, "high": 50.0}
    write_table(tables / name / "differences.csv", [lead, lead | {"view": "meld-classification"}], list(lead))


@pytest.fixture
def curve(tmp_path) -> Path:
    """Three runs of one curve, and one with another learning rate."""
    for name, rows, score in (("all", 800, 40.0), ("half", 400, 30.0), ("quarter", 200, 24.0)):
        kept(tmp_path / "results", name, rows, score)
    kept(tmp_path / "results", "slower", 400, 20.0, lr=0.001)
    return tmp_path / "results"


def test_runs_alike_but_for_their_rows_are_one_curve(curve):
    names = [[folder.name for folder in family.curve] for family in families(curve)]
    assert names == [["all", "half", "quarter"], ["slower"]]


def test_the_same_training_twice_is_no_curve(curve):
    kept(curve, "again", 800, 41.0)
    assert sorted(len(family.curve) for family in families(curve)) == [1, 1, 3]


def lines(page: str) -> list[dict[str, str]]:
    """The table of the page's learning curve."""
    part = page.partition("### Learning curve")[2].partition("\n### ")[0]
    header, _, *rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("|")]
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_the_run_with_most_rows_has_the_section_and_the_others_a_line_each(curve):
    page = render(curve)
    assert page.count("## Small-1B, tuned") == 2
    assert page.count("### Learning curve") == 1
    assert f"(results/all/{PICTURE})" in page
    labels, baseline = "All views with labels, macro F1", "TF-IDF, all views with labels"
    assert [(line["Training rows"], line[labels], line[baseline]) for line in lines(page)] == [
        ("200", "24.0", "12.0"),
        ("400", "30.0", "15.0"),
        ("800", "40.0", "20.0"),
    ]
    assert not any(column.startswith("Majority") for column in lines(page)[0])  # it learns nothing from more rows


def test_a_view_that_a_smaller_run_did_not_learn_is_in_no_mean(curve):
    before = lines(render(curve))
    for name in ("all", "half", "quarter"):
        path = curve / name / SCORES
        scores = pd.read_csv(path)
        more = scores[scores["metric"] == "macro_f1"].assign(view="goemotions-classification", score=99.0)
        if name == "quarter":
            more["train"] = 0
        write_table(path, pd.concat([scores, more]).to_dict("records"), list(scores.columns))
    assert lines(render(curve)) == before


def test_a_picture_lies_beside_the_run_with_most_rows(curve):
    (curve / "half" / PICTURE).write_text("of a time when it had the most")
    for family in families(curve):
        draw(family.curve)
    assert [path.parent.name for path in curve.glob(f"*/{PICTURE}")] == ["all"]
    drawn = "".join(ElementTree.parse(curve / "all" / PICTURE).getroot().itertext())
    for said in ("All views with labels, macro F1, %", "Free text, ROUGE-L, %", "Tuned", "TF-IDF", "200", "800"):
        assert said in drawn
