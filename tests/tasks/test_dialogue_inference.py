"""dialogue_inference: an act of each turn, the emotion of the last, or the background of the whole."""

from __future__ import annotations

import pytest

from pica.corpora import View
from pica.schema import Conversation, Persona, Turn
from pica.tasks import examples

FLAT = Conversation(
    "flat/train/1",
    "flat",
    "train",
    "en",
    (
        Turn("supporter", "Hello.", "neutral", "greet"),
        Turn("seeker", "I lost the keys.", "fear"),
        Turn("supporter", "Where?", None, "ask"),
        Turn("seeker", "At work.", "sadness", "inform"),
    ),
    situation="I am locked out.",
    personas=(
        Persona("seeker", "I lose things."),
        Persona("supporter", "I cook."),
        Persona("seeker", "I live alone."),
    ),
    emotion="fear",
)


def found(conversation: Conversation = FLAT, history: int = 10, **fields):
    return list(examples(conversation, View("flat-inference", "dialogue_inference", 10, **fields), history))


@pytest.mark.parametrize("asks", ["act", "strategy"])
def test_an_act_is_asked_of_each_turn_that_has_one(asks):
    acts = found(asks=asks, labels=("greet", "ask", "inform"), history=1)
    assert [(e.answer, e.speaker, len(e.turns)) for e in acts] == [
        ("greet", "supporter", 1),
        ("ask", "supporter", 2),
        ("inform", "seeker", 2),
    ]
    assert len({e.id for e in acts}) == 3


def test_a_view_may_ask_of_one_speaker_alone():
    acts = found(asks="act", labels=("greet", "ask", "inform"), speaker="seeker")
    assert [e.answer for e in acts] == ["inform"]


def test_an_emotion_of_a_turn_is_that_of_the_last():
    (example,) = found(asks="emotion", labels=("sadness", "fear"), history=2)
    assert (example.answer, example.speaker, len(example.turns)) == ("sadness", "seeker", 3)
    assert found(asks="emotion", labels=("joy",)) == []


@pytest.mark.parametrize(
    ("asks", "answer", "labels"),
    [
        ("situation", "I am locked out.", ()),
        ("persona", "I lose things.\nI live alone.", ()),
        ("emotion", "fear", ("fear", "joy")),
    ],
)
def test_a_background_is_one_question_about_the_speaker_it_belongs_to(asks, answer, labels):
    (example,) = found(asks=asks, of="conversation", labels=labels, speaker="seeker")
    assert (example.answer, example.speaker, example.candidates) == (answer, "seeker", labels)
    assert len(example.turns) == len(FLAT.turns)


def test_of_a_long_dialogue_the_beginning_tells_the_situation():
    (example,) = found(asks="situation", of="conversation", history=1)
    assert [turn.text for turn in example.turns] == ["Hello.", "I lost the keys."]


@pytest.mark.parametrize("asks", ["situation", "persona", "emotion"])
def test_what_is_not_known_is_not_asked(asks):
    bare = Conversation("flat/train/2", "flat", "train", "en", FLAT.turns)
    assert found(bare, asks=asks, of="conversation", labels=("fear",)) == []


def test_the_background_does_not_travel_with_the_question():
    (example,) = found(asks="situation", of="conversation")
    assert (example.situation, example.personas, example.emotion) == (None, (), None)
