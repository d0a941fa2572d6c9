"""EmoWOZ's reader on made-up files with every quirk of the real ones, in both layouts."""

import json

import pytest

from pica.corpora.emowoz import CORPUS
from pica.schema import Turn
from tests.corpora.support import failure, read, write

MULTIWOZ, DIALMAGE, SPLIT = "emowoz-multiwoz.json", "emowoz-dialmage.json", "data-split.json"
HEADER = ",local_seq,local_emo\n"


def said(text: str, final: int | None = None) -> dict:
    annotations = [{"ab12cd34": 1, "emotion": 6}, {"ab12cd35": 1, "emotion": 0}, {"ab12cd36": 1, "emotion": 2}]
    turn = {"text": text, "metadata": {}, "dialog_act": {}, "span_info": []}
    return {**turn, "emotion": [] if final is None else [*annotations, {"emotion": final}]}


SAUNA = {"goal": {}, "log": [said("The sauna is closed ?", 1), said("I am afraid so ."), said("Your fault !", 4)]}
TRAIN = {"goal": {}, "log": [said("A train to Ely .", 0), said("One leaves at 9 .")]}
SPLITS = {
    # One of the training dialogues is listed twice.
    "train": {"multiwoz": ["SNG99123.json"], "dialmage": ["DMAGE9.json", "DMAGE9.json"]},
    "dev": {"multiwoz": ["PMUL9.json"], "dialmage": []},
    "test": {"multiwoz": [], "dialmage": ["DMAGE8.json"]},
}
NATIVE = {
    SPLIT: json.dumps(SPLITS),
    MULTIWOZ: json.dumps({"PMUL9.json": TRAIN, "SNG99123.json": SAUNA}),
    DIALMAGE: json.dumps({"DMAGE9.json": TRAIN, "DMAGE8.json": TRAIN}),
}
PINNED = {
    SPLIT: json.dumps(SPLITS),
    "validation.csv": HEADER + '0,The sauna is closed?,1\n1,"A train, please.\nTo Ely.",0\n',
    "test.csv": HEADER + "0,Thanks!,6\n",
}


def test_a_native_dialogue_is_a_conversation(tmp_path):
    rows = read(CORPUS, write(tmp_path, {**PINNED, **NATIVE}))
    assert [row.id for row in rows] == [
        "emowoz/validation/PMUL9",
        "emowoz/train/SNG99123",
        "emowoz/train/DMAGE9",
        "emowoz/test/DMAGE8",
    ]
    assert rows[1].turns == (
        Turn("user", "The sauna is closed ?", "fearful"),
        Turn("system", "I am afraid so ."),
        Turn("user", "Your fault !", "abusive"),
    )


def test_without_dialogues_a_users_turn_is_a_conversation(tmp_path):
    rows = read(CORPUS, write(tmp_path, PINNED))
    assert [(row.id, row.turns) for row in rows] == [
        ("emowoz/validation/0", (Turn("user", "The sauna is closed?", "fearful"),)),
        ("emowoz/validation/1", (Turn("user", "A train, please.\nTo Ely.", "neutral"),)),
        ("emowoz/test/0", (Turn("user", "Thanks!", "satisfied"),)),
    ]


def test_half_of_the_dialogues_are_not_enough(tmp_path):
    files = {name: content for name, content in NATIVE.items() if name != MULTIWOZ}
    assert failure(CORPUS, write(tmp_path, files)).path.name == MULTIWOZ


def dialogue(*turns: dict) -> str:
    return json.dumps({"DMAGE9.json": {"log": list(turns)}})


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (dialogue(), "has no turn"),
        (dialogue(said("Hm .")), "turn 0 is the user's and has 0 annotations"),
        (dialogue(said("Hm .", 0), said("Hm .", 0)), "turn 1 is the system's and has 4 annotations"),
        (dialogue(said("Hm .", 7)), "unknown emotion '7'"),
        (dialogue({**said("Hm ."), "emotion": [1, 1, 1, 1]}), "expected an object with the key 'emotion'"),
        (dialogue({**said("Hm ."), "emotion": [{}, {}, {}, {"emotion": "0"}]}), "should be a whole number"),
        (dialogue(said(" ", 0)), "an empty utterance"),
        (json.dumps({"DMAGE7.json": TRAIN}), "expected a dialogue of data-split.json, each once, found 'DMAGE7.json'"),
        (NATIVE[DIALMAGE][:-9], "not valid JSON"),
    ],
)
def test_a_broken_dialogue_is_refused(tmp_path, content, problem):
    error = failure(CORPUS, write(tmp_path, {**NATIVE, DIALMAGE: content}))
    assert error.path.name == DIALMAGE
    assert problem in str(error)


@pytest.mark.parametrize(
    ("splits", "problem"),
    [
        ({**SPLITS, "test": SPLITS["train"]}, "each in one split, found 'SNG99123.json' in test"),
        ({**SPLITS, "dev": {"multiwoz": [3], "dialmage": []}}, "expected dialogue ids"),
        ({**SPLITS, "dev": {"multiwoz": []}}, "the key 'dialmage' is missing"),
        ([], "expected an object with the key 'train'"),
    ],
)
def test_a_broken_split_is_refused(tmp_path, splits, problem):
    error = failure(CORPUS, write(tmp_path, {**NATIVE, SPLIT: json.dumps(splits)}))
    assert error.path.name == SPLIT
    assert problem in str(error)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("1,Hm.,7\n", "unknown emotion '7'"),
        ("1, ,0\n", "an empty utterance"),
        ("2,Hm.,0\n", "expected row 1, found row 2"),
        ("one,Hm.,0\n", "a whole number as row number"),
        ("1,Hm.\n", "expected 3 cells"),
        ("1,Hm.,0", "no line end"),
    ],
)
def test_a_broken_row_is_refused(tmp_path, row, problem):
    error = failure(CORPUS, write(tmp_path, {**PINNED, "test.csv": PINNED["test.csv"] + row}))
    assert (error.path.name, error.line) == ("test.csv", 3)
    assert problem in str(error)
