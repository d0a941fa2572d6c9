"""Text repair: it mends what is broken, leaves the rest, and has nothing to do a second time."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pica.cleaning.text import comparable, may_be_broken, repair
from tests.strategies import texts

# Letters as people mix them, of one script and language each: a mix such as "âœš" is what UTF-8 looks like in cp1252.
_SCRIPTS = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    "abdeilmnorstuàâçèéêëîïôù",
    "abdeilmnorstuäöüß",
    "abdeilmnorstuáéíóúñ",
    "abdeilmnorstuãõáéíç",
    "abdeilmnorstuæøå",
    "abdeilmnorstuąćęłńóśźż",
    "abdeilmnorstučďěňřšťůž",
    "abdeilmnorstuçğışöü",
    "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώ",
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґ",
    "אבגדהוזחטיכלמנסעפצקרשת",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهويءآأؤإئة",
    "कखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह",
    "กขคงจฉชซญดตถทธนบปผพฟภมยรลวศษสหอ",
    "你好世界我们今天很难过谢谢医生心里",
    "あいうえおかきくけこアイウエオカキクケコー日本語",
    "가나다라마바사아자차카타파하한국어",
)
_SIGNS = (
    *".,;:!?()-–—…‘’“”«»„\"'&<>#@%+=*/_~^|$£€¥°©®™•·§½×÷¿¡",
    *"，。；：？！、（）《》「」【】～￥１２ＡＢ",
    *("...", "……", "——", "&&", "&c.", ":-)", "<3", ":&;", "(╯°□°)╯", "ಠ_ಠ", "¯\\_(ツ)_/¯"),
    *("😂", "👩‍👩‍👧", "🏳️‍🌈", "👍🏽", "🇳🇱", "❤️", "1️⃣", "♪", "→", "ﬁ", "می‌خواهم", "[NAME]"),
)
_words = st.one_of(*(st.text(st.sampled_from(script), min_size=1, max_size=8) for script in _SCRIPTS))
# Signs stand before, after or between words, with blanks or without.
_pieces = st.lists(_words | st.sampled_from(_SIGNS), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ("Don\u0092t  go.", "Don’t go."),
        ("caf\u0065\u0301", "café"),
        ("\ufeffWell\u200b,\u00ad no.", "Well, no."),
        (" one\t two\u00a0three ", "one two three"),
        ("one \r\n  two\n \n\t\nthree", "one\ntwo\n\nthree"),
        ("one\u2028two", "one two"),
        ("\u0081gone\u009d", "gone"),
        ("\u0085", "…"),
        ("\u200b \n", ""),
        ("你好\u3000。", "你好 。"),
        ("fish &amp; chips &lt;3", "fish & chips <3"),
        ("it&apos;s &#x27;on&#39;", "it's 'on'"),
        ("one&nbsp;&#x200B;two", "one two"),
        ("&amp;amp;lt;", "<"),
        ("â€œWhat?â€\u009d she said", "“What?” she said"),
        ("a clichÃ©, isnâ€™t it’s", "a cliché, isn’t it’s"),
        ("GÃƒÂ©nÃƒÂ©rale", "Générale"),
        ("Chicken Ã\u00a0 la carte", "Chicken à la carte"),
        ("no â\u009d¤ï¸\u008f left", "no ❤️ left"),
        ("So \u007f\u0000what\u001b?", "So what?"),
    ],
)
def test_what_is_broken_is_mended(broken, mended):
    assert repair(broken) == mended


@given(texts)
def test_there_is_nothing_to_do_a_second_time(text):
    assert repair(repair(text)) == repair(text)


@given(st.lists(texts.filter(bool), min_size=1, max_size=4))
@example(["Two", "Â of them"])
@example(["0\n", "0"])
def test_texts_that_are_clean_together_are_clean_each(several):
    if not may_be_broken("\n\n".join(several)):
        assert [repair(text) for text in several] == several


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="&"), min_size=1))
def test_a_word_of_ascii_is_left_alone(text):
    assert repair(text) == text


@given(_pieces, st.sampled_from([" ", "\n", "\n\n", ""]))
def test_clean_text_of_any_script_is_left_alone(pieces, between):
    text = unicodedata.normalize("NFC", between.join(pieces))
    assert repair(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "👩‍👩‍👧 all three!",
        "It’s 5 °C – “cold”…",
        "[NAME] said :-)",
        "می‌خواهم",
        "a < b && c > d",
        "１２３ ﬁ",
        "我……不知道，——真的？！",
        "À la carte, déjà vu; São Paulo, Ærø, Łódź",
        "AT&T; R&B; Q&A;",
        "one\ntwo\n\nthree",
        "“”‘’",
    ],
)
def test_signs_that_carry_meaning_are_left_alone(text):
    assert repair(text) == text


@given(texts)
def test_repaired_text_has_no_blank_to_trip_over(text):
    clean = repair(text)
    assert clean == clean.strip()
    assert not any(run in clean for run in ("  ", " \n", "\n ", "\n\n\n"))
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
