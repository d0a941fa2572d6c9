"""MELD's reader on made-up files with every quirk of the real ones."""

import pytest

from pica.corpora.meld import CORPUS
from pica.schema import Turn
from tests.corpora.support import failure, read, write

HEADER = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\r\n"


def row(utterance: str, speaker: str, emotion: str, sentiment: str, dialogue: int, number: int) -> str:
    return f'7,"{utterance}",{speaker},{emotion},{sentiment},{dialogue},{number},3,17,"00:04:41,120","0:04:43,80"\r\n'


FILES = {
    "train_sent_emo.csv": HEADER
    + row("You sold the piano, and you told nobody?", "Ruth", "surprise", "negative", 4, 1)
    + row('I said ""nobody"". Surprise!', "Ruth", "joy", "positive", 4, 2)
    + row("It’s gone – whatever…", "Movers No. 2", "neutral", "neutral", 4, 5)
    + row("A party? For me?", "Ida/Clown", "surprise", "positive", 6, 0),
    "dev_sent_emo.csv": HEADER + row("Not that one.", "Tom", "fear", "negative", 4, 0),
    "test_sent_emo.csv": HEADER
    + row("Who ate my soup?", "Tom", "anger", "negative", 0, 0)
    + row("I threw it away.", "All", "disgust", "negative", 0, 1)
    + row("Oh.", "Tom", "sadness", "negative", 0, 2),
}


def test_a_dialogue_is_a_conversation(tmp_path):
    rows = read(CORPUS, write(tmp_path, FILES))
    assert [row.id for row in rows] == ["meld/train/4", "meld/train/6", "meld/validation/4", "meld/test/0"]
    assert rows[0].turns == (
        Turn("Ruth", "You sold the piano, and you told nobody?", "surprise"),
        Turn("Ruth", 'I said "nobody". Surprise!', "joy"),
        Turn("Movers No. 2", "It’s gone – whatever…", "neutral"),
    )


@pytest.mark.parametrize(
    ("rows", "line", "problem"),
    [
        (row("Hm.", "Tom", "calm", "neutral", 0, 0), 2, "unknown emotion 'calm'"),
        (row("Hm.", "Tom", "joy", "negative", 0, 0), 2, "unknown sentiment of joy 'negative'"),
        (row("Hm.", "Tom", "joy", "positive", 0, 0).replace(",17", ""), 2, "expected 11 cells"),
        (row(" ", "Tom", "joy", "positive", 0, 0), 2, "an empty utterance"),
        (row("Hm.", " ", "joy", "positive", 0, 0), 2, "an empty speaker"),
        (row("Hm.", "Tom", "joy", "positive", 0, 1) * 2, 3, "utterance 1 after utterance 1"),
        (row("Hm.", "Tom", "joy", "positive", "1a", 0), 2, "a whole number as Dialogue_ID"),
        (
            row("A.", "Tom", "joy", "positive", 2, 0) + row("B.", "Tom", "joy", "positive", 1, 0),
            3,
            "dialogue 1 after 2",
        ),
        (row("Hm.", "Tom", "joy", "positive", 0, 0)[:-2], 2, "no line end"),
        (row("Hm.", "Tom", "joy", "positive", 0, 0).replace('Hm."', "Hm."), 2, "not a valid delimited row"),
        ("", 1, "no rows"),
    ],
)
def test_a_broken_file_is_refused(tmp_path, rows, line, problem):
    error = failure(CORPUS, write(tmp_path, {**FILES, "dev_sent_emo.csv": HEADER + rows}))
    assert (error.path.name, error.line) == ("dev_sent_emo.csv", line)
    assert problem in str(error)


def test_rows_of_a_dialogue_stand_together(tmp_path):
    one, other = row("A.", "Tom", "joy", "positive", 1, 0), row("B.", "Tom", "joy", "positive", 2, 0)
    back = row("C.", "Tom", "joy", "positive", 1, 1)
    error = failure(CORPUS, write(tmp_path, {**FILES, "test_sent_emo.csv": HEADER + one + other + back}))
    assert error.line == 4
