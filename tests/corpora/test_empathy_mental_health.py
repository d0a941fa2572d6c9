"""EPITOME's reader on made-up files with every quirk of the real ones."""

import json
from collections.abc import Mapping

import pytest

from pica.corpora.empathy_mental_health import CORPUS
from pica.schema import Rejected, Turn
from tests.corpora.support import failure, read, write

REACTIONS, INTERPRETATIONS, EXPLORATIONS = NAMES = (
    "emotional-reactions-reddit.csv",
    "interpretations-reddit.csv",
    "explorations-reddit.csv",
)
HEADER = "sp_id,rp_id,seeker_post,response_post,level,rationales"
FLAT = ("1a2b3c", "d4e5f6g", "The flat is so quiet, and I miss her.", "I'm sorry. Do you still see her?")
EXAM = ("2b3c4d", "e5f6g7h", "I failed the driving test &amp; hid it.", "Mine took three tries.&amp;#x200B;")


def line(pair: tuple[str, ...], level: str, rationales: str = "") -> str:
    return ",".join('"{}"'.format(cell.replace('"', '""')) for cell in (*pair, level, rationales))


def files(*rows: tuple[tuple[str, ...], str]) -> dict[str, str]:
    """The three files of pairs with their three levels."""
    return {
        name: "\r\n".join([HEADER, *(line(pair, levels[position]) for pair, levels in rows)])
        for position, name in enumerate(NAMES)
    }


FILES = files((FLAT, "102"), (EXAM, "020"), (FLAT, "002"))


def change(name: str, old: str, new: str) -> Mapping[str, str]:
    assert old in FILES[name]
    return {**FILES, name: FILES[name].replace(old, new)}


def test_a_pair_is_a_conversation_and_its_levels_one_act(tmp_path):
    flat, exam, _ = read(CORPUS, write(tmp_path, FILES))
    assert flat.turns == (
        Turn("seeker", "The flat is so quiet, and I miss her."),
        Turn(
            "supporter",
            "I'm sorry. Do you still see her?",
            act="weak emotional reaction, no interpretation, strong exploration",
        ),
    )
    assert exam.id.endswith("/2")
    assert exam.turns[1].act == "no emotional reaction, strong interpretation, no exploration"


def test_html_is_unescaped_twice(tmp_path):
    exam = read(CORPUS, write(tmp_path, FILES))[1]
    assert [turn.text for turn in exam.turns] == ["I failed the driving test & hid it.", "Mine took three tries.\u200b"]


def test_a_repeated_pair_is_rejected_with_all_three_rows(tmp_path):
    row = read(CORPUS, write(tmp_path, FILES))[2]
    assert isinstance(row, Rejected)
    assert row.reason == "the pair stands in an earlier row"
    assert [kept["level"] for kept in json.loads(row.row)] == ["0", "0", "2"]


def test_the_reactions_may_have_other_words(tmp_path):
    rows = read(CORPUS, write(tmp_path, change(REACTIONS, "Do you still", "Do  you")))
    assert rows[0].turns[1].text == "I'm sorry. Do you still see her?"


def test_responses_to_one_post_share_a_split(tmp_path):
    pairs = [((f"post{n // 2}", f"answer{n}", f"Rainy day {n // 2}.", f"Cheer up {n}."), "000") for n in range(60)]
    splits = [row.split for row in read(CORPUS, write(tmp_path, files(*pairs)))]
    assert splits[::2] == splits[1::2]
    assert set(splits) == {"train", "validation", "test"}


@pytest.mark.parametrize(
    ("name", "old", "new", "where", "problem"),
    [
        (INTERPRETATIONS, '"2",', '"3",', (INTERPRETATIONS, 3), "unknown level '3'; known are 0, 1, 2"),
        (EXPLORATIONS, "miss her", "miss him", (EXPLORATIONS, 2), "interpretations-reddit.csv has another text"),
        (EXPLORATIONS, "e5f6g7h", "x", (EXPLORATIONS, 3), "have other posts in the row"),
        (REACTIONS, "2b3c4d", "x", (EXPLORATIONS, 3), "have other posts in the row"),
        (EXPLORATIONS, HEADER, HEADER.replace(",", ";"), (EXPLORATIONS, 1), "expected the header"),
        (REACTIONS, "\r\n" + line(FLAT, "0"), "", (INTERPRETATIONS, 4), "should have as many rows"),
        (EXPLORATIONS, "hid it.", "hid it.\r\n", (EXPLORATIONS, 4), "a quote that is not closed"),
    ],
)
def test_a_broken_row_is_refused(tmp_path, name, old, new, where, problem):
    error = failure(CORPUS, write(tmp_path, change(name, old, new)))
    assert (error.path.name, error.line) == where
    assert problem in str(error)


def test_an_empty_post_is_refused(tmp_path):
    error = failure(CORPUS, write(tmp_path, files((FLAT, "000"), ((*EXAM[:3], "&amp;nbsp;"), "000"))))
    assert (error.path.name, error.line) == (EXPLORATIONS, 3)
    assert "an empty text" in str(error)


def test_each_mechanism_has_its_own_three_labels():
    labels = {view.name: view.labels for view in CORPUS.views if view.asks == "empathy"}
    assert labels["empathy_mental_health-exploration-classification"] == (
        "no exploration",
        "weak exploration",
        "strong exploration",
    )
    assert len(set(labels.values())) == 3
