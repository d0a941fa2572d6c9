"""A repository in which all views were trained that a chat may ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from pica.corpora import views
from pica.store import write_table


def write_tables(root: Path, trained: set[str] | None = None) -> Path:
    """tables/mixture.csv and tables/tuned.csv; `trained` are the views with rows, by default all."""
    rows = [{"view": name, "rows": 100 if trained is None or name in trained else 0} for name in views()]
    write_table(root / "tables/mixture.csv", rows, ["view", "rows"])
    scores = [{"view": "dailydialog-classification", "metric": "macro_f1", "score": 41.25}]
    write_table(root / "tables/tuned.csv", scores, ["view", "metric", "score"])
    return root


@pytest.fixture
def root(tmp_path) -> Path:
    return write_tables(tmp_path)
