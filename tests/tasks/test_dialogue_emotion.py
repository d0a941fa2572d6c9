"""dialogue_emotion: which label of a turn is asked for."""

from pica.corpora import View
from pica.schema import Conversation, Turn
from pica.tasks import examples

QUIET = Conversation(
    "quiet/train/0",
    "quiet",
    "train",
    "en",
    (
        Turn("seeker", "The flat is so quiet.", "sadness"),
        Turn("supporter", "When did she move out?", "neutral", act="no warmth, strong exploration"),
    ),
)


def view(asks, **fields) -> View:
    return View("quiet-classification", "dialogue_emotion", 10, asks=asks, **fields)


def test_an_emotion_is_asked_of_each_turn_that_has_one_of_the_labels():
    found = list(examples(QUIET, view("emotion", labels=("sadness", "joy")), history=10))
    assert [(example.speaker, example.answer) for example in found] == [("seeker", "sadness")]


def test_empathy_is_asked_of_the_act_of_an_answer():
    labels = ("no exploration", "strong exploration")
    relabel = {"no warmth, strong exploration": "strong exploration"}
    (example,) = examples(QUIET, view("empathy", labels=labels, relabel=relabel), history=10)
    assert (example.speaker, example.answer, example.candidates) == ("supporter", "strong exploration", labels)
    assert len(example.turns) == 2
