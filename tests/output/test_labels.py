from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pica.corpora import views
from pica.output.labels import parse_label

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


STARS = ("1 star", "2 stars", "3 stars", "4 stars", "5 stars")
CLOSED = [view.labels for view in views().values() if view.labels]
label_sets = st.sampled_from(CLOSED).flatmap(lambda labels: st.tuples(st.just(labels), st.sampled_from(labels)))
MARKDOWN = (
    "**{}**",
    "__{}__",
    "*{}*",
    "_{}_",
    "***{}***",
    "`{}`",
    "```\n{}\n```",
    "# {}",
    "### {}",
    "- {}",
    "* {}",
    "> {}",
)
MARKDOWN += (
    "> - **{}**",
    "1. {}",
    "2) {}",
    "[{}]",
    "({})",
    "| {} |",
    "**{}**.",
    "{}\n",
    "{}\n\nIt shows.",
    "It is _{}_",
)


@settings(max_examples=200)
@given(label_sets, st.sampled_from(MARKDOWN), st.sampled_from(["en", "zh"]))
def test_markdown_around_a_label_is_no_part_of_it(label_set, markdown, language):
    labels, label = label_set
    assert parse_label(markdown.format(label), labels, language) == label


@settings(max_examples=200)
@given(label_sets, st.sampled_from("-\u2010\u2011\u2013"), st.text("abcxyz", min_size=1, max_size=5), st.booleans())
def test_a_part_of_a_compound_is_no_label(label_set, hyphen, word, first):
    labels, label = label_set
    said = f"{word}{hyphen}{label}" if first else f"{label}{hyphen}{word}"
    assert parse_label(said, labels, "en") is None


@settings(max_examples=200)
@given(
    st.floats(0, 99).map(lambda number: f"{number:.1f}") | st.integers(0, 99).map(str) | st.sampled_from(["½", "four"]),
    st.sampled_from(["", ".", ",", "/", "-", "–", " - ", " to ", " or ", " and ", " out of ", "/ ", "~", " of ", "到"]),
    st.sampled_from(STARS),
    st.sampled_from(["en", "zh"]),
)
def test_the_end_of_a_number_a_fraction_or_a_range_is_no_label(number, between, label, language):
    assert parse_label(f"I would give {number}{between}{label}.", STARS, language) is None


@pytest.mark.parametrize(
    "output",
    [".5 stars", "-1 star", "4½ stars", "4 stars ½", "4 stars and a half", "3 stars or 4", "3 stars to 4"]
    + [
        f"I would give {bound}."
        for bound in (
            *("at least 4 stars", "At least **4 stars**", "more than 4 stars", "no more than 3 stars", "over 4 stars"),
            *("up to 4 stars", "almost 5 stars", "4 stars or more", "3 stars or less", "4 stars, at least"),
            *(
                "4 stars and up",
                "4 stars+",
                "a minimum of 4 stars",
                "better than 4 stars",
                "至少4 stars",
                "4 stars以上",
            ),
        )
    ],
)
def test_other_numbers_than_the_label_name_none(output):
    assert parse_label(output, STARS, "en") is None


@pytest.mark.parametrize(
    "output",
    [
        "about 5 stars",
        "5 stars, more than I hoped",
        "At least 3 nights, 5 stars",
        "a rating of 5 stars",
        "rating:5 stars",
        "**5** stars",
        "5 stars. We stayed 3 nights",
        "5 stars: 10 of 10",
    ],
)
def test_numbers_elsewhere_do_not_count(output):
    assert parse_label(output, STARS, "en") == "5 stars"


@pytest.mark.parametrize(
    ("output", "language"),
    [
        *((said, "en") for said in ("non-neutral", "not neutral", "It isn't neutral", "It isn’t really neutral")),
        *((said, "en") for said in ("not quite neutral", "not a very neutral tone", "without any neutral word")),
        *((said, "en") for said in ("neither neutral", "anything but neutral", "far from neutral", "hardly neutral")),
        *((said, "zh") for said in ("非中性", "unneutral", "不是中性", "不太中性")),
    ],
)
def test_the_opposite_of_a_label_is_not_it(output, language):
    assert parse_label(output, ("neutral", "中性"), language) is None


@pytest.mark.parametrize(
    ("output", "language", "label"),
    [
        ("not joy but sadness", "en", "sadness"),
        ("It isn't joy. It is sadness.", "en", "sadness"),
        ("不是高兴，是悲伤", "zh", "悲伤"),
    ],
)
def test_what_is_said_in_its_place_is_the_label(output, language, label):
    assert parse_label(output, ("joy", "sadness", "高兴", "悲伤"), language) == label


@pytest.mark.parametrize(
    ("output", "language"),
    [
        *((f"more {a} than {b}", "en") for a in ("sad", "upset") for b in ("angry", "an angry tone")),
        *((said, "en") for said in ("sadder than angry", "as opposed to angry", "upset, compared to angry")),
        *(
            (said, "en")
            for said in ("Not sure: joy or love?", "I am not really sure if it is joy", "unclear, joy maybe")
        ),
        *((said, "en") for said in ("It's hard to say: joy, or something else", "I can't tell; joy?", "joy vs. love")),
        *((said, "zh") for said in ("比高兴更激动", "不确定是高兴还是悲伤", "不太清楚是不是高兴", "与其说是高兴")),
    ],
)
def test_a_label_that_is_compared_or_not_sure_names_none(output, language):
    assert parse_label(output, ("sad", "angry", "joy", "love", "高兴", "悲伤"), language) is None


@pytest.mark.parametrize(
    ("output", "label"),
    [
        ("sad rather than angry", "sad"),
        ("I am not sure. It is joy.", "joy"),
        ("It is not clear at first, but it is joy.", "joy"),
        ("More joy than in the joy before", "joy"),
        ("surely joy", "joy"),
        ("probably joy", "joy"),
    ],
)
def test_one_label_that_is_meant_is_it_whatever_stands_beside(output, label):
    assert parse_label(output, ("sad", "angry", "joy", "love"), "en") == label


def test_a_word_is_whole_beside_chinese():
    assert parse_label("情感是happiness。", ("happiness", "sadness"), "zh") == "happiness"


def test_an_underscore_inside_a_label_is_part_of_it():
    labels = ("love", "love_including_like")
    assert parse_label("__love_including_like__", labels, "en") == "love_including_like"
    assert parse_label("self_love", labels, "en") is None
