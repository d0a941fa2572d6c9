"""Kept runs that repeat a training with other seeds."""

from __future__ import annotations

from pathlib import Path

import pytest

from pica.results.kept_runs import families
from pica.results.page import render
from tests.results.test_learning_curve import kept, lines


@pytest.fixture
def repeated(tmp_path) -> Path:
    """A curve of two points; the smaller training was done with three seeds, and one had a row less to draw."""
    tables = tmp_path / "results"
    kept(tables, "all", 800, 40.0)
    kept(tables, "half", 400, 30.0)
    kept(tables, "half-43", 400, 32.0, seed=43)
    kept(tables, "half-44", 399, 28.0, seed=44, train_rows_per_view=200)
    return tables


def test_they_have_no_section_and_are_no_points_of_the_curve(repeated):
    (family,) = families(repeated)
    assert [folder.name for folder in family.curve] == ["all", "half"]
    assert {folder.name: [o.name for o in others] for folder, others in family.seeds.items()} == {
        "half": ["half-43", "half-44"]
    }
    page = render(repeated)
    assert page.count("## Small-1B, tuned") == 1
    assert [line["Training rows"] for line in lines(page)] == ["400", "800"]


def test_means_and_leads_have_their_standard_deviation_over_seeds(repeated):
    part = render(repeated).partition("### Over seeds")[2].partition("\n### ")[0]
    assert "The training on 400 rows, with the seeds 42, 43, 44" in part
    header, _, *rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("|")]
    assert header == ["Mean over views", "Majority", "TF-IDF", "Tuned", "Tuned over TF-IDF"]
    of = {row[0]: row[1:] for row in rows}
    # 30, 32 and 28: a mean of 30, and a sample standard deviation of 2. TF-IDF has half of each.
    assert of["All views with labels, macro F1"] == ["10.0 ± 0.0", "15.0 ± 1.0", "30.0 ± 2.0", "+15.0 ± 1.0"]


def test_another_seed_with_other_settings_is_a_run_of_its_own(repeated):
    kept(repeated, "slower", 400, 20.0, lr=0.001, seed=43)
    assert [[folder.name for folder in family.curve] for family in families(repeated)] == [["all", "half"], ["slower"]]
