from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from pica.results.page import MULTI_LABEL, RUN, SCORES, render
from pica.store import read_json, write_json, write_table
from tests.stages.imports import ROOT

COLUMNS = [
    "system",
    "view",
    "task_type",
    "language",
    "n",
    "train",
    "macro_f1",
    "low",
    "high",
    "weighted_f1",
    "accuracy",
]


@pytest.fixture
def folder(tmp_path):
    rows = [
        (system, view, "dialogue_emotion", "en", 500, 5000, score, score - 2, score + 2, score, score, f1)
        for system, score in (("majority", 9.28), ("tfidf", 31.4), ("encoder", 40.06))
        for view, f1 in (("meld-classification", None), ("emocontext-classification", score))
    ]
    columns = [*COLUMNS, "micro_f1_without_others"]
    write_table(tmp_path / SCORES, [dict(zip(columns, row, strict=True)) for row in rows], columns)
    multi = {"multi_macro_f1": 30.0, "multi_micro_f1": 40.0, "subset_accuracy": 20.0, "jaccard": 35.0, "n": 5427}
    write_table(tmp_path / MULTI_LABEL, [{"system": "tfidf", **multi}], ["system", *multi])
    about = {"rows_per_view": 500, "train_rows_per_view": 5000, "seed": 42, "bootstrap": 1000}
    write_json(tmp_path / RUN, {**about, "encoder": "mini", "encoder_rows": 500, "took": "9 minutes on 2 cores"})
    return tmp_path


def test_each_view_has_its_line_with_intervals_and_the_best_is_bold(folder):
    page = render(folder)
    (line,) = re.findall(r"^\| meld-classification \|.*5,000.*$", page, re.MULTILINE)
    assert line.endswith("| 9.3 (7.3–11.3) | 31.4 (29.4–33.4) | **40.1** (38.1–42.1) |")


def test_a_figure_of_one_dialogue_stands_without_an_interval(folder):
    changed(folder / SCORES, low=np.nan, high=np.nan)
    assert "| 9.3 | 31.4 | **40.1** |" in render(folder)
    assert "nan" not in render(folder)


def test_weighted_f1_stands_with_its_interval_where_that_was_kept(folder):
    assert "| meld-classification | 9.3 / 9.3 | 31.4 / 31.4 | 40.1 / 40.1 |" in render(folder)
    scores = pd.read_csv(folder / SCORES)
    changed(folder / SCORES, weighted_low=scores["low"], weighted_high=scores["high"])
    assert "| meld-classification | 9.3 (7.3–11.3) / 9.3 | 31.4 (29.4–33.4) / 31.4 |" in render(folder)


def test_the_page_says_what_was_run(folder):
    page = render(folder)
    for said in ("at most 500 test rows", "At most 5,000 training rows", "9 minutes on 2 cores", "1,000 draws"):
        assert said in page


def test_published_figures_stand_beside_our_best(folder):
    page = render(folder)
    assert re.search(
        r"emocontext-classification \| Micro F1 without others \| winner.*\| 79.59 \|.*\| 40.1, Encoder \| 500 "
        r"\| roughly: ours is of a draw of fewer rows \|",
        page,
    )
    assert re.search(r"goemotions \| Micro F1 \| TF-IDF and.*\| 51.00 \|.*\| 40.0, TF-IDF \| 5,427 \| yes \|", page)


def test_every_table_has_as_many_cells_in_each_row(folder):
    for table in re.findall(r"(?:^\|.*\n)+", render(folder), re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1


@pytest.mark.skipif(not (ROOT / "docs/results.md").is_file(), reason="no results are committed")
def test_the_committed_page_is_made_of_the_committed_tables():
    assert render(ROOT / "docs/results") == (ROOT / "docs/results.md").read_text(encoding="utf-8")


def changed(path, **cells):
    table = pd.read_csv(path).assign(**cells)
    write_table(path, table.to_dict("records"), list(table.columns))


def test_a_view_without_training_rows_is_no_part_of_the_mean(folder):
    scores = pd.read_csv(folder / SCORES)
    untrained = scores["view"] == "emocontext-classification"
    changed(folder / SCORES, train=scores["train"].mask(untrained, 0), macro_f1=scores["macro_f1"].mask(untrained, 99))
    page = render(folder)
    assert "| **mean** |  |  |  | 9.3 | 31.4 | 40.1 |" in page
    assert "what is asked: emocontext-classification. No mean has them." in page


def test_a_run_without_goemotions_has_a_page_without_that_section(folder):
    (folder / MULTI_LABEL).write_text("system,multi_macro_f1,multi_micro_f1,subset_accuracy,jaccard,n,train\n")
    page = render(folder)
    assert "several labels a row" not in page
    assert "| goemotions |" not in page
    assert "| emocontext-classification | Micro F1 without others | winner" in page


def test_the_page_says_from_how_many_rows_goemotions_was_learnt_where_that_was_kept(folder):
    assert "Training rows" not in render(folder)
    changed(folder / MULTI_LABEL, train=1200)
    assert "| TF-IDF | 1,200 | 30.0 |" in render(folder)


def test_the_views_without_test_rows_are_named_where_that_was_kept(folder):
    assert "A view without test rows is left out." in render(folder)
    write_json(folder / RUN, {**read_json(folder / RUN), "untested": ["twitter_financial-classification"]})
    assert "Without test rows, and so left out: twitter_financial-classification." in render(folder)
