from __future__ import annotations

import pytest

from pica.evaluation.label_parsing import parse_label

EMOTIONS = ("joy", "no joy", "anger", "very angry")


@pytest.mark.parametrize(
    ("output", "label"),
    [
        ("joy", "joy"),
        (" “JOY”. ", "joy"),
        ("ｊｏｙ", "joy"),
        ("The emotion is joy.", "joy"),
        ("joy, joy and more joy", "joy"),
        ("I think there is no  joy in it", "no joy"),
        ("no joy, yet some joy elsewhere", None),
        ("joy or anger", None),
        ("joyful", None),
        ("overjoyed", None),
        ("neutral", None),
        ("", None),
    ],
)
def test_a_free_answer_names_one_label_or_none(output, label):
    assert parse_label(output, EMOTIONS, "en") == label


@pytest.mark.parametrize(
    ("output", "label"),
    [("高兴。", "高兴"), ("他很高兴", "高兴"), ("他不高兴", "不高兴"), ("高兴又悲伤", None), ("平静", None)],
)
def test_chinese_labels_need_no_blanks_around_them(output, label):
    assert parse_label(output, ("高兴", "不高兴", "悲伤"), "zh") == label


def test_the_label_comes_back_as_the_candidates_spell_it():
    assert parse_label("the answer: 3 stars", ("1 star", "2 stars", "3 Stars"), "en") == "3 Stars"
