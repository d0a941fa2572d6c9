"""Twitter financial news' reader on made-up files with every quirk of the real ones."""

import pytest

from pica.corpora.twitter_financial import CORPUS
from tests.corpora.support import failure, read, write

FILES = {
    "sent_train.csv": (
        "text,label\r\n"
        '"$LMPS cut to hold at Harrow & Finch\nhttps://t.co/0",0\r\n'
        'Lamp maker beats on ""glow"" &amp; margin,1\r\n'
        "The lamp fair opens on Monday,2\r\n"
    ),
    "sent_valid.csv": 'text,label\n"Shares of $LMPS:\n\nup, again",1\n',
}


def test_a_tweet_is_a_conversation_of_one_turn(tmp_path):
    rows = read(CORPUS, write(tmp_path, FILES))
    assert [(row.id, row.emotion, row.turns[0].text) for row in rows] == [
        ("twitter_financial/train/1", "bearish", "$LMPS cut to hold at Harrow & Finch\nhttps://t.co/0"),
        ("twitter_financial/train/2", "bullish", 'Lamp maker beats on ""glow"" &amp; margin'),
        ("twitter_financial/train/3", "neutral", "The lamp fair opens on Monday"),
        ("twitter_financial/test/1", "bullish", "Shares of $LMPS:\n\nup, again"),
    ]


def test_line_ends_do_not_matter(tmp_path):
    crlf = {name: content.replace("\r\n", "\n").replace("\n", "\r\n") for name, content in FILES.items()}
    assert read(CORPUS, write(tmp_path / "crlf", crlf)) == read(CORPUS, write(tmp_path / "mixed", FILES))


def test_a_tweet_without_text_is_rejected(tmp_path):
    *_, row = read(CORPUS, write(tmp_path, {**FILES, "sent_valid.csv": 'text,label\n" ",1\n'}))
    assert (row.id, row.reason) == ("twitter_financial/test/1", "no text")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("Up,3\n", "unknown label '3'; known are 0, 1, 2"),
        ("Up,\n", "unknown label ''"),
        ("Up, up,1\n", "expected 2 cells"),
        ('"Up,1\n', "not a valid delimited row"),
        ("Up,1", "the last line has no line end"),
    ],
)
def test_a_broken_row_is_refused(tmp_path, row, problem):
    error = failure(CORPUS, write(tmp_path, {**FILES, "sent_valid.csv": f"text,label\n{row}"}))
    assert (error.path.name, error.line) == ("sent_valid.csv", 2)
    assert problem in str(error)
