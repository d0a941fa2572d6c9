"""The rules: what may go on, and why not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from pica.cleaning.rules import reason_against, repaired
from pica.corpora import catalogue, corpus
from pica.params import Filter
from pica.schema import Cause, Conversation, Turn
from tests.strategies import conversations

DAILYDIALOG = corpus("dailydialog")
ANY = Filter(licences="any", max_chars=40)
GOOD = Conversation(
    id="dailydialog/train/1",
    corpus="dailydialog",
    split="train",
    language="en",
    turns=(Turn("A", "The bus was late.", "anger", "inform"), Turn("B", "Again?", "surprise")),
    causes=(Cause(0, "anger", 0, "was late"),),
)


def against(rules: Filter = ANY, **changed) -> str | None:
    return reason_against(replace(GOOD, **changed), DAILYDIALOG, rules)


def test_a_good_conversation_goes_on():
    assert against() is None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"turns": ()}, "no turns"),
        ({"turns": (Turn("A", "Hm."), Turn("B", ""))}, "an empty turn"),
        ({"turns": (Turn("A", "x" * 41),)}, "a turn longer than 40 characters"),
        ({"turns": (Turn("A", "Hm.", "hunger"),), "causes": ()}, "label not in the set: hunger"),
        ({"turns": (Turn("A", "Hm.", None, "shout"),), "causes": ()}, "label not in the set: shout"),
        ({"emotion": "anger|hunger"}, "label not in the set: hunger"),
        ({"causes": (Cause(0, "hunger", 0, "was late"),)}, "label not in the set: hunger"),
        ({"causes": (Cause(0, "anger", 1, "was late"),)}, "a cause span that is not in its turn"),
        ({"causes": (Cause(0, "anger", 0, ""),)}, "a cause span that is not in its turn"),
    ],
)
def test_each_rule_has_its_reason(changed, reason):
    assert against(**changed) == reason


def test_a_turn_may_be_as_long_as_the_rule_says():
    assert against(turns=(Turn("A", "x" * 40),), causes=()) is None


@pytest.mark.parametrize("corpus", catalogue().values(), ids=catalogue())
def test_only_terms_that_allow_it_are_commercial(corpus):
    conversation = Conversation(f"{corpus.name}/train/1", corpus.name, "train", "en", (Turn("A", "Hm."),))
    assert reason_against(conversation, corpus, ANY) is None
    reason = reason_against(conversation, corpus, Filter(licences="commercial", max_chars=40))
    assert reason == (None if corpus.commercial else f"licence: {corpus.licence} does not allow commercial use")


# Repair


def test_all_text_is_repaired_and_nothing_else():
    raw = Conversation(
        id="a/train/1 ",
        corpus="a",
        split="train",
        language="en",
        turns=(Turn(" Ruth", "Don\u0092t  go.", " joy", " ask"),),
        situation=" It\u0092s late. ",
        personas=("I  sail.", " \u200b"),
        emotion=" joy",
        causes=(Cause(0, " joy", 0, "Don\u0092t  go"),),
    )
    assert repaired(raw) == Conversation(
        id="a/train/1 ",
        corpus="a",
        split="train",
        language="en",
        turns=(Turn("Ruth", "Don’t go.", " joy", " ask"),),
        situation="It’s late.",
        personas=("I sail.",),
        emotion=" joy",
        causes=(Cause(0, " joy", 0, "Don’t go"),),
    )


def test_a_situation_of_blanks_is_none():
    assert repaired(replace(GOOD, situation=" \ufeff")).situation is None


@given(conversations)
def test_repair_has_nothing_to_do_a_second_time(conversation):
    once = repaired(conversation)
    assert repaired(once) == once
    assert len(once.turns) == len(conversation.turns)
