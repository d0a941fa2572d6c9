"""Yelp's reader on made-up files in both layouts; what it shares with Amazon's is tested there."""

import pytest

from pica.corpora.labels import STARS
from pica.corpora.yelp import CORPUS
from tests.corpora.support import failure, parquet, read, write

# What stands in the raw files: the two characters \n, and a backslash before a quote.
RAW = (
    r"They call it \"the pit\", and it is worth the wait.\n\nBring cash.",
    r"Closed again.\n",
    "Soup, bread, done.",
    "Good, not great",
    "Best dumplings of the street!",
)
TEXTS = [
    'They call it "the pit", and it is worth the wait.\n\nBring cash.',
    "Closed again.",
    "Soup, bread, done.",
    "Good, not great",
    "Best dumplings of the street!",
]


def csv(*rows: tuple[int, str]) -> str:
    return "\n".join('"{}","{}"'.format(stars, text.replace('"', '""')) for stars, text in rows)


NATIVE = {
    "yelp_review_full_csv/train.csv": csv(*enumerate(RAW, start=1)),
    "yelp_review_full_csv/test.csv": csv((1, "Cold.")),
}
HUB = {
    "yelp_review_full/train-00000-of-00001.parquet": parquet(
        [{"label": label, "text": text} for label, text in enumerate(RAW)]
    ),
    "yelp_review_full/test-00000-of-00001.parquet": parquet([{"label": 0, "text": "Cold."}]),
}


@pytest.mark.parametrize("files", [NATIVE, HUB], ids=["native", "hub"])
def test_both_layouts_give_the_same_conversations(tmp_path, files):
    rows = read(CORPUS, write(tmp_path, files))
    assert [(row.emotion, row.turns[0].text) for row in rows] == [*zip(STARS, TEXTS, strict=True), ("1 star", "Cold.")]
    assert [row.id for row in rows] == [*(f"yelp/train/{number}" for number in range(1, 6)), "yelp/test/1"]


@pytest.mark.parametrize("stars", [0, 6])
def test_other_stars_are_refused(tmp_path, stars):
    error = failure(CORPUS, write(tmp_path, {**NATIVE, "yelp_review_full_csv/test.csv": csv((stars, "Cold."))}))
    assert f"unknown class '{stars}'; known are 1, 2, 3, 4, 5" in str(error)
