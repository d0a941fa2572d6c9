"""Leaks: what of a held-out text counts, in which conversation it is found, and what becomes of that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pica.cleaning.decontamination import LEAK
from pica.cleaning.deduplication import DUPLICATE
from pica.cleaning.leakage import LIMITS
from pica.schema import Cause, Persona, Turn
from tests.cleaning.support import DEFAULT, compare, dialogue

SIX = "You sold the old green piano"
LONG = "We walked along the harbour until the last ferry had left and all of the lamps went out"  # 18 words
ZH = "我把雨伞忘在了公交车上"  # 11 characters


def found(tmp_path, train, *held_out):
    """(reason or None, withheld turns) of one training row among held-out ones."""
    rows: dict[str, list] = {}
    for row in (train, *held_out):
        rows.setdefault(row.corpus, []).append(row)
    outcome = compare(tmp_path, rows)
    reasons = outcome.reasons(train.corpus)
    assert len(reasons) + sum(map(len, outcome.kept.values())) == 1 + len(held_out)
    return reasons.get(train.id), outcome.withheld(train.corpus).get(train.id, ())


def scene(*texts: str, **more):
    """A training dialogue that says so and much more."""
    return dialogue("meld/train/1", *texts, "Nobody told me that the bakery moved", "Oh", LONG[::-1], **more)


@pytest.mark.parametrize(
    ("said", "held", "withheld"),
    [
        (SIX, SIX, (0,)),
        (f"{SIX.upper()}?!", SIX, (0,)),
        ("You sold the old piano", "You sold the old piano", ()),  # five words
        ("I know.", "I know.", ()),
        (f"Oh, {SIX}", SIX, ()),  # a part of a text that is short
        (f"Well. {LONG}, and then home.", LONG, (0,)),
        (LONG, f"I heard that {LONG}.", (0,)),
        (" ".join(LONG.split()[:13]), LONG, (0,)),
        (" ".join(LONG.split()[:12]), LONG, ()),
        (" ".join(LONG.split()[::-1]), LONG, ()),
    ],
)
def test_a_long_enough_copy_is_withheld_and_a_short_one_is_not(tmp_path, said, held, withheld):
    assert found(tmp_path, scene(said), dialogue("dailydialog/test/1", held, "Hm.")) == (None, withheld)


@pytest.mark.parametrize(
    ("said", "held", "withheld"),
    [
        (ZH, ZH, (0,)),
        (f"{ZH}。", ZH, (0,)),
        ("谢谢你的建议", "谢谢你的建议", ()),
        (f"{ZH * 3}。", f"他说，{ZH * 3}", (0,)),
        (ZH[:9], ZH[:9], ()),
        (ZH[:10], ZH[:10], (0,)),
    ],
)
def test_chinese_counts_in_characters(tmp_path, said, held, withheld):
    train = dialogue(
        "smilechat/train/1", said, *("今天的天气和昨天完全不一样，我们去公园散步吧。" * 3,) * 2, language="zh"
    )
    assert found(tmp_path, train, dialogue("emollm/test/1", held, "嗯", language="zh")) == (None, withheld)


@pytest.mark.parametrize("language", LIMITS)
def test_a_copy_of_part_of_a_text_is_longer_than_one_of_all_of_it(language):
    assert LIMITS[language].exact < LIMITS[language].near


def test_what_is_withheld_stands_wherever_it_is_said(tmp_path):
    train = scene("Hm.", SIX, "What?", SIX)
    assert found(tmp_path, train, dialogue("dailydialog/validation/1", "Hm.", SIX)) == (None, (1, 3))


def test_what_one_speaker_says_in_a_row_is_one_text(tmp_path):
    halves = (LONG[:40], LONG[40:])
    held = dialogue("dailydialog/test/1", LONG, "Hm.")
    assert found(tmp_path / "own", scene("Hm.", *halves, speakers="ABBA"), held) == (None, (1, 2))
    assert found(tmp_path / "two", scene("Hm.", *halves), held) == (None, ())
    short = dialogue("dailydialog/test/1", "You sold", "the old green piano", speakers="AA")
    assert found(tmp_path / "short", scene(SIX), short) == (None, (0,))


def test_a_window_of_words_withholds_only_the_turns_it_touches(tmp_path):
    train = scene(LONG, "And that was all there was to it", speakers="A")
    assert found(tmp_path, train, dialogue("dailydialog/test/1", LONG, "Hm.")) == (None, (0,))


def test_a_cause_span_is_a_text(tmp_path):
    train = scene(f"Mother, {SIX}, did you not", causes=(Cause(1, "anger", 0, SIX),))
    assert found(tmp_path, train, dialogue("dailydialog/test/1", SIX, "Hm.")) == (None, (0,))


def test_a_persona_is_none(tmp_path):
    train = scene("Hm.", personas=(Persona("A", LONG),))
    assert found(tmp_path, train, dialogue("personaminedit/test/1", "Hm.", "No.", personas=(Persona("A", LONG),))) == (
        None,
        (),
    )


DAILY = "its text stands in the test set of dailydialog"


@pytest.mark.parametrize(
    ("train", "held"),
    [
        (scene(LONG[5:], situation="Nobody ever"), scene(LONG[5:])),
        (scene("Hm.", situation=f"Once {LONG}"), dialogue("x/x/x", LONG)),
        (scene("Hm.", situation=SIX), dialogue("x/x/x", "Hm.", situation=SIX)),
        (dialogue("meld/train/1", "I know.", "So?"), dialogue("x/x/x", "i know", "So")),  # short, but all of it
        (dialogue("meld/train/1", LONG, "Hm.", "Or not?"), dialogue("x/x/x", LONG)),  # most of its words
        (dialogue("meld/train/1", SIX, SIX), dialogue("x/x/x", SIX)),
        (dialogue("emocontext/train/1", SIX, "No, I did not do that, never", "Yes"), dialogue("x/x/x", SIX)),
    ],
)
def test_what_is_held_out_as_a_whole_is_rejected_with_the_set_that_has_it(tmp_path, train, held):
    held = replace(held, id="dailydialog/test/1", corpus="dailydialog", split="test")
    assert found(tmp_path, train, held) == (DAILY, ())


def test_turns_are_turns_and_a_whole_is_all_of_them(tmp_path):
    held = dialogue("dailydialog/test/1", "I know.", "So?")
    for number, texts in enumerate([("I know. So?",), ("So?", "I know."), ("I know.",), ("I know.", "So?", "No.")]):
        assert found(tmp_path / str(number), dialogue("meld/train/1", *texts), held) == (None, ())


def test_held_out_rows_stay_whatever_they_share(tmp_path):
    rows = [dialogue(f"meld/{split}/1", SIX) for split in ("validation", "test")]
    assert compare(tmp_path, {"meld": rows}).kept["meld"] == rows


def test_the_matrix_counts_what_each_set_took(tmp_path):
    datasets = {
        "meld": [
            scene(SIX),
            dialogue("meld/train/2", LONG),
            dialogue("meld/test/1", LONG),
        ],
        "emorynlp": [dialogue("emorynlp/validation/1", SIX, LONG)],
        "yelp": [dialogue("yelp/train/1", "Good bread.")],
    }
    outcome = compare(tmp_path, datasets)
    assert outcome.compared["meld"].leaks == {
        ("emorynlp/validation", "turns"): 1,
        ("emorynlp/validation", "conversations"): 1,
        ("meld/test", "conversations"): 1,
    }
    assert outcome.compared["meld"].rejected == {("train", LEAK): 1}
    assert outcome.compared["meld"].withheld == 1
    assert not outcome.compared["yelp"].leaks
    assert outcome.compared["meld"].card.leak_rate == 1.0


def test_the_matrix_counts_turns_only_in_what_stays(tmp_path):
    leaking = scene(SIX)
    datasets = {
        "meld": [leaking, replace(leaking, id="meld/train/copy"), dialogue("meld/train/2", LONG)],
        "emorynlp": [dialogue("emorynlp/validation/1", SIX), dialogue("emorynlp/test/1", LONG)],
    }
    kept = compare(tmp_path / "copies", datasets).compared["meld"]
    assert kept.rejected == {("train", LEAK): 1, ("train", DUPLICATE): 1}
    assert kept.leaks == {("emorynlp/validation", "turns"): 1, ("emorynlp/test", "conversations"): 1}
    assert kept.withheld == 1
    dropped = compare(tmp_path / "dropped", datasets, replace(DEFAULT, drop="meld")).compared["meld"]
    assert (dropped.leaks, dropped.withheld) == ({}, 0)


def test_speakers_and_labels_do_not_hide_a_copy(tmp_path):
    train = scene("Hm.")
    train = replace(train, turns=(Turn("Ruth", SIX, "joy", "inform"), *train.turns))
    assert found(tmp_path, train, dialogue("dailydialog/test/1", SIX, "Hm.")) == (None, (0,))
