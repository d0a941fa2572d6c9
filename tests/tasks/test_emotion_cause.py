"""emotion_cause: the spans that say why, from as far back as they stand."""

from __future__ import annotations

from dataclasses import replace

from pica.corpora import View
from pica.schema import Cause, Conversation, Turn
from pica.tasks import examples

VIEW = View("bus-cause", "emotion_cause", 10, asks="cause")
TURNS = (
    Turn("A", "The bus was late and then it rained.", "anger"),
    Turn("B", "Oh."),
    Turn("B", "Poor you!", "sadness"),
    Turn("A", "I am soaked.", "anger"),
)


def found(*causes: Cause, history: int = 10):
    conversation = Conversation("bus/train/1", "bus", "train", "en", TURNS, causes=causes)
    return list(examples(conversation, VIEW, history))


def test_a_turns_causes_are_one_answer_in_the_order_of_the_text():
    (example,) = found(
        Cause(3, "anger", 3, "soaked"), Cause(3, "anger", 0, "it rained"), Cause(3, "anger", 0, "The bus was late")
    )
    assert example.answer.splitlines() == ["The bus was late", "it rained", "soaked"]
    assert (example.emotion, example.speaker, example.candidates) == ("anger", "A", ())
    assert [turn.text for turn in example.turns] == [turn.text for turn in TURNS]


def test_every_emotional_turn_is_a_question_of_what_was_said_up_to_it():
    examples = found(Cause(2, "sadness", 0, "it rained"), Cause(0, "anger", 0, "was late"))
    assert [(e.id, e.emotion, len(e.turns)) for e in examples] == [
        ("bus/train/1#cause-0", "anger", 1),
        ("bus/train/1#cause-2", "sadness", 3),
    ]


def test_the_window_reaches_back_to_the_earliest_cause():
    far, near = (found(Cause(3, "anger", turn, TURNS[turn].text), history=1)[0] for turn in (0, 3))
    assert (len(far.turns), len(near.turns)) == (4, 2)


def test_every_span_stands_in_what_is_shown():
    (example,) = found(Cause(3, "anger", 0, "it rained"), Cause(3, "anger", 3, "soaked"), history=0)
    shown = "\n".join(turn.text for turn in example.turns)
    assert all(span in shown for span in example.answer.splitlines())


def test_a_cause_that_is_yet_to_come_is_not_asked_for():
    assert found(Cause(0, "anger", 3, "soaked")) == []
    (example,) = found(Cause(0, "anger", 3, "soaked"), Cause(0, "anger", 0, "was late"))
    assert example.answer == "was late"


def test_a_span_that_is_annotated_twice_is_quoted_once():
    (example,) = found(Cause(0, "anger", 0, "was late"), Cause(0, "anger", 0, "was late"))
    assert example.answer == "was late"


def test_each_emotion_of_a_turn_is_a_question_of_its_own():
    angry, sad = found(Cause(3, "anger", 0, "it rained"), Cause(3, "sadness", 3, "soaked"), Cause(3, "anger", 3, "am"))
    assert (angry.id, angry.emotion, angry.answer) == ("bus/train/1#cause-3", "anger", "it rained\nam")
    assert (sad.id, sad.emotion, sad.answer) == ("bus/train/1#cause-3.2", "sadness", "soaked")


def test_the_emotion_is_told_in_the_words_of_the_view():
    conversation = Conversation("bus/train/1", "bus", "train", "en", TURNS, causes=(Cause(0, "anger", 0, "late"),))
    (example,) = examples(conversation, replace(VIEW, relabel={"anger": "rage"}), 10)
    assert example.emotion == "rage"


def test_without_causes_there_is_nothing_to_ask():
    assert found() == []
