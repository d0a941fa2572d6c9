"""XPersona's Chinese reader on made-up files with every quirk of the real ones."""

import json

import pytest

from pica.corpora.xpersona_zh import CORPUS
from pica.schema import Persona, Turn
from pica.tasks import examples
from tests.corpora.support import failure, read, write

TRAIN = "Zh_persona_train_corrected.json"
VALID, TEST = (f"Zh_persona_split_{name}_human_annotated.json" for name in ("valid", "test"))
TURTLES = {
    "persona": ["我养了三只乌龟。", "我怕高 。"],
    "dialogue": [["你好，今天忙吗 ？", "还好。 你呢？"], ["我去爬山了。", "我可不行，我怕高。"]],
}


def row(number: int, **changes) -> dict:
    return {"persona": [f"我有{number}只猫。"], "dialogue": [["你好。", f"我有{number}只猫。"]], **changes}


def dump(*rows: dict) -> str:
    return json.dumps(rows, ensure_ascii=False)


def test_the_persona_is_the_second_speakers_and_blanks_beside_marks_go(tmp_path):
    rows = read(CORPUS, write(tmp_path, {VALID: dump(row(1)), TEST: dump(TURTLES)}))
    assert rows[1].id == "xpersona_zh/test/test-0"
    assert rows[1].turns[:2] == (Turn("甲", "你好，今天忙吗？"), Turn("乙", "还好。你呢？"))
    assert rows[1].personas == (Persona("乙", "我养了三只乌龟。"), Persona("乙", "我怕高。"))


def test_replies_and_persona_are_asked_of_the_second_speaker_alone(tmp_path):
    conversation = read(CORPUS, write(tmp_path, {VALID: dump(row(1)), TEST: dump(TURTLES)}))[1]
    replies, persona = ([*examples(conversation, view, 9)] for view in CORPUS.views)
    assert [reply.answer for reply in replies] == ["还好。你呢？", "我可不行，我怕高。"]
    assert {reply.personas for reply in replies} == {("我养了三只乌龟。", "我怕高。")}
    assert [(e.answer, e.speaker) for e in persona] == [("我养了三只乌龟。\n我怕高。", "乙")]


def test_without_the_training_file_upstreams_validation_is_for_training(tmp_path):
    rows = read(CORPUS, write(tmp_path, {VALID: dump(*map(row, range(60))), TEST: dump(row(99))}))
    splits = [row.split for row in rows]
    assert set(splits[:60]) == {"train", "validation"}
    assert splits.count("train") > 40


def test_with_it_each_file_is_a_split(tmp_path):
    files = {TRAIN: dump(row(1), row(2)), VALID: dump(*map(row, range(10, 30))), TEST: dump(row(99))}
    splits = [row.split for row in read(CORPUS, write(tmp_path, files))]
    assert splits == ["train", "train", *["validation"] * 20, "test"]


@pytest.mark.parametrize("name", [TRAIN, VALID])
def test_no_persona_of_the_test_set_is_trained_on(tmp_path, name):
    again = {**TURTLES, "persona": ["我怕高。", "我养了三只乌龟 。"], "dialogue": [["嗨。", "你好。"]]}
    files = {VALID: dump(row(1)), name: dump(*[again] * 12), TEST: dump(TURTLES)}
    assert "train" not in {
        row.split for row in read(CORPUS, write(tmp_path, files)) if row.personas[0].text[:2] == "我怕"
    }


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"persona": []}, "a dialogue without a persona"),
        ({"persona": [3]}, "expected a text as persona, found 3"),
        ({"persona": None}, "the key 'persona' is missing"),
        ({"dialogue": []}, "'dialogue' should be a list of pairs"),
        ({"dialogue": [["你好。"]]}, "'dialogue' should be a list of pairs"),
        ({"dialogue": [["你好。", " "]]}, "an empty utterance"),
    ],
)
def test_a_broken_row_is_refused(tmp_path, change, problem):
    error = failure(CORPUS, write(tmp_path, {VALID: dump(row(1), row(2, **change)), TEST: dump(row(3))}))
    assert (error.path.name, error.line, error.unit) == (VALID, 2, "item")
    assert problem in str(error)
