"""text_emotion: one question a text."""

from __future__ import annotations

from pica.corpora import View
from pica.schema import Conversation, Turn
from pica.tasks import examples

VIEW = View("tea-classification", "text_emotion", 10, asks="emotion", of="conversation", labels=("joy", "fear"))


def found(*turns: Turn, emotion: str | None, history: int = 10):
    return list(examples(Conversation("tea/test/7", "tea", "test", "en", turns, emotion=emotion), VIEW, history))


def test_a_text_is_one_question():
    (example,) = found(Turn("writer", "Tea!", "fear"), emotion="joy")
    assert (example.answer, example.candidates) == ("joy", ("joy", "fear"))
    assert example.turns == (Turn("writer", "Tea!"),)


def test_a_text_of_several_turns_is_shown_whole():
    turns = [Turn("A", "Tea?"), Turn("B", "No."), Turn("A", "Please!")]
    (example,) = found(*turns, emotion="fear", history=0)
    assert (example.turns, example.speaker) == (tuple(turns), "A")


def test_a_text_without_a_label_of_the_view_is_none():
    assert found(Turn("writer", "Tea."), emotion="neutral") == found(Turn("writer", "Tea."), emotion=None) == []
