"""DailyDialog's and RECCON's reader on made-up files with every quirk of the real ones."""

import json

import pytest

from pica.corpora.dailydialog import CORPUS
from pica.schema import Cause, Rejected, Turn
from tests.corpora.support import failure, read, write

EVIDENCE, SPAN = "expanded emotion cause evidence", "expanded emotion cause span"


def turn(number: int, utterance: str, emotion: str = "neutral", evidence=(), spans=()) -> dict:
    plain = {"turn": number, "speaker": "AB"[(number + 1) % 2], "utterance": utterance, "emotion": emotion}
    return {**plain, EVIDENCE: list(evidence), SPAN: list(spans), "type": ["no-context"]} if evidence else plain


CAT = [
    turn(1, "Did you feed the cat ?"),
    turn(2, "Twice . Now he's asleep on your coat !", "happines", [2, "b", 1], ["he's asleep", "b", "feed the cat"]),
    turn(3, "Not the blue one !", "angry", [2], ["on your coat"]),
]
BUS = [turn(1, "The bus is full .", "excited", ["b"], ["b"]), turn(2, "Let ' s walk .")]
LOST = [turn(1, "I lost the ring .", "sad", [2], ["since Monday"]), turn(2, "You had it since Monday .")]
TRAIN_TEXT = (
    "Did you feed the cat ? __eou__ Twice . Now he's asleep on your coat ! __eou__ Not the blue one ! __eou__\n"
    "The bus is full . __eou__ Let ’ s walk . __eou__\n"
    "15 . __eou__ That ’ s cheap.Really ! __eou__\n"
    "I lost the ring . __eou__ You had it since Monday . __eou__\n"
)

FILES = {
    "dialogues_train.txt": TRAIN_TEXT,
    "dialogues_act_train.txt": "2 1 3 \n1 4 \n1 1 \n1 1 \n",
    "dialogues_emotion_train.txt": "0 4 1 \n0 0 \n0 6 \n5 0 \n",
    "dialogues_validation.txt": "Is this seat free ? __eou__ I am afraid not . __eou__\n",
    "dialogues_act_validation.txt": "2 1 \n",
    "dialogues_emotion_validation.txt": "0 0 \n",
    "dialogues_test.txt": "What is that smell ? __eou__ Old fish . __eou__\n",
    "dialogues_act_test.txt": "2 1 \n",
    "dialogues_emotion_test.txt": "2 3 \n",
    "dailydialog_train.json": json.dumps({"tr_0": [CAT]}),
    "dailydialog_valid.json": json.dumps({"tr_1": [BUS]}),
    "dailydialog_test.json": json.dumps({"tr_3": [LOST], "te_0": [[turn(1, "What is that smell ?")]]}),
}


def test_a_line_is_a_conversation_of_two_speakers(tmp_path):
    rows = {row.id: row for row in read(CORPUS, write(tmp_path, FILES))}
    assert rows["dailydialog/train/2"].turns == (
        Turn("A", "15 .", "no emotion", "inform"),
        Turn("B", "That ’ s cheap.Really !", "surprise", "inform"),
    )
    assert [turn.speaker for turn in rows["dailydialog/train/0"].turns] == ["A", "B", "A"]
    assert [turn.emotion for turn in rows["dailydialog/test/0"].turns] == ["disgust", "fear"]


def test_a_reccon_dialogue_is_a_conversation_with_causes(tmp_path):
    rows = {row.id: row for row in read(CORPUS, write(tmp_path, FILES))}
    cat = rows["dailydialog/train/reccon-tr_0"]
    assert cat.turns[1:] == (
        Turn("B", "Twice . Now he's asleep on your coat !", "happiness"),
        Turn("A", "Not the blue one !", "anger"),
    )
    assert cat.causes == (
        Cause(1, "happiness", 1, "he's asleep"),
        Cause(1, "happiness", 0, "feed the cat"),
        Cause(2, "anger", 1, "on your coat"),
    )


def test_a_cause_outside_the_dialogue_is_none_and_one_in_a_later_turn_is_kept(tmp_path):
    rows = {row.id: row for row in read(CORPUS, write(tmp_path, FILES))}
    assert rows["dailydialog/validation/reccon-tr_1"].causes == ()
    assert rows["dailydialog/validation/reccon-tr_1"].turns[0].emotion == "happiness"
    assert rows["dailydialog/test/reccon-tr_3"].causes == (Cause(0, "sadness", 1, "since Monday"),)


