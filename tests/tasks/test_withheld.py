"""Withheld turns: no example shows one or asks about one, and what is left of the conversation is still used."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pica.corpora import View
from pica.schema import Cause, Conversation, Persona, Turn
from pica.tasks import examples

VISIT = Conversation(
    "visit/train/0",
    "visit",
    "train",
    "en",
    (
        Turn("Ann", "The bell rang.", "fear", "inform"),
        Turn("Bo", "Who was it?", "surprise", "question"),
        Turn("Ann", "My aunt.", "joy", "inform"),
        Turn("Ann", "With her dog.", "joy", "inform"),
        Turn("Bo", "The big one?", "fear", "question"),
        Turn("Ann", "The very one.", "joy", "inform"),
    ),
    situation="An aunt comes to tea.",
    personas=(Persona("Ann", "I like dogs."),),
    emotion="joy",
    causes=(
        Cause(1, "surprise", 0, "bell"),
        Cause(2, "joy", 2, "aunt"),
        Cause(4, "fear", 3, "dog"),
        Cause(5, "joy", 2, "aunt"),
        Cause(5, "joy", 3, "dog"),
    ),
)
LABELS = ("joy", "fear", "surprise")
EMOTION = View("visit-classification", "dialogue_emotion", 9, asks="emotion", labels=LABELS)
WHOLE = replace(EMOTION, of="conversation")
TEXT = View("visit-text-classification", "text_emotion", 9, asks="emotion", of="conversation", labels=LABELS)
CAUSE = View("visit-cause", "emotion_cause", 9, asks="cause")
REPLY = View("visit-generation", "dialogue_generation", 9, asks="reply", controls=("emotion",))
LAST_REPLY = replace(REPLY, of="conversation")
ACT = View("visit-act-inference", "dialogue_inference", 9, asks="act", labels=("inform", "question"))
LAST = View("visit-emotion-inference", "dialogue_inference", 9, asks="emotion", labels=LABELS)
SITUATION = View("visit-situation-inference", "dialogue_inference", 9, asks="situation", of="conversation")
PERSONA = View("visit-persona-inference", "dialogue_inference", 9, asks="persona", of="conversation")
VIEWS = (EMOTION, WHOLE, TEXT, CAUSE, REPLY, LAST_REPLY, ACT, LAST, SITUATION, PERSONA)


def shown(view: View, *withheld: int, history: int = 9) -> dict[str, list[int]]:
    """What an example is about → the turns that it shows."""
    texts = [turn.text for turn in VISIT.turns]
    made = examples(replace(VISIT, withheld=withheld), view, history)
    return {e.id.rpartition("-")[2]: [texts.index(turn.text) for turn in e.turns] for e in made}


@pytest.mark.parametrize(
    ("view", "withheld", "expected"),
    [
        (EMOTION, (1,), {"0": [0], "2": [2], "3": [2, 3], "4": [2, 3, 4], "5": [2, 3, 4, 5]}),
        (EMOTION, (0, 1, 2, 3, 4), {"5": [5]}),
        (ACT, (4,), {"0": [0], "1": [0, 1], "2": [0, 1, 2], "3": [0, 1, 2, 3], "5": [5]}),
        (WHOLE, (1,), {}),
        (TEXT, (0,), {}),
        (LAST, (2,), {"inference": [3, 4, 5]}),
        (LAST, (5,), {}),
        # A reply is all that one says in a row, and answers somebody.
        (REPLY, (0,), {"2": [1], "4": [1, 2, 3], "5": [1, 2, 3, 4]}),
        (REPLY, (3,), {"1": [0], "5": [4]}),
        (REPLY, (2,), {"1": [0], "4": [3], "5": [3, 4]}),
        (LAST_REPLY, (1,), {"5": [2, 3, 4]}),
        (LAST_REPLY, (5,), {}),
        # All causes must be heard.
        (CAUSE, (1,), {"2": [2], "4": [2, 3, 4], "5": [2, 3, 4, 5]}),
        (CAUSE, (3,), {"1": [0, 1], "2": [0, 1, 2]}),
        (CAUSE, (4,), {"1": [0, 1], "2": [0, 1, 2]}),
        # A beginning that moves, an end that is cut.
        (SITUATION, (1,), {"inference": [2, 3, 4, 5]}),
        (SITUATION, (5,), {}),
        (PERSONA, (3,), {"inference": [4, 5]}),
        (PERSONA, (5,), {}),
    ],
)
def test_what_is_shown_of_a_conversation_with_withheld_turns(view, withheld, expected):
    assert shown(view, *withheld) == expected


@pytest.mark.parametrize("view", [WHOLE, SITUATION], ids=lambda view: view.name)
def test_a_whole_conversation_is_asked_about_when_the_piece_that_is_shown_is_clean(view):
    far = 0 if view is WHOLE else 5
    assert shown(view, far, history=1) == shown(view, history=1) != {}


@given(st.sampled_from(VIEWS), st.sets(st.integers(0, 5)), st.integers(0, 6))
def test_no_example_shows_or_answers_with_a_withheld_turn(view, withheld, history):
    hidden = {VISIT.turns[turn].text for turn in withheld}
    for example in examples(replace(VISIT, withheld=tuple(sorted(withheld))), view, history):
        assert example.turns
        assert not hidden & {turn.text for turn in example.turns}
        assert not any(text in example.answer for text in hidden)
