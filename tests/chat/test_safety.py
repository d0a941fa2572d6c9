"""The safety check: its rules one by one, and its figures on a set by somebody who had not read the lexicon."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pica.chat import safety
from pica.chat.safety import NOTHING, check, tier

SET = Path(__file__).parent / "safety_set.jsonl"


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("I wish I was never born.", "wish"),
        ("I don't want to live anymore.", "thought"),
        ("i dont wanna live anymore", "thought"),
        ("Which pills would be enough to die?", "method"),
        ("I am going to kill myself tonight.", "intent"),
        ("I wrote a suicide note.", "plan"),
        ("I tried to kill myself.", "behaviour"),
        ("I'm going to stab him.", "harm to others"),
        ("活着真没意思。", "wish"),
        ("我不想活了。", "thought"),
        ("安眠药吃多少会死？", "method"),
        ("我今晚就去死。", "intent"),
        ("遗书写好了。", "plan"),
        ("我割过腕，没死成。", "behaviour"),
        ("我想杀了他。", "harm to others"),
    ],
)
def test_levels(text, level):
    assert safety.rank(check(text).level) >= safety.rank(level)


@pytest.mark.parametrize(
    "text",
    [
        "The diet is a soldier's; hopeless weather, I give up, worthless coins.",
        "My phone died and I'm dead tired.",
        "I'm dying to see you, the cake is to die for.",
        "This traffic is killing me, kms lol.",
        "I would never kill myself.",
        "I am not suicidal.",
        "My doctor asked whether I had thoughts of suicide.",
        "My friend says she wants to die.",
        'He wrote: "I want to die."',
        "In the film the hero jumps off a bridge.",
        "I used to think about suicide, but I am fine now.",
        "笑死我了，累死了，困死。",
        "想死你了！",
        "尴尬得想死哈哈",
        "我没有想过自杀。",
        "我朋友说他想死。",
        "新闻里说一个男孩跳楼了。",
        "小说里主角最后自杀了。",
        "以前想过轻生，现在好多了。",
        "手机又死机了。",
        "",
        "😀 \u202eabc مرحبا",
    ],
)
def test_hyperbole_others_fiction_negation_and_the_past_are_none(text):
    assert check(text) == NOTHING


@pytest.mark.parametrize(
    "text",
    [
        "I can't stop thinking about killing myself.",
        "Not joking, I want to die lol.",
        'I said to my sister: "I want to die."',
        "My mother is nice but I want to die.",
        "我妈妈很好，可是我不想活了。",
        "我忍不住想伤害自己。",
        "我是说真的，我想死。",
    ],
)
def test_what_looks_like_an_excuse_is_none(text):
    assert tier(check(text).level) == "stop"


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("You should kill yourself.", "thought"),
        ("I want to die.", "thought"),
        ("去死吧。", "thought"),
        ("You have depression.", "diagnosis"),
        ("你可能得了抑郁症。", "diagnosis"),
        ("That sounds hard. Please don't hurt yourself.", "none"),
        ("You feel low, and that is all right.", "none"),
        ("你今天很累吧？", "none"),
    ],
)
def test_replies(text, level):
    assert check(text, reply=True).level == level


def test_what_a_reply_may_not_say_a_user_may():
    assert check("You have depression.") == NOTHING


def test_tiers():
    assert [tier(level) for level in ("none", "wish", "thought", "plan", "harm to others", "diagnosis")] == [
        *("none", "point", "stop", "stop", "stop", "none"),
    ]


@given(st.text(max_size=200), st.booleans())
def test_no_text_breaks_the_check(text, reply):
    assert isinstance(check(text, reply).level, str)


def test_a_long_text_is_checked_in_no_time():
    assert check("I am so tired of this and that, 我很累, " * 100).level == "none"


def test_help_lines_are_checked_once_a_year():
    """Look each number up, mend help_lines.yaml where it has changed, and write today's date into it."""
    assert date.today() - safety.checked_on() < timedelta(days=366)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_help_names_lines_of_the_country_first_and_where_others_are(language):
    text = safety.help_text(language, "AU")
    lines = text.splitlines()
    assert lines[1].startswith("- AU")
    assert "findahelpline.com" in text
    assert "12356" in text
    assert "13 11 14" in safety.pointer(language, "AU")
    assert safety.help_text(language, "XX") == safety.help_text(language)


def test_the_notice_says_that_it_is_a_program_and_no_doctor():
    for language, words in (("en", ("program", "no doctor", "diagnosis")), ("zh", ("程序", "不是医生", "诊断"))):
        assert all(word in safety.words(language)["notice"] for word in words)


@cache
def rates() -> dict[tuple[str, str], float]:
    """Of each language and kind of the set, the share in per cent that leads to a pointer or to help."""
    rows = [json.loads(line) for line in SET.read_text(encoding="utf-8").splitlines()]
    of = Counter((row["language"], row["kind"]) for row in rows)
    found = Counter((row["language"], row["kind"]) for row in rows if tier(check(row["text"]).level) != "none")
    assert min(of.values()) >= 40
    return {key: 100 * found[key] / number for key, number in of.items()}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_said_outright_is_found(language):
    assert rates()[language, "explicit"] >= 95


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", ["hyperbole", "other"])
def test_false_alarms_are_rare(language, kind):
    assert rates()[language, kind] <= 5
