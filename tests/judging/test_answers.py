"""What a judge said is one of the answers, or counts as none."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pica.judging.answers import Choice, by_log_probabilities, by_samples, parsed

LETTERS, SCALE = ("A", "B", "C"), ("1", "2", "3", "4", "5")


@pytest.mark.parametrize(
    ("text", "options", "answer"),
    [
        ("B", LETTERS, "B"),
        (" **A**.\n", LETTERS, "A"),
        ("[[C]]", LETTERS, "C"),
        ("Answer: B", LETTERS, "B"),
        ("答案：A。", LETTERS, "A"),
        ("<think>Reply A is short. B?</think>\nB", LETTERS, "B"),
        ("4", SCALE, "4"),
        ("Score: 4/5", SCALE, "4"),
        ("评分：3", SCALE, "3"),
        ("A good reply names the feeling.", LETTERS, None),
        ("A or B", LETTERS, None),
        ("b", LETTERS, None),
        ("D", LETTERS, None),
        ("4.5", SCALE, None),
        (".5", SCALE, None),
        ("Score: .5", SCALE, None),
        (" ,5", SCALE, None),
        ("-3", SCALE, None),
        ("3-4", SCALE, None),
        ("7", SCALE, None),
        ("15", SCALE, None),
        ("10/5", SCALE, None),
        ("<think>B", LETTERS, None),
        ("", SCALE, None),
    ],
)
def test_an_answer_is_one_option_and_nothing_else(text, options, answer):
    assert parsed(text, options) == answer


@given(st.text(alphabet="ABCDabc12345 .,-/*:[]()\nanswer答案", max_size=20))
def test_what_is_read_stands_in_the_text_and_no_other_option_does(text):
    for options in (LETTERS, SCALE):
        if (answer := parsed(text, options)) is not None:
            found = [option for option in options if option in text.replace("/5", "")]
            assert answer in found or answer == "5"
            assert len(found) <= 1


def choice(text, *tops):
    return Choice(text, [(text, dict(top)) for top in tops])


def test_probabilities_are_shared_by_the_options_alone():
    top = {"4": math.log(0.6), " 5": math.log(0.2), "four": math.log(0.2)}
    answer = by_log_probabilities(choice("4", top), SCALE)
    assert answer.probabilities == pytest.approx({"4": 0.75, "5": 0.25})
    assert answer.expected == pytest.approx(4.25)


def test_the_token_that_gives_the_answer_is_looked_at():
    tokens = [("Answer", {"Answer": -0.1, "A": -0.2}), (":", {":": 0, "B": -9}), (" B", {" B": -0.1, " A": -2.5})]
    answer = by_log_probabilities(Choice("Answer: B", tokens), LETTERS)
    assert answer.best("C") == "B"
    assert answer.probabilities["A"] == pytest.approx(math.exp(-2.5) / (math.exp(-2.5) + math.exp(-0.1)))


def test_of_five_of_five_the_first_five_is_the_answer():
    thought, first, last = {"5": -0.1, "1": -3}, {"5": math.log(0.6), "4": math.log(0.4)}, {"5": 0.0, "10": -20.0}
    for slash in (["/"], [" ", "/"], ["/", " "]):
        between = [(token, {token: 0.0}) for token in slash]
        tokens = [("5", thought), ("</think>", {"</think>": 0}), ("5", first), *between, ("5", last)]
        answer = by_log_probabilities(Choice("5/5", tokens), SCALE)
        assert answer.probabilities == pytest.approx({"4": 0.4, "5": 0.6})


def test_a_fraction_is_no_alternative():
    answer = by_log_probabilities(choice("4", {"4": math.log(0.5), ".5": math.log(0.5)}), SCALE)
    assert answer.probabilities == {"4": 1}


def test_without_alternatives_there_are_no_probabilities():
    assert by_log_probabilities(Choice("B"), LETTERS) is None
    assert by_log_probabilities(choice("B", {"B": 0.0}), LETTERS) is None


@pytest.mark.parametrize("value", [math.nan, math.inf, 1000.0])
def test_what_is_no_log_probability_is_refused(value):
    with pytest.raises(ValueError, match="no log-probability"):
        choice("B", {"B": value, "A": -0.1})


def test_options_of_probability_zero_alone_are_no_answer():
    assert by_log_probabilities(choice("B", {"B": -math.inf, "A": -9999.0}), LETTERS) is None
    assert by_log_probabilities(choice("B", {"B": -0.1, "A": -math.inf}), LETTERS).probabilities == {"B": 1}


def test_no_option_is_invalid_however_probable_an_option_was():
    answer = by_log_probabilities(choice("I", {"I": -0.7, "A": -0.8}), LETTERS)
    assert (answer.probabilities, answer.invalid, answer.best("C")) == ({}, 1, None)


def test_samples_count_valid_ones_and_need_half():
    answer = by_samples([Choice(text) for text in ("4", "5", "5", "sorry")], SCALE)
    assert answer.probabilities == pytest.approx({"4": 1 / 3, "5": 2 / 3})
    assert (answer.invalid, answer.raw) == (1, 4)
    assert by_samples([Choice(text) for text in ("4", "?", "!")], SCALE).probabilities == {}


def test_two_answers_alike_are_a_tie():
    assert by_samples([Choice("A"), Choice("B")], LETTERS).best("C") == "C"
