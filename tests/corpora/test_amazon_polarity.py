"""Amazon polarity's reader on made-up files in both layouts, with every quirk of the real ones."""

import json

import pytest

from pica.corpora.amazon_polarity import CORPUS
from pica.schema import Conversation, Rejected
from tests.corpora.support import failure, parquet, read, write

NATIVE = {
    "amazon_review_polarity_csv/train.csv": (
        '"2","Lasted all winter","Bought three of these lamps, and ""all three"" still work."\n'
        '"1","","Cracked on day two.\\n\\nNo answer to my letters."\n'
        '"1"," ",""\n'
        '"2","Fine","Does what it says"'
    ),
    "amazon_review_polarity_csv/test.csv": '"1","Too loud","I could hear it from the street."',
}
HUB = {
    "amazon_polarity/train-00000-of-00002.parquet": parquet(
        [
            {
                "label": 1,
                "title": "Lasted all winter",
                "content": 'Bought three of these lamps, and "all three" still work.',
            },
            {"label": 0, "title": "", "content": "Cracked on day two.\\n\\nNo answer to my letters."},
        ]
    ),
    "amazon_polarity/train-00001-of-00002.parquet": parquet(
        [
            {"label": 0, "title": " ", "content": ""},
            {"label": 1, "title": "Fine", "content": "Does what it says"},
        ]
    ),
    "amazon_polarity/test-00000-of-00001.parquet": parquet(
        [{"label": 0, "title": "Too loud", "content": "I could hear it from the street."}]
    ),
}


@pytest.mark.parametrize("files", [NATIVE, HUB], ids=["native", "hub"])
def test_both_layouts_give_the_same_conversations(tmp_path, files):
    rows = read(CORPUS, write(tmp_path, files))
    assert [(row.id, row.emotion, row.turns[0].text) for row in rows if isinstance(row, Conversation)] == [
        (
            "amazon_polarity/train/1",
            "positive",
            'Lasted all winter\nBought three of these lamps, and "all three" still work.',
        ),
        ("amazon_polarity/train/2", "negative", "Cracked on day two.\n\nNo answer to my letters."),
        ("amazon_polarity/train/4", "positive", "Fine\nDoes what it says"),
        ("amazon_polarity/test/1", "negative", "Too loud\nI could hear it from the street."),
    ]


@pytest.mark.parametrize("files", [NATIVE, HUB], ids=["native", "hub"])
def test_a_review_without_text_is_rejected_with_its_row(tmp_path, files):
    (row,) = [row for row in read(CORPUS, write(tmp_path, files)) if isinstance(row, Rejected)]
    assert (row.id, row.reason) == ("amazon_polarity/train/3", "no text")
    assert json.loads(row.row)["title"] == " "


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ('"3","Fine","Works"', "unknown class '3'; known are 1, 2"),
        ('"","Fine","Works"', "unknown class ''"),
        ('"2","Fine"', "expected 3 cells"),
        ('"2","Fine","Works', "not a valid delimited row"),
        ('"2","Fine","Works\n"', "a quote that is not closed on its line"),
    ],
)
def test_a_broken_native_row_is_refused(tmp_path, row, problem):
    error = failure(CORPUS, write(tmp_path, {**NATIVE, "amazon_review_polarity_csv/test.csv": row}))
    assert error.path.name == "test.csv"
    assert problem in str(error)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"label": 2, "title": "Fine", "content": "Works"}, "unknown label '2'; known are 0, 1"),
        ({"label": "1", "title": "Fine", "content": "Works"}, "'label' should be a whole number"),
        ({"label": 1, "title": "Fine", "content": 7}, "'content' should be a text"),
        ({"label": 1, "title": None, "content": "Works"}, "the key 'title' is missing"),
        ({"label": 1, "title": "Fine", "text": "Works"}, "expected the columns content"),
    ],
)
def test_a_broken_hub_row_is_refused(tmp_path, row, problem):
    name = "test-00000-of-00001.parquet"
    error = failure(CORPUS, write(tmp_path, {**HUB, f"amazon_polarity/{name}": parquet([row])}))
    assert error.path.name == name
    assert problem in str(error)


def test_a_missing_shard_is_refused(tmp_path):
    folder = write(tmp_path, HUB)
    (folder / "amazon_polarity/train-00000-of-00002.parquet").unlink()
    assert "expected every train-NNNNN-of-NNNNN.parquet" in str(failure(CORPUS, folder))
