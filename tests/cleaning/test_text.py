"""Text repair: it mends what is broken, leaves the rest, and has nothing to do a second time."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pica.cleaning.text import comparable, repair
from tests.strategies import texts

# Letters, digits, punctuation and symbols of any script, in composed form.
_words = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=8).map(
    lambda word: unicodedata.normalize("NFC", word)
)


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ("Don\u0092t  go.", "Don’t go."),
        ("caf\u0065\u0301", "café"),
        ("\ufeffWell\u200b,\u00ad no.", "Well, no."),
        (" one\t two\u00a0three ", "one two three"),
        ("one \r\n  two\n\n\nthree", "one\ntwo\nthree"),
        ("one\u2028two", "one two"),
        ("\u0081gone\u009d", "gone"),
        ("\u0085", "…"),
        ("\u200b \n", ""),
        ("你好\u3000。", "你好 。"),
    ],
)
def test_what_is_broken_is_mended(broken, mended):
    assert repair(broken) == mended


@given(texts)
def test_there_is_nothing_to_do_a_second_time(text):
    assert repair(repair(text)) == repair(text)


@given(st.lists(_words, min_size=1, max_size=5), st.sampled_from(" \n"))
def test_clean_text_is_left_alone(words, between):
    text = between.join(words)
    assert repair(text) == text


@pytest.mark.parametrize(
    "text", ["👩‍👩‍👧 all three!", "It’s 5 °C – “cold”…", "[NAME] said :-)", "می‌خواهم", "a < b && c > d", "１２３ ﬁ"]
)
def test_signs_that_carry_meaning_are_left_alone(text):
    assert repair(text) == text


@given(texts)
def test_repaired_text_has_no_blank_to_trip_over(text):
    clean = repair(text)
    assert clean == clean.strip()
    assert "  " not in clean
    assert {c for c in clean if c.isspace()} <= {" ", "\n"}
    assert not set(clean) & set("\u200b\u2060\ufeff\u00ad")
    assert not any(0x7F < ord(c) < 0xA0 for c in clean)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Don’t go.", "don't GO"),
        ("A  b\nc", "abc"),
        ("ＡＢＣ１", "abc1"),
        ("STRASSE", "straße"),
        ("你好，世界！", "你好世界"),
    ],
)
def test_copies_of_a_text_compare_equal(one, other):
    assert comparable(one) == comparable(other)


@pytest.mark.parametrize(
    ("one", "other"), [("yes", "no"), ("I did.", "Did I?"), ("?!", "..."), ("😂", "😭"), ("1", "2")]
)
def test_other_texts_do_not(one, other):
    assert comparable(one) != comparable(other)


@given(texts)
def test_only_blank_texts_compare_to_nothing(text):
    assert bool(comparable(text)) == bool(unicodedata.normalize("NFKC", text).strip())
