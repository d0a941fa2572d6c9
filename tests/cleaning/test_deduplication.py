"""Copies in a training split: the first stays, the others go with a reason, and what only looks like a copy stays."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from pica.cleaning.deduplication import (
    CONFLICT,
    DUPLICATE,
    NEAR_DUPLICATE,
    OTHER_LABEL,
    OUTVOTED,
    TIED,
    band_size,
)
from pica.schema import Cause, Persona, Turn
from tests.cleaning.support import DEFAULT, compare, dialogue

WORDS = [f"{a}{b}" for a in ("ta", "ko", "mi", "ru", "se") for b in ("ne", "lo", "pa", "di", "bu")]
LONG = " ".join(random.Random(3).choices(WORDS, k=60))
ONE = dialogue("meld/train/0", "More tea?", LONG)


def copies(tmp_path, *others, first=ONE, **rules) -> list[str | None]:
    """Of some conversations after a first one, why they go."""
    rows = [first, *(replace(other, id=f"meld/train/{n}") for n, other in enumerate(others, start=1))]
    outcome = compare(tmp_path, {"meld": rows}, replace(DEFAULT, **rules))
    reasons = outcome.reasons("meld")
    assert len(outcome.kept["meld"]) + len(reasons) == len(rows)
    return [reasons.get(row.id) for row in rows]


def say(*texts: str, **more):
    return dialogue("meld/train/0", *texts, **more)


def changed(words: int) -> str:
    """LONG with so many of its words changed, apart from each other."""
    said = LONG.split()
    for place in range(words):
        said[5 + 9 * place] = "tea"
    return " ".join(said)


@pytest.mark.parametrize(
    "other",
    [
        ONE,
        say("more tea", LONG.upper() + "!"),
        replace(ONE, emotion="joy"),
        replace(ONE, turns=(Turn("A", "More tea?", "anger"), ONE.turns[1])),
    ],
)
def test_of_copies_the_first_stays(tmp_path, other):
    labels = [(c.emotion, [turn.emotion for turn in c.turns]) for c in (ONE, other)]
    reason = DUPLICATE if labels[0] == labels[1] else DUPLICATE + OTHER_LABEL
    assert copies(tmp_path, other, other) == [None, reason, reason]


@pytest.mark.parametrize(
    "other",
    [
        say("More tea? " + LONG),
        say(LONG, "More tea?"),
        say("More tea?", LONG, "Hm."),
        say("More tea?", LONG, speakers="AA"),
        say("More tea?", LONG, speakers="AC"),  # another person's answer
        replace(ONE, situation="At the station."),
        replace(ONE, personas=(Persona("A", "I sail."),)),
    ],
)
def test_what_differs_in_what_is_asked_is_no_copy(tmp_path, other):
    assert copies(tmp_path, other) == [None, None]


def test_two_annotations_of_one_text_are_no_copies(tmp_path):
    own = dialogue("dailydialog/train/7", "More tea?", LONG)
    annotated = replace(own, id="dailydialog/train/reccon-tr_7", causes=(Cause(0, "anger", 0, "tea"),))
    outcome = compare(tmp_path, {"dailydialog": [annotated, own]})
    assert outcome.kept["dailydialog"] == [annotated, own]


@pytest.mark.parametrize(("words", "reason"), [(0, DUPLICATE), (1, NEAR_DUPLICATE), (2, NEAR_DUPLICATE), (4, None)])
def test_a_near_copy_has_nearly_all_pairs_of_words(tmp_path, words, reason):
    # Each changed word takes 2 of 59 pairs and adds 2: 57/61, 55/63 and 51/67 are shared.
    assert copies(tmp_path, say("More tea?", changed(words))) == [None, reason]


def test_the_threshold_decides(tmp_path):
    other = say("More tea?", changed(2))
    assert copies(tmp_path / "strict", other, near=0.9) == [None, None]
    assert copies(tmp_path / "loose", other, near=0.8) == [None, NEAR_DUPLICATE]


@pytest.mark.parametrize(
    "other",
    [
        say("Less tea?", LONG),  # another question with the same answer
        say("?!", LONG, speakers="AB"),
        say("More tea?", LONG + " " + " ".join(WORDS)),
    ],
)
def test_every_turn_of_a_near_copy_is_one(tmp_path, other):
    assert copies(tmp_path, other) == [None, None]


def test_signs_are_compared_as_they_are(tmp_path):
    assert copies(tmp_path, say("...", LONG), say("?! ", LONG), first=say("?!", LONG)) == [None, None, DUPLICATE]


def test_a_copy_of_a_near_copy_goes_too(tmp_path):
    near = say("More tea?", changed(1))
    assert copies(tmp_path, near, near) == [None, NEAR_DUPLICATE, DUPLICATE]


def test_what_is_near_to_a_copy_alone_stays(tmp_path):
    assert copies(tmp_path, say("More tea?", changed(2)), say("More tea?", changed(4))) == [None, NEAR_DUPLICATE, None]


@pytest.mark.parametrize(("mode", "reasons"), [("none", [None] * 3), ("exact", [None, DUPLICATE, None])])
def test_fewer_are_looked_for_when_asked_so(tmp_path, mode, reasons):
    assert copies(tmp_path, ONE, say("More tea?", changed(1)), duplicates=mode) == reasons


def test_copies_with_different_labels_all_go_when_asked_so(tmp_path):
    joy, again, other = replace(ONE, emotion="joy"), replace(ONE, emotion="joy"), say("No tea.")
    assert copies(tmp_path / "keep", joy, other) == [None, DUPLICATE + OTHER_LABEL, None]
    assert copies(tmp_path / "drop", joy, other, conflicts="drop") == [CONFLICT, CONFLICT, None]
    assert copies(tmp_path / "same", again, first=joy, conflicts="drop") == [None, DUPLICATE]
    near = replace(say("More tea?", changed(1)), emotion="joy")
    assert copies(tmp_path / "near", near, conflicts="drop") == [CONFLICT, CONFLICT]


def test_of_copies_with_different_labels_the_first_with_that_of_the_majority_stays(tmp_path):
    joy, fear = replace(ONE, emotion="joy"), replace(ONE, emotion="fear")
    voted = copies(tmp_path / "most", joy, joy, fear, first=fear, conflicts="majority")
    assert voted == [TIED] * 4
    voted = copies(tmp_path / "clear", joy, joy, first=fear, conflicts="majority")
    assert voted == [OUTVOTED, None, DUPLICATE]
    assert copies(tmp_path / "kept", joy, joy, first=fear, conflicts="majority", duplicates="none") == [
        OUTVOTED,
        None,
        None,
    ]
    assert copies(tmp_path / "same", joy, first=joy, conflicts="majority") == [None, DUPLICATE]


def test_copies_that_lose_their_label_are_counted(tmp_path):
    rows = [replace(ONE, id=f"meld/train/{n}", emotion=emotion) for n, emotion in enumerate(("joy", "joy", "fear"))]
    assert compare(tmp_path, {"meld": rows}).compared["meld"].card.relabelled_copies == 1


def test_held_out_copies_stay_and_are_counted(tmp_path):
    rows = [replace(ONE, id=f"meld/test/{n}", split="test") for n in range(3)]
    outcome = compare(tmp_path, {"meld": rows}, replace(DEFAULT, conflicts="drop"))
    assert outcome.kept["meld"] == rows
    assert outcome.compared["meld"].card.held_out_duplicates == 2


def test_a_copy_of_a_leak_is_a_leak_and_what_is_near_to_one_stays(tmp_path):
    held = dialogue("meld/test/0", "More tea?", "Never.")
    rows = [say("More tea?", "Never."), replace(say("More tea", "Never"), id="meld/train/1"), held]
    assert set(compare(tmp_path, {"meld": rows}).reasons("meld").values()) == {
        "its text stands in the test set of meld"
    }


def test_most_near_copies_of_many_are_found(tmp_path):
    """In each band a row meets two others, not all: what that costs in recall."""
    rng = random.Random(7)
    rows = []
    for group in range(40):
        text = rng.choices(WORDS, k=80)
        for copy in range(5):
            said = [*text[: 7 + copy], "tea", *text[8 + copy :]]
            rows.append(dialogue(f"meld/train/{group}-{copy}", " ".join(said), " ".join(text)))
    reasons = compare(tmp_path, {"meld": rows}).reasons("meld")
    assert set(reasons.values()) == {NEAR_DUPLICATE}
    assert len(reasons) == 160


@pytest.mark.parametrize(("near", "shared"), [(0.3, 28), (0.5, 40), (0.7, 49), (0.85, 55)])
def test_a_pair_that_is_just_near_enough_is_found_whatever_is_near_enough(tmp_path, near, shared):
    rng = random.Random(5)
    rows = []
    for pair in range(200):
        one, other = (rng.choices(range(10_000), k=60) for _ in range(2))
        other[: shared + 1] = one[: shared + 1]
        assert near <= shared / (2 * 59 - shared) < near + 0.05
        rows += [dialogue(f"yelp/train/{pair}-{n}", " ".join(map(str, said))) for n, said in enumerate((one, other))]
    reasons = compare(tmp_path, {"yelp": rows}, replace(DEFAULT, near=near)).reasons("yelp")
    assert set(reasons.values()) == {NEAR_DUPLICATE}
    assert 198 <= len(reasons) <= 200


@pytest.mark.parametrize(("near", "size"), [(0.3, 2), (0.5, 3), (0.85, 8), (0.9, 10), (1.0, 128)])
def test_bands_are_as_long_as_what_is_near_enough_allows(near, size):
    assert band_size(near) == size
