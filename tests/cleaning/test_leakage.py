"""Fingerprints: two conversations that say the same share one, whoever says it and however it is written."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pica.cleaning.leakage import fingerprint
from pica.schema import Conversation, Turn
from tests.strategies import conversations


def said(*texts: str) -> Conversation:
    return Conversation("a/train/1", "a", "train", "en", tuple(Turn("one", text) for text in texts))


def test_a_copy_with_other_case_and_punctuation_is_found():
    assert fingerprint(said("You sold it?", "No.")) == fingerprint(said("you sold it", "NO!"))


def test_who_says_it_and_with_which_label_does_not_matter():
    other = Conversation("b/test/9", "b", "test", "en", (Turn("Ruth", "Hm.", "joy", "inform"),), emotion="joy")
    assert fingerprint(said("Hm")) == fingerprint(other)


def test_turns_are_turns():
    distinct = [said("a b"), said("a", "b"), said("b", "a"), said("a"), said("a", "b", "c"), said("?"), said("!")]
    assert len({fingerprint(conversation) for conversation in distinct}) == len(distinct)


@given(conversations, st.text(st.characters(categories=["L", "N"]), min_size=1))
def test_one_more_word_is_another_conversation(conversation, word):
    longer = replace(conversation, turns=(*conversation.turns, Turn("one", word)))
    assert fingerprint(conversation) != fingerprint(longer)
