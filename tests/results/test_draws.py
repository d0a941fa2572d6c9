"""Kept runs of one adapter on other test rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from pica.results.kept_runs import ASKED, families
from pica.results.page import render
from pica.store import write_table
from tests.results.test_learning_curve import kept


@pytest.fixture
def twice(tmp_path) -> Path:
    """An adapter that was asked two draws of test rows, which have one row in common, and another adapter."""
    tables = tmp_path / "results"
    kept(tables, "all", 800, 40.0)
    kept(tables, "all-7", 800, 36.0, seed=7, adapter_sha256="all")
    kept(tables, "slower", 800, 20.0, lr=0.001)
    for name, numbers in (("all", (1, 2)), ("all-7", (2, 3, 4))):
        asked = [{"view": "meld-classification", "id": f"meld/test/{n}#classification-0"} for n in numbers]
        write_table(tables / name / ASKED, asked, ["view", "id"])
    return tables


def test_another_draw_is_a_part_of_the_section_of_the_first(twice):
    page = render(twice)
    assert page.count("## Small-1B, tuned") == 2  # of two adapters
    (part,) = page.split("### On another draw of test rows")[1:]
    part = part.partition("\n## ")[0]
    assert "3 rows that were drawn with seed 7; 1 of them" in part
    assert "| All views with labels, macro F1 | 1 | 10.0 | 18.0 | 36.0 |" in part


def test_another_draw_is_no_point_of_a_learning_curve(twice):
    kept(twice, "half", 400, 30.0)
    assert [[folder.name for folder in family.curve] for family in families(twice)] == [["all", "half"], ["slower"]]
