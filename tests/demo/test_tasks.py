"""The four tasks beside the chat, by a scripted model."""

from __future__ import annotations

import pytest

from pica.chat.asking import LONGEST
from pica.demo import tasks
from pica.demo.words import word
from pica.errors import ChatError
from tests.chat.conftest import write_tables


def test_a_text_has_an_emotion_with_all_probabilities(asker):
    found = tasks.emotion(asker, "goemotions-coarse-classification", "The bread burnt again.", "en")
    assert sum(found.probabilities.values()) == pytest.approx(1)
    assert found.label == max(found.probabilities, key=found.probabilities.get)
    assert "goemotions-coarse-classification" in found.note
    assert "100 training rows" in found.note
    assert found.help == ""


def test_each_turn_of_a_dialogue_is_asked_about_with_those_before_it(asker, model):
    found = tasks.emotions(asker, "dailydialog-classification", "Ann: I lost it.\nBen: Oh no.\nAnn: All fine.", "en")
    assert [row[:4] for row in found.rows] == [
        [1, "Ann", "I lost it.", "sadness"],
        [2, "Ben", "Oh no.", "happiness"],
        [3, "Ann", "All fine.", "happiness"],
    ]
    first, second, _ = (question.messages[-2]["content"] for _, question in model.asked)
    assert "Oh no." not in first
    assert "I lost it." in second


def test_a_dialogue_shows_as_many_turns_as_in_training(asker, model):
    tasks.emotions(asker, "dailydialog-classification", "\n".join(f"Line {n}." for n in range(9)), "en")
    assert "Line 2." not in model.asked[-1][1].messages[-2]["content"]
    assert "Line 3." in model.asked[-1][1].messages[-2]["content"]


def test_causes_are_marked_in_the_text(asker, model):
    model.causes = "the cake burnt"
    found = tasks.causes(asker, "emotion_stimulus-cause", "I cried because the cake burnt.", "sad", "en")
    assert found.pieces == [("I cried because ", None), ("the cake burnt", "cause"), (".", None)]


def test_causes_in_a_dialogue_stand_in_their_turns(asker, model):
    model.causes = "burnt\nlost it"
    found = tasks.causes(asker, "dailydialog-cause", "Ann: You lost it!\nBen: It burnt.", "anger", "zh")
    assert found.pieces == [
        *[("Ann: ", None), ("You ", None), ("lost it", "原因"), ("!\n", None)],
        *[("Ben: ", None), ("It ", None), ("burnt", "原因"), (".", None)],
    ]


def test_a_cause_without_an_emotion_is_not_asked_for(asker):
    with pytest.raises(ChatError, match="情感"):
        tasks.causes(asker, "ecpe-cause", "蛋糕烤糊了，我哭了。", "", "zh")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_entry_beside_the_text_that_is_too_long_is_named_in_a_line(asker, model, language):
    for ask, view, label in [
        (tasks.causes, "emotion_stimulus-cause", "which_emotion"),
        (tasks.background, "esconv-situation-inference", "whose"),
    ]:
        with pytest.raises(ChatError, match="100,000") as error:
            ask(asker, view, "I cried because the cake burnt.", "x" * 100_000, language)
        assert word(language, label) in str(error.value)
        assert "\n" not in str(error.value)
    assert model.asked == []


def test_no_control_character_of_an_entry_or_a_name_reaches_a_prompt(asker, model):
    model.causes = "the cake burnt"
    tasks.causes(asker, "emotion_stimulus-cause", "I cried because the cake burnt.", " s\x00ad\x07\n", "en")
    tasks.background(asker, "esconv-situation-inference", "A\x00nn: I failed.\nBen: Oh.", "An\x1bn ", "en")
    for _, question in model.asked:
        asked = question.messages[-2]["content"]
        assert asked.replace("\n", "").isprintable()
    assert "sad" in model.asked[0][1].messages[-2]["content"]
    assert "Ann: I failed." in asked
    with pytest.raises(ChatError, match="choose an emotion"):
        tasks.causes(asker, "emotion_stimulus-cause", "I cried.", "\x00", "en")


def test_a_background_is_a_label_or_a_text(asker, model):
    closed = tasks.background(asker, "dailydialog-act-inference", "Ann: Sit down.\nBen: Why?", "", "en")
    assert (closed.text, sum(closed.probabilities.values())) == ("", pytest.approx(1))
    free = tasks.background(asker, "esconv-situation-inference", "Ann: I failed my test.", "Ann", "en")
    assert (free.text, free.probabilities) == ("I failed my test.", {})
    assert "Ann: I failed my test." in model.asked[-1][1].messages[-2]["content"]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("text", "speakers"), [("Ann: Sit down.\nBen: Why?", "Ann, Ben"), ("Sit down.\nWhy?", "A, B")])
def test_whoever_does_not_speak_is_not_asked_about(asker, model, text, speakers, language):
    with pytest.raises(ChatError, match=speakers) as error:
        tasks.background(asker, "esconv-situation-inference", text, "Zoe", language)
    assert "Zoe" in str(error.value)
    assert model.asked == []


def test_harm_in_a_text_brings_help_and_in_an_answer_is_held_back(asker, model):
    assert "988" in tasks.emotion(asker, "goemotions-classification", "I want to kill myself.", "en").help
    model.situations = ["I want to kill myself."]
    free = tasks.background(asker, "esconv-situation-inference", "Ann: I failed my test.", "", "en")
    assert "kill" not in free.text
    assert free.text


@pytest.mark.parametrize("text", ["", "  \n", "x" * (LONGEST + 1), "\n".join("ab" for _ in range(61))])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_cannot_be_asked_is_said_in_a_line(asker, text, language):
    with pytest.raises(ChatError) as error:
        tasks.emotions(asker, "dailydialog-classification", text, language)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "turns"),
    [
        ("Ann: Hi.\nBen：Yes: no.", [("Ann", "Hi."), ("Ben", "Yes: no.")]),
        ("小安：丢了。\n小本：又丢了？", [("小安", "丢了。"), ("小本", "又丢了？")]),
        ("Note: one text alone.", [("A", "Note: one text alone.")]),
        ("Hi.\n\nAnn: Yes.\nNo.", [("A", "Hi."), ("B", "Ann: Yes."), ("A", "No.")]),
        ("10:30 is fine.\n11:00 too.", [("A", "10:30 is fine."), ("B", "11:00 too.")]),
        ("user: <b>a</b>\n<|im_end|>: b", [("A", "user: <b>a</b>"), ("B", "<|im_end|>: b")]),
    ],
)
def test_who_speaks(text, turns):
    assert [(turn["speaker"], turn["text"]) for turn in tasks.read_turns(text, "en")] == turns


def test_the_first_question_is_a_trained_one_of_the_language(asker, tmp_path, model):
    assert asker.first("text_emotion", "zh").startswith(("smp2020", "ecpe"))
    write_tables(tmp_path / "few", {"emotion_stimulus-classification"})
    few = tasks.Asker(model, tmp_path / "few", 5)
    assert few.known("text_emotion") == ["emotion_stimulus-classification"]
    assert few.first("text_emotion", "zh") == "emotion_stimulus-classification"
    assert "not known to be trained" in few.note("meld-classification", "en")


def test_emotions_whose_cause_is_asked_for_are_those_of_the_view():
    assert "sadness" in tasks.feelings("dailydialog-cause")
    assert all(tasks.feelings(view) for view in ("ecpe-cause", "emotion_stimulus-cause", "goodnewseveryone-cause"))
