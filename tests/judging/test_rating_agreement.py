"""How far a judge's ratings are those of people."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pica.judging.human import rating_agreement
from pica.judging.pairs import Pair
from pica.judging.verdicts import Judged


def rated(both):
    """People's rating and the judge's of the empathy of our reply in each pair: what the judge and people said."""
    rows, human = [], {}
    for number, (people, judge) in enumerate(both):
        pair = Pair("esconv-generation", f"esconv/test/{number}#generation-1", "en", "USER: Hi.", "Tell me.", "Ok.")
        rows.append(Judged(pair, ("win", "win"), "win", "win", None, {"empathy ours": judge}))
        human[pair.view, pair.id] = {"empathy ours": people}
    return rows, human


def test_ratings_are_held_against_peoples_exactly_within_one_and_by_rank():
    """Of 1.4, 2.6, 3, 3 and 4.6, to the nearest 1, 3, 3, 3 and 5; the ranks are 1, 2, 3.5, 3.5 and 5."""
    rows, human = rated([(1, 1.4), (2, 2.6), (3, 3.0), (5, 3.0), (4, 4.6)])
    (row,) = rating_agreement(rows, human)
    assert row == {
        "rating": "empathy",
        "n": 5,
        "exact": 40,
        "within_one": 80,
        "spearman": pytest.approx(0.8208, abs=1e-4),
    }


def test_only_replies_that_both_rated_count():
    rows, human = rated([(4, 4.0), (2, 4.0)])
    rows[0] = replace(rows[0], ratings={"empathy theirs": 4.0, "fluency ours": 4.0})
    assert [(row["rating"], row["n"], row["exact"]) for row in rating_agreement(rows, human)] == [("empathy", 1, 0)]
    assert rating_agreement(rows, {}) == []


@pytest.mark.parametrize(
    "both",
    [
        [(1, 1.0), (5, 5.0)],
        [(3, 1.0), (3, 2.0), (3, 4.0)],
        [(1, 4.0), (2, 3.9999999999999996), (5, 4.0)],
    ],
    ids=["two", "people always say the same", "the judge does, but for rounding"],
)
def test_where_there_are_no_ranks_there_is_no_correlation(both):
    (row,) = rating_agreement(*rated(both))
    assert row["spearman"] is None


@given(st.lists(st.tuples(st.integers(1, 5), st.floats(1, 5)), min_size=1, max_size=8))
def test_agreement_is_in_its_range_and_never_nan(both):
    (row,) = rating_agreement(*rated(both))
    assert 0 <= row["exact"] <= row["within_one"] <= 100
    assert row["spearman"] is None or -1 <= row["spearman"] <= 1
