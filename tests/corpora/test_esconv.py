"""ESConv's reader on made-up files with every quirk of the real ones."""

import json

import pytest

from pica.corpora.esconv import CORPUS
from pica.schema import Turn
from tests.corpora.support import failure, read, write


def turn(text: str, strategy: str | None = None) -> dict:
    return {"text": text, "speaker": "sys", "strategy": strategy} if strategy else {"text": text, "speaker": "usr"}


SHOP = {
    "emotion_type": "anxiety",
    "problem_type": "job crisis",
    "situation": " My shop may have to close this winter.",
    "dialog": [
        turn("I haven't slept since the bank called."),
        turn("That sounds exhausting.", "Reflection of feelings"),
        turn("Which of the two letters came first?", "Question"),
        turn("That it's \u00a330,000 \U0001f62d"),
    ],
}
PARENTS = {**SHOP, "emotion_type": "anger", "problem_type": "Issues with Parents"}
EXAM = {**SHOP, "emotion_type": "fear", "problem_type": "conflict with parents", "dialog": SHOP["dialog"][1:]}


def lines(*rows: dict) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


FILES = {"train.txt": lines(SHOP, PARENTS), "valid.txt": lines(EXAM), "test.txt": lines(SHOP)}


def test_a_line_is_a_conversation(tmp_path):
    rows = read(CORPUS, write(tmp_path, FILES))
    assert [row.id for row in rows] == ["esconv/train/0", "esconv/train/1", "esconv/validation/0", "esconv/test/0"]
    assert (rows[0].situation, rows[0].emotion) == ("My shop may have to close this winter.", "anxiety")
    # Turns of one speaker in a row stay apart: each has its own strategy.
    assert rows[0].turns == (
        Turn("seeker", "I haven't slept since the bank called."),
        Turn("supporter", "That sounds exhausting.", act="Reflection of feelings"),
        Turn("supporter", "Which of the two letters came first?", act="Question"),
        Turn("seeker", "That it's £30,000 😭"),
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"emotion_type": "bored"}, "unknown emotion_type 'bored'"),
        ({"problem_type": "bored"}, "unknown problem_type 'bored'"),
        ({"situation": ""}, "an empty situation"),
        ({"situation": None}, "the key 'situation' is missing"),
        ({"dialog": []}, "without a turn"),
        ({"dialog": ["Hello."]}, "expected an object with the key 'speaker'"),
        ({"dialog": [turn("Hello.", "Small talk")]}, "unknown strategy 'Small talk'"),
        ({"dialog": [{"text": "Hello.", "speaker": "sys"}]}, "a supporter's has None"),
        ({"dialog": [{**turn("Hello."), "strategy": "Question"}]}, "a seeker's has 'Question'"),
        ({"dialog": [{**turn("Hello."), "speaker": "listener"}]}, "unknown speaker 'listener'"),
        ({"dialog": [turn(" ")]}, "an empty text"),
    ],
)
def test_a_broken_dialogue_is_refused(tmp_path, change, problem):
    error = failure(CORPUS, write(tmp_path, {**FILES, "valid.txt": lines(EXAM, {**SHOP, **change})}))
    assert (error.path.name, error.line) == ("valid.txt", 2)
    assert problem in str(error)


def test_a_cut_file_is_refused(tmp_path):
    whole = FILES["train.txt"]
    assert "no line end" in str(failure(CORPUS, write(tmp_path, {**FILES, "train.txt": whole[:-1]})))
    assert failure(CORPUS, write(tmp_path, {**FILES, "train.txt": whole[:-40]})).line == 2


def test_failed_dialogues_are_not_read(tmp_path):
    assert len(read(CORPUS, write(tmp_path, {**FILES, "FailedESConv.json": "[{}]"}))) == 4
