"""The score card: its figures, and when they decide against a dataset."""

from __future__ import annotations

from dataclasses import replace
from math import log

import pytest

from pica.cleaning.scorecard import check_lists, count_shared
from pica.errors import DataError, ParamsError
from tests.cleaning.support import DEFAULT, compare, dialogue

SIX = "You sold the old green piano"


def review(number: int, text: str, emotion: str | None = "5 stars", split: str = "train"):
    return dialogue(f"yelp/{split}/{number}", text, emotion=emotion)


ROWS = [
    review(0, "Good bread."),
    review(1, "Bad soup", "1 star"),
    review(2, "bad soup", "2 stars"),
    review(3, SIX),
    review(4, "A chair by the window", "1 star"),
    review(5, SIX, split="test"),
]


def compared(tmp_path, rows=ROWS, **rules):
    outcome = compare(tmp_path, {rows[0].corpus: rows}, replace(DEFAULT, **rules))
    return outcome, outcome.compared[rows[0].corpus].card


def test_the_figures(tmp_path):
    _, card = compared(tmp_path)
    assert (card.corpus, card.train, card.validation, card.test) == ("yelp", 3, 0, 1)
    assert (card.duplicate_rate, card.near_duplicate_rate, card.conflict_rate, card.leak_rate) == (0.2, 0.0, 0.4, 0.2)
    entropy = -(2 * 0.4 * log(0.4) + 0.2 * log(0.2))
    assert card.label_balance == pytest.approx(entropy / log(5), abs=1e-4)
    assert card.mean_words == pytest.approx((2 + 2 + 2 + 6 + 5) / 5)
    assert (card.language, card.commercial, card.verdict, card.why) == ("en", False, "keep", "")


def test_balance_is_that_of_the_turns_where_conversations_have_no_label(tmp_path):
    labelled = dialogue("meld/train/0", "Hm.", "No.")
    turns = tuple(replace(turn, emotion=emotion) for turn, emotion in zip(labelled.turns, ("joy", "fear"), strict=True))
    _, card = compared(tmp_path / "turns", [replace(labelled, turns=turns)])
    assert card.label_balance == pytest.approx(log(2) / log(7), abs=1e-4)
    _, card = compared(tmp_path / "none", [labelled])
    assert card.label_balance is None


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ({"min_rows": 4}, "3 training rows, filter.min_rows=4"),
        ({"max_duplicates": 0.1}, "20.0 % duplicates, filter.max_duplicates=0.1"),
        ({"max_conflicts": 0.3}, "40.0 % conflicts, filter.max_conflicts=0.3"),
        ({"max_leaks": 0.0}, "20.0 % leaks, filter.max_leaks=0.0"),
        ({"drop": "yelp"}, "filter.drop"),
        ({"drop": "meld+yelp"}, "filter.drop"),
        ({"min_rows": 9, "max_leaks": 0.1}, "3 training rows, filter.min_rows=9; 20.0 % leaks, filter.max_leaks=0.1"),
    ],
)
def test_all_rows_of_a_dropped_dataset_are_rejected_with_what_decided(tmp_path, rules, why):
    outcome, card = compared(tmp_path, **rules)
    assert (card.verdict, card.why) == ("drop", why)
    assert outcome.kept["yelp"] == []
    assert outcome.reasons("yelp") == {row.id: f"dataset dropped: {why}" for row in ROWS}
    assert outcome.compared["yelp"].rejected.total() == len(ROWS)


@pytest.mark.parametrize(
    "rules",
    [
        {"min_rows": 3},
        {"max_duplicates": 0.2, "max_conflicts": 0.4, "max_leaks": 0.2},
        {"min_rows": 99, "max_leaks": 0.0, "keep": "yelp"},
        {"drop": "meld"},
    ],
)
def test_a_dataset_stays_within_the_thresholds_and_when_it_is_on_the_list(tmp_path, rules):
    outcome, card = compared(tmp_path, **rules)
    assert card.verdict == "keep"
    assert len(outcome.kept["yelp"]) == 4


def test_a_dataset_without_rows_has_a_card(tmp_path):
    outcome = compare(tmp_path, {"yelp": []})
    assert outcome.compared["yelp"].card.train == 0


def test_names_are_checked_before_anything_is_read():
    check_lists(replace(DEFAULT, keep="meld+yelp", drop="imdb"))
    with pytest.raises(DataError, match="unknown dataset 'mled'"):
        check_lists(replace(DEFAULT, keep="mled"))
    with pytest.raises(ValueError, match="none of them empty"):
        replace(DEFAULT, drop="meld+")
    with pytest.raises(ParamsError, match="both name yelp"):
        check_lists(replace(DEFAULT, keep="meld+yelp", drop="yelp"))


def test_texts_that_two_datasets_have_are_counted_and_stay(tmp_path):
    lines = [
        dialogue("meld/train/0", SIX, "I know."),
        dialogue("meld/train/1", "Nobody told me about the bakery", "No."),
    ]
    other = [dialogue("emotionlines/train/0", SIX, "I know.")]
    outcome = compare(tmp_path, {"meld": lines, "emotionlines": other})
    cards = [outcome.compared[name].card for name in ("meld", "emotionlines")]
    count_shared(cards, [outcome.compared[name].keys for name in ("meld", "emotionlines")])
    assert [card.shared_rate for card in cards] == [0.5, 1.0]
    assert outcome.kept == {"meld": lines, "emotionlines": other}
