"""Questions about a conversation as a whole: whom they are about, which turns they show, and their words."""

import pytest

from pica.corpora import View
from pica.prompts import phrasings
from pica.schema import Conversation, Persona, Turn
from pica.tasks import examples

TRAIN = Conversation(
    "train/train/0",
    "train",
    "train",
    "en",
    (
        Turn("speaker", "I missed the last train."),
        Turn("listener", "Oh no!"),
        Turn("speaker", "I slept on a bench."),
        Turn("listener", "That sounds cold."),
    ),
    personas=(Persona("listener", "I give people warm words."),),
    emotion="sad",
)


def only(view: View):
    (example,) = examples(TRAIN, view, history=1)
    return example


def test_the_feeling_of_a_conversation_is_its_speakers_not_that_of_whoever_speaks_last():
    feeling = View(
        "train-classification",
        "dialogue_emotion",
        10,
        asks="emotion",
        of="conversation",
        labels=("sad",),
        speaker="speaker",
    )
    assert (only(feeling).speaker, only(feeling).turns) == ("speaker", TRAIN.turns[2:])


def test_without_one_it_is_that_of_whoever_speaks_last():
    feeling = View("train-classification", "dialogue_emotion", 10, asks="emotion", of="conversation", labels=("sad",))
    assert only(feeling).speaker == "listener"


def test_a_persona_is_inferred_from_the_end_and_an_emotion_from_the_beginning():
    persona = View(
        "train-persona-inference", "dialogue_inference", 10, asks="persona", of="conversation", speaker="listener"
    )
    assert (only(persona).speaker, only(persona).turns) == ("listener", TRAIN.turns[2:])
    emotion = View(
        "train-emotion-inference", "dialogue_inference", 10, asks="emotion", of="conversation", labels=("sad",)
    )
    assert (only(emotion).speaker, only(emotion).turns) == ("speaker", TRAIN.turns[:2])


@pytest.mark.parametrize(("language", "last"), [("en", ("last", "end of")), ("zh", ("最后一句",))])
def test_only_a_question_about_a_turn_speaks_of_the_last_one(language, last):
    for phrasing in phrasings(language, "dialogue_emotion", "emotion"):
        words = {"noun": "NOUN", "speaker": "SPEAKER", "choices": "CHOICES"}
        of_turn, of_whole = (phrasing.render(words, of_turn=value) for value in (True, False))
        assert any(word in of_turn for word in last)
        assert not any(word in of_whole for word in last)
        assert all(word in of_whole for word in words.values())
