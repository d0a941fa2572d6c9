from __future__ import annotations

import re
from pathlib import Path

import pytest

from pica.chat.chatbot import Chatbot
from pica.chat.dialogues import Dialogue, read_dialogues
from pica.chat.session import Exchange
from pica.chat.state import Emotion, State
from pica.chat.transcripts import emotion_course, write_transcripts
from pica.errors import ChatError
from pica.inference.decoding import Decoding
from tests.chat.scripted import Scripted

DIALOGUES = Path(__file__).parents[2] / "docs/dialogues.yaml"


class Both(Scripted):
    """A scripted model with a base beneath it."""

    name = "made"

    def bare_answer(self, messages, decoding):
        return f"base on {len(messages)} | <b>\nuser: x", True


def test_the_page_has_each_turn_with_its_state_and_the_base_beside_it(root, tmp_path):
    bot = Chatbot(Both(emotions=[{"sadness": 0.9}, {"happiness": 0.9}], replies=["One|two."]), root, 5)
    dialogues = [Dialogue("the test", "school", "en", ["I failed.", "What should I do?", "I want to die."])]
    assert write_transcripts(bot, dialogues, tmp_path / "out.md", Decoding(temperature=0)) == 3
    page = (tmp_path / "out.md").read_text(encoding="utf-8")
    assert "| 1 | I failed. | One\\|two. | base on 1 \\| &lt;b> | sadness 0.90 | explore, " in page
    assert "| act, " in page
    assert "988" in page
    assert "volatility" in page
    assert "dailydialog-classification, 100 training rows, macro_f1 41.2 on test" in page


def test_what_is_through_when_the_rest_fails_is_kept(root, tmp_path):
    class Dies(Both):
        def bare_answer(self, messages, decoding):
            if messages[-1]["content"] == "And now?":
                raise MemoryError
            return super().bare_answer(messages, decoding)

    dialogues = [Dialogue(name, "school", "en", [said]) for name, said in (("one", "I failed."), ("two", "And now?"))]
    with pytest.raises(MemoryError):
        write_transcripts(Chatbot(Dies(), root, 5), dialogues, tmp_path / "out.md", Decoding(temperature=0))
    page = (tmp_path / "out.md").read_text(encoding="utf-8")
    assert "## one (school, en)" in page
    assert "## two" not in page


def test_help_has_no_emotion_of_its_own_and_the_base_is_held_back_as_a_model_is(root, tmp_path):
    class Harmful(Both):
        def bare_answer(self, messages, decoding):
            return "Kill yourself.", True

    def written(turns: list[str]) -> str:
        bot = Chatbot(Harmful(emotions=[{"sadness": 0.9}], replies=["Tell me more."]), root, 5)
        dialogues = [Dialogue("one", "safety", "en", turns)]
        write_transcripts(bot, dialogues, tmp_path / "out.md", Decoding(temperature=0))
        return (tmp_path / "out.md").read_text(encoding="utf-8")

    said = ["I failed.", "I want to die and I have the pills here."]
    page, alone = written(said), written(said[:1])
    assert "Kill yourself" not in page
    assert page.count("*[held back]*") == 2
    # The turn that got help adds nothing to the mean.
    of_first, of_both = (re.search("Mean emotion: .*", text).group() for text in (alone, page))
    assert of_first == of_both


def test_mean_and_volatility_of_emotion():
    turns = [{"a": 1.0, "b": 0.0}, {"a": 0.0, "b": 1.0}, {"a": 0.0, "b": 1.0}]
    exchanges = [Exchange("x", "y", "end", State(), State(emotion=Emotion(raw=raw))) for raw in turns]
    mean, volatility = emotion_course(exchanges)
    assert mean == pytest.approx({"a": 1 / 3, "b": 2 / 3})
    assert volatility == 0.5
    assert emotion_course([]) == ({}, 0.0)


def test_the_dialogues_of_the_repository():
    dialogues = read_dialogues(DIALOGUES)
    topics = {"school", "family", "friend", "work", "love", "illness", "safety"}
    for language in ("en", "zh"):
        assert {dialogue.topic for dialogue in dialogues if dialogue.language == language} == topics


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (None, "is missing"),
        ("a: [", "not valid YAML"),
        ("- {name: a}", "0.topic"),
        ("- {name: a, topic: b, language: fr, turns: [c]}", "0.language"),
        ("- {name: a, topic: b, language: en, turns: []}", "has no turn"),
        ("[]", "has no turn"),
        ("- &a [*a]", "Circular reference"),
        ("2026-01-01: [a]", "keys must be"),
        ("- {name: a, topic: b, language: en, turns: [c, '  ']}", "a, turn 2: the message is empty"),
        (f"- {{name: a, topic: b, language: en, turns: [{'x' * 5000}]}}", "a, turn 1: the message has 5,000"),
        ("3", "the file"),
    ],
)
def test_a_file_that_is_no_list_of_dialogues_is_said(tmp_path, text, named):
    if text is not None:
        (tmp_path / "turns.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ChatError, match=named):
        read_dialogues(tmp_path / "turns.yaml")
