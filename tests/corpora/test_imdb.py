"""IMDB's reader on made-up files in both layouts, with every quirk of the real ones."""

import pytest

from pica.corpora.imdb import CORPUS
from pica.schema import Rejected
from tests.corpora.support import failure, parquet, read, write

CSV = (
    "review,sentiment\n"
    '"Slow at first.<br /><br />Then the ""twist"" came, and I forgot my tea.",positive\n'
    "Two hours of fog.,negative\n"
    "I left before the credi,negative\n"
)
HUB = {
    "plain_text/train-00000-of-00001.parquet": parquet(
        [{"text": "Slow at first.<br /><br />Then I forgot my tea.", "label": 1}, {"text": " ", "label": 0}]
    ),
    "plain_text/test-00000-of-00001.parquet": parquet([{"text": "Two hours of fog.", "label": 0}]),
    "plain_text/unsupervised-00000-of-00001.parquet": parquet([{"text": "Fog.", "label": -1}]),
}


def test_a_review_of_the_csv_is_a_conversation(tmp_path):
    rows = read(CORPUS, write(tmp_path, {"IMDB Dataset.csv": CSV}))
    assert [(row.emotion, row.turns[0].text) for row in rows[:2]] == [
        ("positive", 'Slow at first.\n\nThen the "twist" came, and I forgot my tea.'),
        ("negative", "Two hours of fog."),
    ]
    assert [row.id.rpartition("/")[2] for row in rows] == ["1", "2", "3"]


def test_the_last_review_of_the_csv_is_cut_off_and_rejected(tmp_path):
    last = read(CORPUS, write(tmp_path, {"IMDB Dataset.csv": CSV}))[-1]
    assert isinstance(last, Rejected)
    assert "cut off" in last.reason
    assert "I left before the credi" in last.row


def test_the_csv_is_split_by_review(tmp_path):
    reviews = "".join(f"Day {day} of the shoot.,positive\n" for day in range(60))
    rows = read(
        CORPUS, write(tmp_path, {"IMDB Dataset.csv": f"review,sentiment\n{reviews}{reviews}The end,negative\n"})
    )
    assert [row.split for row in rows[:60]] == [row.split for row in rows[60:120]]
    assert {row.split for row in rows} == {"train", "validation", "test"}


def test_the_hubs_splits_are_kept_and_what_has_no_label_is_not_read(tmp_path):
    review, blank, other = read(CORPUS, write(tmp_path, HUB))
    assert (review.id, review.emotion) == ("imdb/train/1", "positive")
    assert review.turns[0].text == "Slow at first.\n\nThen I forgot my tea."
    assert (blank.id, blank.reason) == ("imdb/train/2", "no text")
    assert (other.id, other.emotion) == ("imdb/test/1", "negative")


@pytest.mark.parametrize(
    ("csv", "line", "problem"),
    [
        (CSV.replace("positive", "mixed"), 2, "unknown sentiment 'mixed'"),
        (CSV.removesuffix("\n"), 4, "no line end"),
        (CSV.replace(",sentiment", ",label"), 1, "expected the header"),
        (CSV.replace('tea."', "tea."), 4, "a quote that is not closed"),
    ],
)
def test_a_broken_csv_is_refused(tmp_path, csv, line, problem):
    error = failure(CORPUS, write(tmp_path, {"IMDB Dataset.csv": csv}))
    assert problem in str(error) or "not a valid delimited row" in str(error)
    assert error.line == line


def test_a_hub_row_without_a_label_is_refused(tmp_path):
    unlabelled = parquet([{"text": "Fog.", "label": -1}])
    error = failure(CORPUS, write(tmp_path, {**HUB, "plain_text/test-00000-of-00001.parquet": unlabelled}))
    assert (error.line, error.unit) == (1, "row")
    assert "unknown label '-1'; known are 0, 1" in str(error)
