"""A view's part of the instruction set: how many rows, which ones, and in which order."""

from __future__ import annotations

from collections import Counter

import pytest

from pica.corpora import views
from pica.errors import DataError
from pica.instructions import mixed, part
from pica.params import Mixture
from pica.prompts import render
from pica.schema import EXAMPLE, SPLITS, Example, Turn, to_row
from pica.store import write_rows

NAMES = ("meld-classification", "imdb-classification")


def example(view: str, split: str, number: int) -> Example:
    labels = views()[view].labels
    return Example(
        id=f"{view}/{split}/{number}",
        view=view,
        task=views()[view].task,
        corpus=view.partition("-")[0],
        split=split,
        language="en",
        turns=(Turn("writer", f"The film was {number} hours long."),),
        speaker="writer",
        answer=labels[number % len(labels)],
        candidates=labels,
    )


@pytest.fixture
def folder(tmp_path):
    """Files of two views with 20 examples a split, as reformat writes them."""
    for name in NAMES:
        rows = (to_row(example(name, split, number)) for number in range(20) for split in SPLITS)
        write_rows(tmp_path / f"{name}.parquet", rows, EXAMPLE)
    return tmp_path


def mixture(caps: str = "pica", validation_rows: int = 3) -> Mixture:
    return Mixture(caps=caps, rows_per_view=0, language="all", validation_rows=validation_rows)


def test_all_rows_below_the_cap_in_words_and_in_the_order_of_the_file(folder):
    found = part(NAMES[0], folder, mixture("none", validation_rows=99), seed=1)
    asked = [example(NAMES[0], split, number) for number in range(20) for split in SPLITS]
    assert found.instructions == [render(one) for one in asked]


def test_no_more_than_the_cap_and_every_test_row(folder):
    found = part(NAMES[0], folder, mixture(validation_rows=3), seed=1)
    assert Counter(row.split for row in found.instructions) == {"train": 20, "validation": 3, "test": 20}
    assert found.available == dict.fromkeys(SPLITS, 20)
    assert found.caps == {"train": views()[NAMES[0]].rows, "validation": 3, "test": None}


def test_the_seed_draws(folder):
    def drawn(seed: int) -> list[str]:
        rows = part(NAMES[0], folder, mixture(validation_rows=5), seed).instructions
        return [row.id for row in rows if row.split == "validation"]

    assert drawn(1) == drawn(1) != drawn(2)


def test_a_missing_view_is_said(tmp_path):
    with pytest.raises(DataError, match="missing"):
        part(NAMES[0], tmp_path, mixture(), seed=1)


def test_training_rows_are_shuffled_over_views_whatever_their_order(folder):
    parts = [part(name, folder, mixture(), seed=1) for name in NAMES]
    rows = mixed(parts, "train", seed=1)
    assert Counter(row.name for row in rows) == dict.fromkeys(NAMES, 20)
    assert rows == mixed(parts[::-1], "train", seed=1)
    assert rows != mixed(parts, "train", seed=2)
    # Not one view after the other.
    assert len({row.name for row in rows[:20]}) == len({row.name for row in rows[20:]}) == 2


def test_other_rows_stay_view_by_view(folder):
    parts = [part(name, folder, mixture(), seed=1) for name in NAMES]
    assert [row.name for row in mixed(parts, "test", seed=1)] == [name for name in NAMES for _ in range(20)]
    assert mixed([], "test", seed=1) == []
