"""The rules: what may go on, and why not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pica.cleaning.rules import rejection_reason
from pica.corpora import catalogue, corpus
from pica.params import Filter
from pica.schema import Cause, Conversation, Turn
from tests.cleaning.support import DEFAULT

DAILYDIALOG = corpus("dailydialog")
ANY = replace(DEFAULT, max_chars=100)
ITALIAN = "Il cane della mia vicina ha mangiato tutti i biscotti che erano sul tavolo."
GOOD = Conversation(
    id="dailydialog/train/1",
    corpus="dailydialog",
    split="train",
    language="en",
    turns=(Turn("A", "The bus was late.", "anger", "inform"), Turn("B", "Again?", "surprise")),
    causes=(Cause(0, "anger", 0, "was late"),),
)


def against(rules: Filter = ANY, **changed) -> str | None:
    return rejection_reason(replace(GOOD, **changed), DAILYDIALOG, rules)


def test_a_good_conversation_goes_on():
    assert against() is None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"turns": ()}, "no text"),
        ({"turns": (Turn("A", "Hm."), Turn("B", ""))}, "no text"),
        ({"turns": (Turn("A", "x" * 101),)}, "a turn longer than 100 characters"),
        ({"turns": (Turn("A", "?"),), "causes": ()}, "fewer than 2 characters"),
        ({"turns": (Turn("A", "Hm.", "hunger"),), "causes": ()}, "label not in the set: hunger"),
        ({"turns": (Turn("A", "Hm.", None, "shout"),), "causes": ()}, "label not in the set: shout"),
        ({"emotion": "anger|hunger"}, "label not in the set: hunger"),
        ({"causes": (Cause(0, "hunger", 0, "was late"),)}, "label not in the set: hunger"),
        ({"causes": (Cause(0, "anger", 1, "was late"),)}, "a cause span that is not in its turn"),
        ({"causes": (Cause(0, "anger", 0, ""),)}, "a cause span that is not in its turn"),
        ({"turns": (Turn("A", "I see. Seeker: Thank you."),), "causes": ()}, "another speaker's words inside a turn"),
        (
            {"turns": (Turn("A", "别担心。求助者：好的。我在。"),), "causes": ()},
            "another speaker's words inside a turn",
        ),
        ({"turns": (Turn("A", ITALIAN),), "causes": ()}, "in another language"),
    ],
)
def test_each_rule_has_its_reason(changed, reason):
    assert against(**changed) == reason


def test_a_turn_may_be_as_long_as_the_rule_says():
    assert against(turns=(Turn("A", "x" * 100),), causes=()) is None


def test_the_language_is_checked_where_it_is_asked_for():
    assert against(replace(ANY, language_check=False), turns=(Turn("A", ITALIAN),), causes=()) is None


def test_a_text_that_is_only_there_for_its_label_needs_one():
    text = Conversation("imdb/train/1", "imdb", "train", "en", (Turn("writer", "Slow at first."),))
    assert rejection_reason(text, corpus("imdb"), ANY) == "no label"
    assert rejection_reason(replace(text, emotion="positive"), corpus("imdb"), ANY) is None


@pytest.mark.parametrize(("name", "reason"), [("smilechat", "one speaker throughout"), ("meld", None)])
def test_one_speaker_is_a_fault_where_replies_are_all_there_is(name, reason):
    alone = Conversation(f"{name}/train/1", name, "train", "en", (Turn("client", "Hm, well."), Turn("client", "Yes.")))
    assert rejection_reason(alone, corpus(name), ANY) == reason


@pytest.mark.parametrize("corpus", catalogue().values(), ids=catalogue())
def test_only_terms_that_allow_it_are_commercial_or_redistributable(corpus):
    said = (Turn("A", "Hm.", *corpus.emotions[:1]), Turn("B", "Hm?"))
    conversation = Conversation(f"{corpus.name}/train/1", corpus.name, "train", "en", said)
    assert rejection_reason(conversation, corpus, ANY) is None
    reason = rejection_reason(conversation, corpus, replace(ANY, licences="commercial"))
    assert reason == (None if corpus.commercial else f"licence: {corpus.licence} does not allow commercial use")
    reason = rejection_reason(conversation, corpus, replace(ANY, licences="redistributable"))
    assert reason == (None if corpus.redistributable else f"licence: {corpus.licence} does not allow redistribution")


@pytest.mark.parametrize("corpus", catalogue().values(), ids=catalogue())
def test_terms_that_are_unstated_allow_nothing(corpus):
    assert not (corpus.licence == "unstated" and corpus.redistributable)
    assert corpus.redistributable or not corpus.commercial
