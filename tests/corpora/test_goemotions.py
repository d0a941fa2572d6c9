"""GoEmotions' reader on made-up files with every quirk of the real ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pica.corpora import native
from pica.corpora.goemotions import CORPUS, EMOTIONS, _emotions
from tests.corpora.support import failure, read, write

FILES = {
    "train.tsv": (
        '"She said ""later"", and I believed her. Thanks, [NAME]!"\t15,22\te1qz0kd\n'
        "  Half a \\xe9clair, it's all I want  \t8\te1qz0ke\n"
        "It rained.\t27\te1qz0kf\n"
    ),
    "dev.tsv": "We won… finally 😀\t1,13,21\te2aaaaa\n",
    "test.tsv": "Is that a bus?\t7,27\te3aaaaa\n",
    "emotions.txt": "\n".join(EMOTIONS),
}


def test_a_comment_is_a_conversation_of_one_turn(tmp_path):
    rows = read(CORPUS, write(tmp_path, FILES))
    assert [(row.id, row.turns[0].text, row.emotion) for row in rows] == [
        ("goemotions/train/e1qz0kd", 'She said "later", and I believed her. Thanks, [NAME]!', "gratitude|realization"),
        ("goemotions/train/e1qz0ke", "Half a \\xe9clair, it's all I want", "desire"),
        ("goemotions/train/e1qz0kf", "It rained.", "neutral"),
        ("goemotions/validation/e2aaaaa", "We won… finally 😀", "amusement|excitement|pride"),
        ("goemotions/test/e3aaaaa", "Is that a bus?", "curiosity|neutral"),
    ]
    assert {turn.speaker for row in rows for turn in row.turns} == {"writer"}


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("Hm.\t28\te2aaaab\n", "ascending label ids below 28"),
        ("Hm.\t-1\te2aaaab\n", "ascending label ids"),
        ("Hm.\t4,4\te2aaaab\n", "ascending label ids"),
        ("Hm.\t4,\te2aaaab\n", "a whole number as label id"),
        ("Hm.\t\te2aaaab\n", "a whole number as label id"),
        ("Hm.\tjoy\te2aaaab\n", "a whole number as label id"),
        ("Hm.\t4\te1qz0kd\n", "expected a new comment id"),
        ("Hm.\t4\ta/b\n", "expected a new comment id"),
        ("Hm.\t4\n", "expected 3 cells"),
        (" \t4\te2aaaab\n", "an empty text"),
        ("Hm.\t4\te2aaaab", "no line end"),
        ('"Hm.\t4\te2aaaab\n', "not a valid delimited row"),
        ('"Hm.\t4\te2aaaab\nSo"\t4\te2aaaac\n', "not closed on its line"),
    ],
)
def test_a_broken_row_is_refused(tmp_path, row, problem):
    error = failure(CORPUS, write(tmp_path, {**FILES, "dev.tsv": FILES["dev.tsv"] + row}))
    assert (error.path.name, error.line) == ("dev.tsv", 1 + max(1, row.count("\n")))
    assert problem in str(error)


@pytest.mark.parametrize("names", [EMOTIONS[:-1], (*EMOTIONS[1:], EMOTIONS[0]), (*EMOTIONS, "pain")])
def test_another_list_of_emotions_is_refused(tmp_path, names):
    error = failure(CORPUS, write(tmp_path, {**FILES, "emotions.txt": "\n".join(names)}))
    assert error.path.name == "emotions.txt"
    assert "expected the 28 emotions" in str(error)


@given(st.sets(st.integers(0, 27), min_size=1))
def test_ascending_ids_become_their_emotions(ids):
    labels = ",".join(str(number) for number in sorted(ids))
    assert list(_emotions(native.At("train.tsv", 1), labels)) == [EMOTIONS[number] for number in sorted(ids)]


def test_the_views_have_a_group_for_every_emotion_and_none_for_neutral():
    coarse, fine, flat = CORPUS.views
    assert set(coarse.relabel) == set(fine.labels) == set(EMOTIONS) - {"neutral"}
    assert set(coarse.relabel.values()) == set(coarse.labels)
    assert set(flat.labels) == set(EMOTIONS)
