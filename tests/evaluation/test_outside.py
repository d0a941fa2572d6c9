from __future__ import annotations

import math

import pytest

from pica.errors import DataError
from pica.evaluation.outside import COLUMNS, drawn, eq_score, headline, rows, scores
from pica.outside.question import Intensities, MultipleChoice
from pica.outside.sets import questions
from pica.schema import Prediction
from pica.sources.outside import sample_folder

CHOICE = MultipleChoice(
    "tombench/en/hidden-3", "tombench-en", "en", "Mo lost.", "What does Mo feel?", ("Joy", "Grief", "Pride"), 1
)
EQ = Intensities(
    "eqbench2/en/1",
    "eqbench2",
    "en",
    "Mo: Oh.\nAda: Well.",
    "Mo",
    ("Sad", "Glad", "Calm", "Cross"),
    (8.0, 0.0, 3.0, 5.0),
)


def answered(row, label, log_probs=()):
    return Prediction.to(row, "tuned", output="", label=label, parsed=None, finished=True, log_probs=log_probs)


def of(question, choose):
    return scores(
        [answered(row, *choose(row)) for row in rows({question.id: question})], {question.id: question}, 20, 0
    )


def number(row, value):
    """All probability on one number, or half and half on two."""
    shares = [1e-12] * 11
    shares[math.floor(value)] += 1 - value % 1
    shares[math.ceil(value)] += value % 1
    return "0", tuple(map(math.log, shares))


def test_a_question_is_asked_in_every_cyclic_order_and_by_words():
    asked = rows({CHOICE.id: CHOICE})
    assert [(row.id.partition("#")[2], row.instances[0]["output"]) for row in asked] == [
        ("letter-0", "B"),
        ("letter-1", "A"),
        ("letter-2", "C"),
        ("text", "Grief"),
    ]
    assert "A. Grief\nB. Pride\nC. Joy" in asked[1].messages[0]["content"]
    assert asked[3].candidates == CHOICE.options
    assert "Pride" not in asked[3].messages[0]["content"]


def test_chinese_questions_are_asked_in_chinese():
    chinese = next(q for q in questions(sample_folder()) if q.language == "zh")
    assert "只回答选项的字母" in rows({chinese.id: chinese})[0].messages[0]["content"]


def test_who_knows_the_answer_knows_it_in_every_order():
    (row,) = of(CHOICE, lambda row: (row.instances[0]["output"],))
    assert (row["score"], row["text_accuracy"], row["consistent"]) == (100, 100, 100)
    assert row["chance"] == pytest.approx(100 / 3, abs=1e-3)
    assert list(row) == COLUMNS


def test_who_always_says_a_is_right_as_often_as_chance_and_not_consistent():
    (row,) = of(CHOICE, lambda row: (row.candidates[0],))
    assert (row["score"], row["text_accuracy"], row["consistent"]) == (pytest.approx(100 / 3, abs=1e-3), 0, 0)


def test_who_is_wrong_by_the_same_option_is_consistent():
    (row,) = of(
        CHOICE, lambda row: (row.candidates["CBA".index(row.instances[0]["output"])] if "#letter" in row.id else "Joy",)
    )
    assert row["score"] < 100
    wrong = {"letter-0": "A", "letter-1": "C", "letter-2": "B"}  # always Joy
    (row,) = of(CHOICE, lambda row: (wrong.get(row.id.partition("#")[2], "Joy"),))
    assert (row["score"], row["consistent"]) == (0, 100)


def test_eqbench_by_hand():
    """All exact is 10; 5 off on all four is 6.5 / (1 + e^-1.2) = 4.9954 each."""
    assert eq_score(EQ.reference, EQ.reference) == 10
    assert eq_score([5, 5, 5, 5], [0, 10, 0, 10]) == pytest.approx(-4.9403, abs=1e-4)
    assert eq_score([0] * 4, [10] * 4) == pytest.approx(10 - 0.7477 * 40)


def test_a_number_is_its_expected_value():
    exact = dict(zip(("0", "1", "2", "3"), EQ.reference, strict=True))
    (row,) = of(EQ, lambda row: number(row, exact[row.id[-1]]))
    assert row["score"] == pytest.approx(100 - 10 * 0.7477 * 4 * 0.0531, abs=0.01), "a hair off costs 0.053 each"
    (row,) = of(EQ, lambda row: number(row, 2.5))
    assert row["score"] == pytest.approx(10 * eq_score([2.5] * 4, EQ.reference), abs=1e-3)


def test_without_probabilities_no_expected_value_is_made_up():
    with pytest.raises(DataError, match="no log-probability"):
        of(EQ, lambda row: ("0",))


def test_each_group_has_a_draw_of_its_own_that_does_not_depend_on_the_others():
    asked = questions(sample_folder())
    few = drawn(asked, 2, seed=1)
    assert len(few) == 2 * len({q.group for q in asked})
    of_eqbench = [q for q in asked if q.group == "eqbench2"]
    assert drawn(of_eqbench, 2, seed=1).items() <= few.items()
    assert len(drawn(asked, 0, seed=1)) == len(asked)


def test_the_headline_has_a_number_a_group():
    assert headline([{"set": "tombench-en", "score": 50.0}]) == {"tombench_en": 50.0}
    assert scores([], {}, 10, 0) == []
