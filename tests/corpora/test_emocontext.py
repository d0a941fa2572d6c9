"""EmoContext's reader on made-up files with every quirk of the real ones."""

import pytest

from pica.corpora.emocontext import CORPUS
from pica.schema import Turn
from tests.corpora.support import failure, read, write

HEADER = "id\tturn1\tturn2\tturn3\tlabel"


def file(*rows: str) -> str:
    """CRLF, and no line end after the last row."""
    return "\r\n".join((HEADER, *rows))


FILES = {
    "train.txt": file(
        '0\tdid you sleep\tnot a "minute\toh no :( why\tsad',
        '1\t"hi" \tI don&apos;t know you\t😂😂\thappy',
        "2\twho took it\tnot me\tliar\tangry",
    ),
    "dev.txt": file("0\tok\tok what\tnothing\tothers"),
    "test.txt": file("0\twhere\tat home\tok\tothers"),
}


def test_a_row_is_three_turns_of_two_speakers(tmp_path):
    rows = read(CORPUS, write(tmp_path, FILES))
    assert rows[0].turns == (Turn("A", "did you sleep"), Turn("B", 'not a "minute'), Turn("A", "oh no :( why"))
    assert [turn.text for turn in rows[1].turns] == ['"hi"', "I don&apos;t know you", "😂😂"]
    assert [(row.id, row.emotion) for row in rows] == [
        ("emocontext/train/0", "sad"),
        ("emocontext/train/1", "happy"),
        ("emocontext/train/2", "angry"),
        ("emocontext/validation/0", "others"),
        ("emocontext/test/0", "others"),
    ]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("0\twho\tme\tyou\tangry", "expected the id 1, found '0'"),
        ("one\twho\tme\tyou\tangry", "a whole number as id"),
        ("1\twho\tme\tyou\tang", "unknown label 'ang'; known are others, happy, sad, angry"),
        ("1\twho\tme\tyou", "expected 5 cells"),
        ("1\twho\tme\tyou\tand\tangry", "expected 5 cells"),
        ("1\twho\t \tyou\tangry", "an empty text"),
    ],
)
def test_a_broken_row_is_refused(tmp_path, row, problem):
    error = failure(CORPUS, write(tmp_path, {**FILES, "dev.txt": file("0\tok\tok what\tnothing\tothers", row)}))
    assert (error.path.name, error.line) == ("dev.txt", 3)
    assert problem in str(error)


def test_a_file_without_its_header_is_refused(tmp_path):
    error = failure(CORPUS, write(tmp_path, {**FILES, "dev.txt": "0\tok\tok what\tnothing\tothers\r\n"}))
    assert "expected the header" in str(error)
