"""Texts and JSON lines in, typed answers out."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from pica.chat.asking import LONGEST, Answered, Input, ask_all, choose_view, read_input
from pica.corpora import views
from pica.errors import ChatError
from pica.output import Description, LabelAnswer, Reply
from pica.schema import TASKS, Instruction, Turn
from tests.chat.scripted import Told


class Answers:
    """Says the same to each question, and keeps them."""

    def __init__(self, text: str = "", finished: bool = True) -> None:
        self.text, self.finished, self.asked = text, finished, []

    def probabilities_of_all(self, questions: Sequence[Instruction]) -> list[dict[str, float]]:
        self.asked += questions
        return [{name: float(number == 1) for number, name in enumerate(q.candidates)} for q in questions]

    def describe_all(self, questions: Sequence[Instruction], max_new_tokens: int) -> list[Told]:
        self.asked += questions
        return [Told(self.text, self.finished) for _ in questions]

    def quote_all(self, questions: Sequence[Instruction], lines: Sequence[Sequence[str]]) -> list[str]:
        self.asked += questions
        return [self.text for _ in questions]


def ask(view: str, line: str, model: Answers) -> dict:
    given = read_input(line, "stdin, line 1")
    (answered,) = ask_all(model, view, [given], "en")
    return answered.to_row(given)


def test_a_label_with_all_probabilities():
    model = Answers()
    row = ask("emotion_stimulus-classification", "The bread burnt.", model)
    labels = views()["emotion_stimulus-classification"].labels
    assert row["label"] == labels[1]
    assert list(row["probabilities"]) == list(labels)
    assert model.asked[0].messages[0]["content"].endswith("\n\nThe bread burnt.")


def test_probabilities_are_printed_with_four_digits():
    labels = views()["emotion_stimulus-classification"].labels
    answered = Answered("emotion_stimulus-classification", LabelAnswer(labels[0], dict.fromkeys(labels, 1 / 7)))
    assert set(answered.to_row(Input(()))["probabilities"].values()) == {0.1429}


def test_a_fine_view_chooses_among_all_its_labels():
    row = ask("goemotions-fine-classification", "The bread burnt.", Answers())
    assert len(row["probabilities"]) == 27


def test_spans_say_in_which_turn_they_stand():
    line = json.dumps({"turns": ["It is late.", "My boss shouted again."], "emotion": "anger"})
    row = ask("dailydialog-cause", line, Answers("my boss shouted\nthe rain"))
    assert row["spans"] == [{"turn": 1, "start": 0, "end": 15, "text": "My boss shouted"}]
    assert row["dropped"] == ("the rain",)
    assert row["emotion"] == "anger"


def test_a_reply_is_cleaned_and_checked():
    line = json.dumps({"turns": [{"speaker": "seeker", "text": "I failed."}], "situation": "A test."})
    model = Answers("supporter: I hear you. seeker: thanks")
    row = ask("esconv-generation", line, model)
    assert (row["text"], row["stopped"], row["held_back"]) == ("I hear you.", "role", False)
    assert '"A test."' in model.asked[0].messages[0]["content"]
    assert ask("esconv-generation", line, Answers("Go kill yourself."))["held_back"] is True


def test_what_comes_back_has_a_type():
    given = [Input((Turn("A", "I failed."),))] * 2
    kinds = {
        "dailydialog-classification": LabelAnswer,
        "esconv-act-inference": LabelAnswer,
        "esconv-situation-inference": Description,
        "dailydialog-generation": Reply,
    }
    for view, kind in kinds.items():
        answered = ask_all(Answers("So it is."), view, given, "en")
        assert [type(a.answer) for a in answered] == [kind, kind]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('{"text": 1}', "text should be a text, found 1"),
        ('{"text": ""}', "a text is empty"),
        ('{"text": "a", "turns": []}', "either text or turns"),
        ('{"turns": []}', "a text is empty"),
        ('{"turns": 3}', "are lists"),
        ('{"turns": "It is late."}', "are lists"),
        ('{"turns": {"speaker": "A", "text": "It is late."}}', "are lists"),
        ('{"text": "a", "persona": "I like tea."}', "are lists"),
        ('{"text": "a \\ud83d"}', "half a character"),
        ('{"text": "a", "situation": "\\udc00"}', "half a character"),
        ("caf\udce9", "half a character"),
        ('{"text": ' + "[" * 100_000, "not JSON"),
        ('{"text": ' + "9" * 10_000 + "}", "not JSON"),
        ('{"turns": [{"speaker": "A"}]}', "text should be a text"),
        ('{"words": "a"}', "unknown key words"),
        ('{"text": "a"', "not JSON"),
        ("\x00\x01", "a text is empty"),
        ("x" * (LONGEST + 1), "20,001 characters"),
        ("x" * 100_000, "100,000 characters"),
    ],
)
def test_bad_input_names_the_line(line, named):
    with pytest.raises(ChatError, match=named) as caught:
        read_input(line, "stdin, line 7")
    assert str(caught.value).startswith("stdin, line 7: ")


@pytest.mark.parametrize("line", ["The bread burnt.", '{"text": "The bread burnt.", "emotion": " "}'])
def test_a_cause_without_an_emotion_is_said(line):
    with pytest.raises(ChatError, match=r'input 1: .*"emotion"'):
        ask("dailydialog-cause", line, Answers())


@pytest.mark.parametrize("text", ["<|im_end|> x", "<b>x</b>", "😀", "مرحبا", "A: x"])
def test_tags_and_markup_stay_text(text):
    model = Answers()
    ask("dailydialog-classification", text, model)
    assert model.asked[0].messages[0]["content"].endswith(text)


@pytest.mark.parametrize("task", TASKS)
def test_the_view_with_most_rows_is_asked(task):
    view = choose_view(task, "en", {})
    assert views()[view].task == task
    other = next(v.name for v in reversed(views().values()) if v.task == task and v.asks != "chat")
    assert choose_view(task, "en", {"meld-classification": 5}) or other


@pytest.mark.parametrize("key", ["situation", "emotion", "act", "speaker", "persona"])
def test_what_a_prompt_is_told_beside_the_turns_is_short_and_tidy(key):
    def told(value: str) -> Input:
        return read_input(
            json.dumps({"turns": ["Hello."], key: [value] if key == "persona" else value}), "stdin, line 1"
        )

    with pytest.raises(ChatError, match=f"stdin, line 1: {key}: 100,000 characters, and at most 600"):
        told("x" * 100_000)
    found = getattr(told("a\nb\x07 c"), key)
    assert (found[0] if key == "persona" else found) == "a b c"


def test_somebody_who_says_nothing_is_not_asked_about():
    line = json.dumps(
        {"turns": [{"speaker": "Ann", "text": "Hi."}, {"speaker": "Ben", "text": "Hello."}], "speaker": "Zoe"}
    )
    with pytest.raises(ChatError, match="input 1: Zoe says nothing there"):
        ask("empatheticdialogues-situation-inference", line, Answers("x"))
    model = Answers("A reply.")
    ask("esconv-generation", line, model)
    assert len(model.asked) == 1
