"""TripAdvisor's reader on made-up files in both layouts, with every quirk of the real ones."""

import pytest

from pica.corpora.labels import STARS
from pica.corpora.tripadvisor import CORPUS
from tests.corpora.support import failure, parquet, read, write

REVIEWS = [
    ("smelled smoke, staff rude  ", 1),
    ("room quiet breakfast cold, asked twice towels never came  ", 2),
    ("okay  ", 3),
    ("loved caf__Ç_é_ corner, pool warm  ", 4),
    ("wonderful stay anniversary  ", 5),
]


def csv(*reviews: tuple[str, int]) -> str:
    return "Review,Rating\r\n" + "".join(f'"{text}",{stars}\r\n' for text, stars in reviews)


def record(text: str, stars: str) -> dict:
    """A row of the hub, with some of the columns that are not read."""
    return {
        "text": text,
        "inputs": {"text": text},
        "prediction": [{"label": stars, "score": 1.0}],
        "annotation": None,
        "metrics": {"text_length": len(text)},
    }


NATIVE = {"tripadvisor_hotel_reviews.csv": csv(*REVIEWS)}
SHARD = "data/train-00000-of-00001-0123456789abcdef.parquet"
HUB = {SHARD: parquet([record(text, str(stars)) for text, stars in REVIEWS])}


@pytest.mark.parametrize("files", [NATIVE, HUB], ids=["native", "hub"])
def test_both_layouts_give_the_same_conversations(tmp_path, files):
    rows = read(CORPUS, write(tmp_path, files))
    assert [(row.turns[0].text, row.emotion) for row in rows] == [
        (text.strip(), STARS[stars - 1]) for text, stars in REVIEWS
    ]
    assert [row.id.rpartition("/")[2] for row in rows] == ["1", "2", "3", "4", "5"]


def test_splits_are_cut_by_review(tmp_path):
    reviews = [(f"night {night} quiet  ", 4) for night in range(60)]
    rows = read(CORPUS, write(tmp_path, {"tripadvisor_hotel_reviews.csv": csv(*reviews, *reviews)}))
    assert [row.split for row in rows[:60]] == [row.split for row in rows[60:]]
    assert {row.split for row in rows} == {"train", "validation", "test"}


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"tripadvisor_hotel_reviews.csv": csv(("okay  ", 6))}, "unknown rating '6'; known are 1, 2, 3, 4, 5"),
        ({"tripadvisor_hotel_reviews.csv": csv(("okay  ", 5)).rstrip()}, "no line end"),
        ({SHARD: parquet([record("okay", "five")])}, "unknown rating 'five'"),
        ({SHARD: parquet([record("okay", "5") | {"prediction": []}])}, "no 'prediction', which holds the rating"),
        ({SHARD: parquet([record("okay", "5") | {"prediction": [{"score": 1.0}]}])}, "the key 'label' is missing"),
        ({SHARD: parquet([record("okay", "5") | {"prediction": None}])}, "the key 'prediction' is missing"),
        ({SHARD: parquet([{"text": "okay", "rating": 5}])}, "expected the columns prediction, found text, rating"),
    ],
)
def test_a_broken_row_is_refused(tmp_path, files, problem):
    error = failure(CORPUS, write(tmp_path, files))
    assert error.path.name in {name.rpartition("/")[2] for name in files}
    assert problem in str(error)
