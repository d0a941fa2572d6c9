"""EmotionLines' reader on made-up files with every quirk of the real ones."""

import json

import pytest

from pica.cleaning.text import repair
from pica.corpora.emotionlines import CORPUS
from pica.schema import Turn
from tests.corpora.support import failure, read, write


def line(speaker: str, utterance: str, emotion: str, votes: str) -> dict:
    return {"speaker": speaker, "utterance": utterance, "emotion": emotion, "annotation": votes}


SOUP = [
    line("Ida", "The soup is gone\x85", "sadness", "1130000"),
    line("All", "Gone?!", "non-neutral", "1020020"),
    line("Ruth\x92s Cook", "I didn\x92t \u2018eat\u2019 it.", "anger", "0000500"),
]
CAKE = [line("Nurse #1", "Cake?", "joy", "0500000")]
FILES = {
    "friends_train.json": json.dumps([SOUP, CAKE]),
    "friends_dev.json": json.dumps([CAKE]),
    "friends_test.json": json.dumps([CAKE, SOUP]),
    # Other files have other orders of keys.
    "friends_eval_gold.json": json.dumps([[dict(reversed(row.items())) for row in SOUP]]),
}


def test_a_dialogue_is_a_conversation(tmp_path):
    rows = read(CORPUS, write(tmp_path, FILES))
    assert [row.id for row in rows] == [
        "emotionlines/train/0",
        "emotionlines/train/1",
        "emotionlines/validation/0",
        "emotionlines/test/0",
        "emotionlines/test/1",
        "emotionlines/test/eval2019-0",
    ]
    assert rows[0].turns[0] == Turn("Ida", "The soup is gone…", "sadness")
    assert rows[5].turns == rows[0].turns


def test_a_line_without_a_majority_is_history_without_a_label(tmp_path):
    assert read(CORPUS, write(tmp_path, FILES))[0].turns[1] == Turn("All", "Gone?!", None)


def test_the_filter_repairs_what_is_left_of_the_controls(tmp_path):
    cook = read(CORPUS, write(tmp_path, FILES))[0].turns[2]
    assert (repair(cook.speaker), repair(cook.text)) == ("Ruth’s Cook", "I didn’t ‘eat’ it.")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (line("Ida", "Hm.", "joy", "5000000"), "the votes 5000000 make neutral, not joy"),
        (line("Ida", "Hm.", "joy", "2200010"), "the votes 2200010 make non-neutral, not joy"),
        (line("Ida", "Hm.", "non-neutral", "0000023"), "make disgust, not non-neutral"),
        (line("Ida", "Hm.", "joy", "0400000"), "expected 5 votes for 7 emotions, found '0400000'"),
        (line("Ida", "Hm.", "joy", "050000"), "expected 5 votes"),
        (line("Ida", "Hm.", "joy", "05000-0"), "expected 5 votes"),
        (line("Ida", "Hm.", "bored", "0500000"), "unknown emotion 'bored'"),
        (line("Ida", " ", "joy", "0500000"), "an empty utterance"),
        (line("", "Hm.", "joy", "0500000"), "an empty speaker"),
        ({"speaker": "Ida"}, "the key 'emotion' is missing"),
    ],
)
def test_a_broken_line_is_refused(tmp_path, row, problem):
    error = failure(CORPUS, write(tmp_path, {**FILES, "friends_dev.json": json.dumps([CAKE, [row]])}))
    assert (error.path.name, error.line, error.unit) == ("friends_dev.json", 2, "item")
    assert problem in str(error)


@pytest.mark.parametrize("content", ["[[]]", "[{}]"])
def test_a_dialogue_is_a_list_of_lines(tmp_path, content):
    error = failure(CORPUS, write(tmp_path, {**FILES, "friends_test.json": content}))
    assert "expected a list of lines" in str(error)
