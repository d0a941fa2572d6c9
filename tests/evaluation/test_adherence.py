from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pica.evaluation.adherence import COLUMNS, headline, scores
from pica.schema import EXAMPLE, Example, Instruction, Prediction, Turn
from pica.store import write_rows

SAID = {"joy": "What a happy day, we won!", "anger": "How dare you, I hate that!", "fear": "I am scared of the dark."}
ACTS = {"joy": "inform", "anger": "accuse", "fear": "inform"}


def example(view: str, id: str, turn: str, text: str, answer: str, candidates=(), **controls) -> Example:
    variant = view.partition("-")[2]
    task = "dialogue_generation" if variant == "generation" else "dialogue_emotion"
    about = (f"{id}#{variant}{turn}", view, task, "made", id.split("/")[1], "en")
    return Example(*about, (Turn("Ann", text),), "Ann", answer, tuple(candidates), **controls)


@pytest.fixture
def replies() -> list[Example]:
    """Replies, turn 1 of their conversations, that are to carry an emotion and two acts."""
    made = []
    for number in range(72):
        emotion = list(SAID)[number % 3]
        id = f"made/{'test' if number < 12 else 'train'}/{number}"
        controls = {"emotion": emotion, "act": f"{ACTS[emotion]}|greet"}
        made.append(example("made-generation", id, "-1", "Well?", f"{SAID[emotion]} {number}", **controls))
    return made


@pytest.fixture
def views(replies, tmp_path) -> Path:
    """Theirs, those of the emotion and of the first act of these turns, and three that ask something else."""

    def asking(view: str, label, labels, turn: str = "-1") -> list[Example]:
        return [example(view, e.id.partition("#")[0], turn, e.answer, label(e), labels) for e in replies]

    for examples in (
        replies,
        asking("made-classification", lambda e: e.emotion, SAID),
        asking("made-act-inference", lambda e: ACTS[e.emotion], ("inform", "accuse")),
        asking("made-whole", lambda e: e.emotion, SAID, turn=""),
        asking("made-listener", lambda e: "fear", SAID),
        asking("made-persona", lambda e: e.emotion, ()),
    ):
        write_rows(tmp_path / f"{examples[0].view}.parquet", examples, EXAMPLE)
    return tmp_path


def rows(replies, prompt="Emotion of the reply: {emotion}. Kind of reply: {act}. Go on.") -> list[Instruction]:
    return [
        Instruction(
            task_type=e.task,
            dataset="made",
            instruction=prompt.format(emotion=e.emotion, act=e.act.replace("|", ", then ")),
            instances=({"input": "Well?", "output": e.answer},),
            is_classification=False,
            name=e.view,
            id=e.id,
            split="test",
            language="en",
            messages=(),
            candidates=(),
        )
        for e in replies
        if e.split == "test"
    ]


def answered(asked, say) -> list[Prediction]:
    return [Prediction.to(row, "mine", say(row), None, None, True) for row in asked]


def found(asked, views, say) -> dict[str, dict]:
    made = scores(answered(asked, say), asked, views, seed=1)
    assert all(list(row) == COLUMNS for row in made)
    return {row["control"]: row for row in made}


def test_the_gold_replies_carry_what_was_asked_for(replies, views):
    asked = rows(replies)
    made = found(asked, views, lambda row: row.instances[0]["output"])
    assert made["emotion"]["classifier"] == "made-classification"
    assert made["act"]["classifier"] == "made-act-inference"
    for row in made.values():
        assert (row["n"], row["adherence"], row["gold"], row["accuracy"], row["note"]) == (12, 100, 100, 100, "")
    assert headline(list(made.values())) == {"emotion_adherence": 100.0, "act_adherence": 100.0}


def test_a_reply_of_another_emotion_does_not_and_neither_does_an_empty_one(replies, views):
    made = found(rows(replies), views, lambda row: SAID["anger"])
    assert made["emotion"]["adherence"] == pytest.approx(100 / 3, abs=1e-3)
    assert made["emotion"]["gold"] == 100
    assert found(rows(replies), views, lambda row: " ")["emotion"]["adherence"] == 0


def test_it_is_the_same_whatever_the_order(replies, views):
    asked = rows(replies)
    before = scores(answered(asked, lambda row: SAID["joy"]), asked, views, seed=1)
    for path in views.glob("*.parquet"):
        path.rename(path.with_suffix(".old"))
    write_rows(views / "made-generation.parquet", replies[::-1], EXAMPLE)
    for path in views.glob("*.old"):
        if not path.with_suffix(".parquet").exists():
            path.rename(path.with_suffix(".parquet"))
    assert scores(answered(asked[::-1], lambda row: SAID["joy"]), asked, views, seed=1) == before


def test_where_no_view_asks_for_the_label_of_the_replies_that_is_said(replies, views):
    """The label may be there and mean the other person's feeling: then the views of these turns disagree."""
    (views / "made-classification.parquet").unlink()
    made = found(rows(replies), views, lambda row: "Well.")
    assert made["emotion"]["note"] == "no view asks for the emotion of these replies"
    assert made["emotion"]["adherence"] is None
    assert "emotion_adherence" not in headline(list(made.values()))
    assert made["act"]["adherence"] is not None


def test_prompts_that_do_not_tell_a_label_do_not_ask_for_it(replies, views):
    made = found(rows(replies, "Kind of reply: {act}. Go on."), views, lambda row: "Well.")
    assert set(made) == {"act"}
    made = found(rows(replies, "Go on."), views, lambda row: "Well.")
    assert [row["note"] for row in made.values()] == ["its prompts ask for no emotion and no act"]


def test_a_classifier_of_one_label_is_none(replies, views):
    same = [replace(e, emotion="joy") for e in replies]
    write_rows(views / "made-generation.parquet", same, EXAMPLE)
    turns = [example("made-classification", e.id.partition("#")[0], "-1", e.answer, "joy", SAID) for e in same]
    write_rows(views / "made-classification.parquet", turns, EXAMPLE)
    made = found(rows(same), views, lambda row: "Well.")["emotion"]
    assert made["note"] == "the training rows of made-classification have fewer than two labels"


def test_other_tasks_have_no_row(views):
    assert scores([], [], views, seed=1) == []
