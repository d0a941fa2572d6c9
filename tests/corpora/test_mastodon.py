"""Mastodon's reader on made-up files with every quirk of the real ones."""

import json

import pytest

from pica.corpora.mastodon import CORPUS
from pica.schema import Rejected, Turn
from tests.corpora.support import failure, read, write

TRAIN, TEST = "datatrainJoint.txt", "datatestJoint.txt"
TREE = (
    "0 *_O What is everybody baking today ? \n"
    "1 +_W Rye bread , <URL>with honey \n"
    "2 -_D honey ? no \n"
    "0 *_O What is everybody baking today ? \n"
    "1 *_I Rye bread , <URL>with honey \n"
    "2 +_J 🍞  🍞 \n"
    "0 *_O What is everybody baking today ? \n"
    "1 +_W Rye bread , <URL>with honey \n"
)
FILES = {TRAIN: TREE, TEST: "0 *_H Hello \n1 *_H Hello \n0 *_H Hello \n1 *_Q Who is that ? \n2 *_H Hello \n"}


def test_a_path_is_a_conversation(tmp_path):
    rows = read(CORPUS, write(tmp_path, FILES))
    assert [row.id.rpartition("/")[2] for row in rows] == ["0", "1", "2", "0", "1"]
    assert [row.split for row in rows[3:]] == ["test", "test"]
    assert rows[0].turns == (
        Turn("A", "What is everybody baking today ?", "neutral", "open question"),
        Turn("B", "Rye bread , <URL>with honey", "positive", "answer"),
        Turn("A", "honey ? no", "negative", "disagreement"),
    )


def test_a_line_after_the_same_lines_is_labelled_once(tmp_path):
    rows = read(CORPUS, write(tmp_path, FILES))
    assert rows[1].turns == (
        Turn("A", "What is everybody baking today ?"),
        Turn("B", "Rye bread , <URL>with honey"),  # with other labels than the first time
        Turn("A", "🍞  🍞", "positive", "exclamation"),
    )
    # The same words after others are another line.
    assert [turn.act for turn in rows[3].turns] == ["greeting", "greeting"]
    assert [turn.act for turn in rows[4].turns] == [None, "closed question", "greeting"]


def test_the_beginning_of_an_earlier_dialogue_is_rejected(tmp_path):
    row = read(CORPUS, write(tmp_path, FILES))[2]
    assert isinstance(row, Rejected)
    assert row.reason == "the beginning of an earlier dialogue"
    assert json.loads(row.row)[1] == ["Rye bread , <URL>with honey", "positive", "answer"]


def test_validation_is_cut_out_of_train_by_first_line(tmp_path):
    paths = "".join(f"0 *_I Post {n // 2} \n1 *_A Yes {n} \n" for n in range(120))
    rows = read(CORPUS, write(tmp_path, {**FILES, TRAIN: paths}))[:120]
    splits = [row.split for row in rows]
    assert splits[::2] == splits[1::2]
    assert set(splits) == {"train", "validation"}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("1 *_K Hm . \n", "unknown act 'K'"),
        ("1 ?_I Hm . \n", "expected a number, labels"),
        ("1 * I Hm . \n", "expected a number, labels"),
        ("1 *_I\n", "expected a number, labels"),
        ("1 *_I  \n", "an empty text"),
        ("2 *_I Hm . \n", "expected line 1 of the dialogue, found 2"),
        ("1 *_I Hm . ", "no line end"),
    ],
)
def test_a_broken_line_is_refused(tmp_path, line, problem):
    error = failure(CORPUS, write(tmp_path, {**FILES, TEST: "0 *_H Hello \n" + line}))
    assert (error.path.name, error.line) == (TEST, 2)
    assert problem in str(error)


def test_a_file_opens_with_a_dialogue(tmp_path):
    error = failure(CORPUS, write(tmp_path, {**FILES, TRAIN: "1 *_H Hello \n"}))
    assert "expected line 0" in str(error)