def test_what_reccon_holds_out_is_not_trained_on(tmp_path):
    rejected = [row for row in read(CORPUS, write(tmp_path, FILES)) if isinstance(row, Rejected)]
    assert [(row.id, row.reason) for row in rejected] == [
        ("dailydialog/train/1", "its RECCON copy is in validation"),
        ("dailydialog/train/3", "its RECCON copy is in test"),
    ]
    assert json.loads(rejected[1].row) == {
        "text": "I lost the ring . __eou__ You had it since Monday . __eou__",
        "act": "1 1 ",
        "emotion": "5 0 ",
    }


def test_what_dailydialog_holds_out_is_not_trained_on(tmp_path):
    files = {**FILES, "dailydialog_train.json": json.dumps({"va_0": [CAT]})}
    rows = {row.id: row for row in read(CORPUS, write(tmp_path, files))}
    copy = rows["dailydialog/train/reccon-va_0"]
    assert copy.reason == "its DailyDialog copy is in validation"
    assert json.loads(copy.row) == {"va_0": [CAT]}
    assert len(rows["dailydialog/validation/0"].turns) == 2


def test_an_utterance_cut_in_two_is_rejected(tmp_path):
    text = FILES["dialogues_train.txt"].replace("Twice . Now", "Twice . __eou__ Now")
    row = read(CORPUS, write(tmp_path, {**FILES, "dialogues_train.txt": text}))[4]
    assert (row.id, row.reason) == ("dailydialog/train/0", "label counts disagree")


@pytest.mark.parametrize(
    ("name", "content", "line", "problem"),
    [
        ("dialogues_train.txt", "Yes ? __eou__ No .\n", 1, "should end with __eou__"),
        ("dialogues_train.txt", "\n", 1, "should end with __eou__"),
        ("dialogues_train.txt", TRAIN_TEXT.replace("I lost the ring .", ""), 4, "an empty utterance"),
        ("dialogues_train.txt", TRAIN_TEXT.rstrip("\n"), 4, "no line end"),
        ("dialogues_act_train.txt", "2 1 3 \n1 4 \n0 1 \n1 1 \n", 3, "unknown act '0'; known are 1, 2, 3, 4"),
        ("dialogues_emotion_train.txt", "0 4 1 \n0 0 \n0 7 \n5 0 \n", 3, "unknown emotion '7'"),
        ("dialogues_act_test.txt", "", None, "empty"),
    ],
)
def test_a_broken_line_is_refused(tmp_path, name, content, line, problem):
    error = failure(CORPUS, write(tmp_path, {**FILES, name: content}))
    assert (error.path.name, error.line) == (name, line)
    assert problem in str(error)


def test_a_file_that_ends_early_is_refused(tmp_path):
    error = failure(CORPUS, write(tmp_path, {**FILES, "dialogues_emotion_train.txt": "0 4 1 \n0 0 \n"}))
    assert error.line == 3
    assert "dialogues_emotion_train.txt" in str(error)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"xx_1": [CAT]}, "expected an id such as tr_12, found 'xx_1'"),
        ({"tr_01": [CAT]}, "expected an id such as tr_12"),
        ({"tr_5": CAT}, "list of one list"),
        ({"tr_5": [[]]}, "list of one list"),
        ({"tr_5": [CAT[1:]]}, "expected turn 1, found turn 2"),
        ({"tr_5": [[{**BUS[1], "turn": 1, "speaker": "C"}]]}, "unknown speaker 'C'"),
        ({"tr_5": [[turn(1, "Hm .", "bored", ["b"], ["b"])]]}, "unknown emotion 'bored'"),
        ({"tr_5": [[turn(1, "Hm .", "sad")]]}, "turn 1 (sadness) has 0 pieces of evidence and 0 spans"),
        ({"tr_5": [[turn(1, "Hm .", "neutral", [1], ["Hm"])]]}, "turn 1 (no emotion) has 1 pieces"),
        ({"tr_5": [[turn(1, "Hm .", "sad", [1, "b"], ["Hm"])]]}, "2 pieces of evidence and 1 spans"),
        ({"tr_5": [[turn(1, "Hm .", "sad", [2], ["Hm"])]]}, "names 2 as evidence"),
        ({"tr_5": [[turn(1, "Hm .", "sad", [True], ["Hm"])]]}, "names True as evidence"),
        ({"tr_5": [[turn(1, "Hm .", "sad", [1], ["Ham"])]]}, "the cause 'Ham'"),
        ({"tr_5": [[turn(1, "Hm .", "sad", [1], [" "])]]}, "the cause ' '"),
        ({"tr_0": [BUS]}, "tr_0 stands in RECCON a second time"),
    ],
)
def test_a_broken_reccon_dialogue_is_refused(tmp_path, content, problem):
    error = failure(CORPUS, write(tmp_path, {**FILES, "dailydialog_valid.json": json.dumps(content)}))
    assert (error.path.name, error.line, error.unit) == ("dailydialog_valid.json", 1, "item")
    assert problem in str(error)
