"""CAMS' reader on made-up files with every quirk of the real ones. None of these posts was written by anybody."""

import json

import pytest

from pica.corpora.cams import CATEGORIES, CORPUS
from pica.schema import Conversation, Rejected
from tests.corpora.support import failure, read, write

SDCNL, ADDED = "selftext,ANNOTATIONS,Interpretations\r\n", "selftext,cause,inference\r\n"
FILES = {
    "IntentSDCNL_Training.csv": (
        SDCNL + '"I moved for the work.\n\nThen the ""work"" was gone.",2,"moved for the work,work was gone"\r\n'
        "Nobody calls &amp; nobody writes.,,nobody calls\r\n"
        ',4,""\r\n'
        "Just tired today.,0,"
    ),
    "IntentSDCNL_Testing.csv": SDCNL + "They laugh at how I speak.,1,laugh at how I speak",
    # 0x92 is cp1252's apostrophe; the é is UTF-8, and 0x9d is nothing in either.
    "added_CAMS_data.csv": (ADDED + "The new pills don@t help; the café is closed.@,3,pills don@t help\r\n")
    .encode()
    .replace(b"don@t", b"don\x92t")
    .replace(b"@", b"\x9d"),
}


def test_a_post_is_a_conversation_of_one_turn(tmp_path):
    rows = [row for row in read(CORPUS, write(tmp_path, FILES)) if isinstance(row, Conversation)]
    assert [(row.id.split("/")[-1], row.emotion, row.turns[0].text) for row in rows] == [
        ("sdcnl-1", "jobs and careers", 'I moved for the work.\n\nThen the "work" was gone.'),
        ("sdcnl-4", "no reason", "Just tired today."),
        ("sdcnl-1", "bias or abuse", "They laugh at how I speak."),
        ("added-1", "medication", "The new pills don’t help; the café is closed."),
    ]
    assert [row.split for row in rows[:3]] == ["train", "train", "test"]


def test_rows_without_a_post_or_a_category_are_rejected(tmp_path):
    rows = [row for row in read(CORPUS, write(tmp_path, FILES)) if isinstance(row, Rejected)]
    assert [(row.id, row.reason) for row in rows] == [
        ("cams/train/sdcnl-2", "no label"),
        ("cams/train/sdcnl-3", "no text"),
    ]
    assert json.loads(rows[0].row)["Interpretations"] == "nobody calls"


def test_the_added_part_is_split_by_post_and_has_no_test_rows(tmp_path):
    posts = "".join(f"Night {night} without sleep.,5,\r\n" for night in range(80))
    rows = read(CORPUS, write(tmp_path, {**FILES, "added_CAMS_data.csv": ADDED + posts + posts}))
    added = [row for row in rows if "/added-" in row.id]
    assert [row.split for row in added[:80]] == [row.split for row in added[80:]]
    assert {row.split for row in added} == {"train", "validation"}


def test_every_category_has_its_number(tmp_path):
    posts = "".join(f"Night {number}.,{number},\r\n" for number in range(6))
    rows = read(CORPUS, write(tmp_path, {**FILES, "added_CAMS_data.csv": ADDED + posts}))
    assert tuple(row.emotion for row in rows[-6:]) == CATEGORIES


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("added_CAMS_data.csv", ADDED + "Tired.,6,\r\n", "unknown category '6'; known are 0, 1, 2, 3, 4, 5"),
        ("added_CAMS_data.csv", SDCNL + "Tired.,0,\r\n", "expected the header 'selftext,cause,inference'"),
        ("IntentSDCNL_Testing.csv", (SDCNL + "Don@t.,0,").encode().replace(b"@", b"\x92"), "not valid utf-8"),
        ("IntentSDCNL_Testing.csv", SDCNL + "Tired.,0", "expected 3 cells"),
        ("IntentSDCNL_Testing.csv", SDCNL + '"Tired.,0,', "not a valid delimited row"),
    ],
)
def test_a_broken_file_is_refused(tmp_path, name, content, problem):
    error = failure(CORPUS, write(tmp_path, {**FILES, name: content}))
    assert error.path.name == name
    assert problem in str(error)
