"""`pica results --mirror`, with stages that write a table each."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from pica.cli import results
from pica.errors import DataError, PicaError
from pica.results.page import MULTI_LABEL, RUN, SCORES
from pica.store import read_json, write_table

SCORED = {"view": "meld-classification", "task_type": "dialogue_emotion", "language": "en", "n": 4, "macro_f1": 50.0}
SCORED |= {"low": 40.0, "high": 60.0, "weighted_f1": 50.0, "accuracy": 50.0}


@pytest.fixture
def made(workspace, monkeypatch):
    """Makes the page of a mirror without GoEmotions; the test rows of MELD are given."""

    def run(scored: list[dict], failing: str = "") -> Path:
        def stage(arguments, **variables):
            (what, *_) = arguments[2:]
            if failing in arguments:
                raise PicaError(f"{failing} ended with 1")
            if what == "evaluate":
                system = arguments[3]
                columns = ["system", *SCORED]
                write_table(results.WORK / f"tables/{system}.csv", [{"system": system, **r} for r in scored], columns)
            elif what == "multi-label":
                with monkeypatch.context() as there:
                    there.chdir(results.WORK)
                    results.multi_label()
            elif what == "reformat":
                sizes = [
                    (view, split, 0 if split == "test" and view != "meld-classification" else 4)
                    for view in ("meld-classification", "twitter_financial-classification", "meld-generation")
                    for split in ("train", "test")
                ]
                columns = ["view", "split", "examples"]
                rows = [dict(zip(columns, size, strict=True)) for size in sizes]
                write_table(results.WORK / "tables/views.csv", rows, columns)
            elif what == "template":
                rows = [{"view": "meld-classification", "rows": 4}]
                write_table(results.WORK / "tables/mixture.csv", rows, ["view", "rows"])

        monkeypatch.setattr(results, "_run", stage)
        (workspace / "mirror").mkdir()
        page = workspace / "docs/results.md"
        results.run(argparse.Namespace(mirror=workspace / "mirror", overrides=["datasets=meld"], keep=None, page=page))
        return page

    return run


def test_a_mirror_without_goemotions_has_its_tables_and_its_page(made):
    page = made([SCORED])
    tables = page.with_suffix("")
    assert len(pd.read_csv(tables / SCORES)) == 3
    assert pd.read_csv(tables / MULTI_LABEL).empty
    assert "several labels a row" not in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("system", ["tfidf", "encoder"])
def test_a_system_that_fails_beside_another_ends_the_run(made, system):
    with pytest.raises(PicaError, match=f"{system} ended with 1"):
        made([SCORED], failing=system)


def test_views_with_closed_labels_and_no_test_rows_are_kept_by_name(made):
    tables = made([SCORED]).with_suffix("")
    assert read_json(tables / RUN)["untested"] == ["twitter_financial-classification"]


def test_datasets_without_test_rows_are_one_clear_error(made):
    with pytest.raises(DataError, match="no view with closed labels of these datasets has test rows"):
        made([])


def test_what_fails_in_a_process_of_its_own_is_one_message(tmp_path):
    command = [sys.executable, "-m", "pica.cli.results", "multi-label"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: params.yaml")
