"""TripAdvisor hotel reviews with their one to five stars.

The texts come lower-cased and without stop words, and end in two blanks. Two layouts. A CSV, UTF-8, CRLF, of which the
mirror has the first 2,000 of 20,491 rows:

    Review,Rating
    "room quiet breakfast cold, asked twice towels never came  ",2

The hub has all of them as records of Argilla, `data/train-00000-of-00001-<hash>.parquet`. Two columns are read: `text`,
and `prediction`, a list whose first entry has the stars as its `label` ("2").

There are no splits upstream: they are cut by review. An id is the row in its file, from 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, Hub, View, split_by_group
from pica.corpora.labels import STARS, numbered
from pica.corpora.texts import labelled_text
from pica.schema import Conversation, Rejected

_URL = (
    "https://raw.githubusercontent.com/Siti-M/Analisis-Sentimen-Hotel-di-TripAdvisor"
    "/cdd892baa26645027e6fe470769ea47d3a69e654"
)

_HUB, _CSV = "data", "tripadvisor_hotel_reviews.csv"
_RATINGS = numbered(STARS, first=1)


def read(folder: Path) -> Iterator[Conversation | Rejected]:
    """One conversation of one turn a review."""
    reviews = _from_hub(folder / _HUB) if (folder / _HUB).is_dir() else _from_csv(folder / _CSV)
    for number, (text, stars, row) in enumerate(reviews, start=1):
        split = split_by_group(f"tripadvisor/{text}")
        yield labelled_text(f"tripadvisor/{split}/{number}", text, stars, row)


def _from_csv(path: Path) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for at, row in native.table(path, ("Review", "Rating"), terminated=True, one_line=True):
        yield row["Review"], at.label(row["Rating"], _RATINGS, "rating"), row


def _from_hub(folder: Path) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for at, row in native.parquet(native.shards(folder, "train"), ("text", "prediction")):
        predictions = at.field(row, "prediction", list)
        if not predictions:
            at.fail("no 'prediction', which holds the rating")
        rating = at.field(predictions[0], "label", str)
        yield at.field(row, "text", str), at.label(rating, _RATINGS, "rating"), row


CORPUS = Corpus(
    name="tripadvisor",
    title="TripAdvisor Hotel Reviews",
    homepage="https://www.kaggle.com/datasets/andrewmvd/trip-advisor-hotel-reviews",
    citation=(
        "Alam, Ryu, Lee. Joint multi-grain topic sentiment: modeling semantic aspects for online reviews. Information "
        "Sciences 339, 2016, 206-223"
    ),
    licence="CC-BY-NC-4.0",
    commercial=False,
    redistributable=True,
    personal=True,
    languages=("en",),
    read=read,
    emotions=STARS,
    views=(View("tripadvisor-classification", "text_emotion", 4986, asks="rating", of="conversation", labels=STARS),),
    files=(
        File(
            "tripadvisor_hotel_reviews.csv",
            f"{_URL}/tripadvisor_hotel_reviews.csv",
            "0fb94c2d882d3cb5689530edc8388abe1d3acd33ab7c549a26a9d1749c3ede9f",
            1213634,
        ),
    ),
    hub=Hub("argilla/tripadvisor-hotel-reviews", ("data/train-*.parquet",)),
)
