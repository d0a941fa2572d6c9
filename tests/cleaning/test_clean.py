"""Cleaning of whole conversations: every text, nothing but texts, and what is counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given

from pica.cleaning.clean import COUNTS, clean_conversation
from pica.schema import Cause, Conversation, Persona, Turn
from tests.strategies import conversations


def clean(raw: Conversation, masking: bool = True) -> tuple[Conversation, Counter[str]]:
    counts: Counter[str] = Counter()
    return clean_conversation(raw, masking, counts), +counts


GOOD = Conversation("meld/train/1", "meld", "train", "en", (Turn("Ruth", "The bus was late."),))
RAW = Conversation(
    id="a/train/1 ",
    corpus="a",
    split="train",
    language="en",
    turns=(
        Turn(" Ruth", "Don\u0092t  mail a@b.example.", " joy", " ask"),
        Turn("Ida", "Why?"),
        Turn("Ruth", "So  so."),
    ),
    situation=" It\u0092s on www.b.example. ",
    personas=(Persona(" Ida", "I  sail."), Persona("Ruth", " \u200b")),
    emotion=" joy",
    causes=(Cause(0, " joy", 0, "Don\u0092t  mail a@b.example"),),
)


def test_all_text_is_repaired_and_nothing_else():
    after, counts = clean(RAW, masking=False)
    assert after == replace(
        RAW,
        turns=(Turn("Ruth", "Don’t mail a@b.example.", " joy", " ask"), Turn("Ida", "Why?"), Turn("Ruth", "So so.")),
        situation="It’s on www.b.example.",
        personas=(Persona("Ida", "I sail."),),
        causes=(Cause(0, " joy", 0, "Don’t mail a@b.example"),),
    )
    assert counts == {"turns": 3, "unchanged": 1, "repaired": 1, "blanks": 1}


def test_a_span_is_masked_as_its_turn_is():
    after, counts = clean(RAW)
    assert after.turns[0].text == "Don’t mail [EMAIL]."
    assert after.causes[0].span == "Don’t mail [EMAIL]"
    assert after.situation == "It’s on [URL]."
    assert counts == {"turns": 3, "unchanged": 1, "repaired": 1, "blanks": 1, "email": 1}


def test_a_situation_of_blanks_is_none():
    assert clean(replace(GOOD, situation=" \ufeff"))[0].situation is None


def test_a_clean_conversation_is_not_copied():
    assert clean(GOOD)[0] is GOOD


@given(conversations)
def test_cleaning_has_nothing_to_do_a_second_time(conversation):
    once, counts = clean(conversation)
    again, none = clean(once)
    assert again == once
    assert len(once.turns) == len(conversation.turns)
    assert none == ({"turns": len(once.turns), "unchanged": len(once.turns)} if once.turns else {})
    assert set(counts) <= set(COUNTS)
