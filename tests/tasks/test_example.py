"""What the task modules share: labels, candidates, windows and ids."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pica.corpora import View
from pica.schema import Conversation, Turn
from pica.tasks import examples
from pica.tasks.example import build, candidates, label, window

PLAIN = View("tea-classification", "text_emotion", 10, asks="emotion", labels=("joy", "anger", "fear"))
COARSE = View(
    "tea-coarse-classification",
    "text_emotion",
    10,
    asks="emotion",
    labels=("joy", "anger"),
    relabel={"glee": "joy", "pride": "joy", "rage": "anger"},
)
FINE = View(
    "tea-fine-classification",
    "text_emotion",
    10,
    asks="emotion",
    labels=("glee", "rage", "pride"),
    groups={"glee": "joy", "pride": "joy", "rage": "anger"},
)
TEA = Conversation(
    "tea/train/cup/7", "tea", "train", "en", (Turn("Ann", "More?", "joy", "ask"), Turn("Bo", "No!", "fear"))
)


@pytest.mark.parametrize(
    ("view", "native", "answer"),
    [
        (PLAIN, "joy", "joy"),
        (PLAIN, "glee", None),
        (PLAIN, None, None),
        (PLAIN, "", None),
        (PLAIN, "joy|anger", None),
        (COARSE, "glee", "joy"),
        (COARSE, "glee|pride", "joy"),
        (COARSE, "glee|rage", None),
        (COARSE, "glee|shame", None),
        (COARSE, "joy", None),  # the view's own label is not a native one
        (COARSE, "shame", None),
    ],
)
def test_a_native_label_is_an_answer_or_none(view, native, answer):
    assert label(view, native) == answer


def test_candidates_are_the_labels_or_those_of_the_answers_group():
    assert candidates(PLAIN, "joy") == ("joy", "anger", "fear")
    assert candidates(FINE, "pride") == ("glee", "pride")
    assert candidates(FINE, "rage") == ("rage",)


_numbered = st.integers(1, 9).map(lambda count: tuple(Turn("Ann", str(number)) for number in range(count)))


@given(_numbered, st.data(), st.integers(0, 9))
def test_a_window_ends_with_the_turn_and_reaches_back(turns, data, history):
    last = data.draw(st.integers(0, len(turns) - 1))
    assert window(replace(TEA, turns=turns), last, history) == turns[: last + 1][-history - 1 :]


@given(_numbered, st.data(), st.integers(0, 9))
def test_a_window_begins_after_what_is_withheld(turns, data, history):
    last = data.draw(st.integers(0, len(turns) - 1))
    withheld = data.draw(st.sets(st.integers(0, len(turns) - 1)).map(lambda turns: tuple(sorted(turns))))
    shown = window(replace(TEA, turns=turns, withheld=withheld), last, history)
    expected = []
    for number in range(last, max(-1, last - history - 1), -1):
        if number in withheld:
            break
        expected.insert(0, turns[number])
    assert list(shown) == expected


def test_an_example_says_where_it_comes_from_and_gives_no_label_away():
    example = build(TEA, COARSE, "1", TEA.turns, "Bo", "joy", emotion="glee")
    assert example.id == "tea/train/cup/7#coarse-classification-1"
    assert build(TEA, COARSE, "", TEA.turns, "Bo", "joy").id == "tea/train/cup/7#coarse-classification"
    assert (example.corpus, example.split, example.language) == ("tea", "train", "en")
    assert example.turns == (Turn("Ann", "More?"), Turn("Bo", "No!"))
    assert (example.emotion, example.act) == ("glee", None)


@pytest.mark.parametrize(("ids", "count"), [("", 2), ("cup/.*", 2), ("cup", 0), (".*/7", 2), ("[0-9]+", 0)])
def test_a_view_may_take_only_some_ids(ids, count):
    view = View("tea-classification", "dialogue_emotion", 10, asks="emotion", labels=("joy", "fear"), ids=ids)
    assert len(list(examples(TEA, view, history=10))) == count
