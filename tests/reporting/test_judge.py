"""The report shows what a judge said only where one was asked, and only about the predictions on the page."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from pica.reporting.page import render

from .run import report

FOUND = {
    "system": "tuned",
    "other": "gold",
    "judge": {"name": "made-up-judge"},
    "forms": {"version": "v1"},
    "remarks": ["UNCALIBRATED: nobody has compared this judge with people"],
    "pairwise": [{"group": "all", "n": 50, "wins": 34.0, "ties": 40.0, "losses": 26.0, "win_rate": 54.0}],
    "length": [{"length": "over 2", "n": 9, "win_rate": 88.9}],
    "ratings": [
        {"rating": "empathy", "n": 50, "ours": 3.5, "theirs": 4.0, "difference": -0.5, "low": -0.8, "high": -0.2}
    ],
}


@pytest.fixture(scope="module")
def made():
    return report(rows=4)


def test_without_a_judge_the_page_has_no_word_of_one(made):
    assert 'id="judge"' not in render(made)


def test_what_a_judge_said_stands_with_what_has_to_be_known_beside_it(made):
    page = render(replace(made, judged=[FOUND]))
    section = page.partition('<section id="judge">')[2].partition("</section>")[0]
    for words in ("Tuned against gold", "made-up-judge, form v1", "UNCALIBRATED", "54.0", "empathy", "-0.8", "over 2"):
        assert words in section
    assert 'href="#judge"' in page
    lead = page.partition("<main>")[0].replace('href="#judge"', "")
    assert "made-up-judge" not in lead, "never among the headlines"


def test_only_comparisons_of_the_predictions_that_are_there_are_shown(made, workspace):
    from stages.report import _judged

    assert _judged() == {"judged": [], "stale": []}
    for path in ("metrics", "data/predictions"):
        Path(path).mkdir(parents=True)
    for system in ("tuned", "base"):
        Path(f"data/predictions/{system}.parquet").write_bytes(system.encode())
    hashes = {system: hashlib.sha256(system.encode()).hexdigest() for system in ("tuned", "base")}
    found = {
        "tuned vs base": {**FOUND, "predictions": hashes},
        "tuned vs gold": {**FOUND, "predictions": {"tuned": hashes["tuned"]}},
        "base vs gone": {**FOUND, "predictions": {"base": hashes["base"], "gone": "0"}},
    }
    Path("metrics/judge.json").write_text(json.dumps(found))
    assert [each["predictions"] for each in _judged()["judged"]] == [hashes, {"tuned": hashes["tuned"]}]
    Path("data/predictions/base.parquet").write_bytes(b"trained again")
    now = _judged()
    assert (len(now["judged"]), now["stale"]) == (1, ["base vs gone", "tuned vs base"])
    page = render(replace(made, **now))
    assert "tuned vs base was judged on other predictions" in page
