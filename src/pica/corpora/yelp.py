r"""Yelp review full: reviews of shops and restaurants with their one to five stars.

The layouts are those of `texts.zhang_reviews`. Native, `yelp_review_full_csv/{train,test}.csv`: stars, text:

    "4","They call it \""the pit\"", and it is worth the wait.\n\nBring cash."

On the hub, `yelp_review_full/{train,test}-…`: `label` (stars - 1), `text`; 650,000 and 50,000 rows. The mirror has ten
native rows, a fixture and no data.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pica.corpora.corpus import Corpus, File, Hub, View
from pica.corpora.labels import STARS
from pica.corpora.texts import zhang_reviews
from pica.schema import Conversation, Rejected

_URL = (
    "https://raw.githubusercontent.com/huggingface/datasets"
    "/70a4c214fec333d98b20c763e219d46bfcc3ad0c/datasets/yelp_review_full/dummy/yelp_review_full/1.0.0/dummy_data.zip"
)
_ARCHIVE = "65e877f1d4c2e54d9faf195168ab5dcdd2f7a8f7ee21987cbeccdb7c32b2fde1"
_MEMBERS = "dummy_data/uc%3Fexport%3Ddownload%26id%3D0Bz8a_Dbh9QhbZlU4dXhHTFhZQU0/"


def read(folder: Path) -> Iterator[Conversation | Rejected]:
    """One conversation of one turn a review."""
    return zhang_reviews("yelp", folder, "yelp_review_full_csv", "yelp_review_full", ("text",), labels=STARS)


CORPUS = Corpus(
    name="yelp",
    title="Yelp Review Full",
    homepage="https://huggingface.co/datasets/Yelp/yelp_review_full",
    citation="Zhang, Zhao, LeCun. Character-level Convolutional Networks for Text Classification. NIPS 2015",
    licence="Yelp Dataset User Agreement",
    commercial=False,
    redistributable=False,
    personal=True,
    languages=("en",),
    read=read,
    emotions=STARS,
    views=(View("yelp-classification", "text_emotion", 5000, asks="rating", of="conversation", labels=STARS),),
    files=(
        File(
            "yelp_review_full_csv/train.csv",
            _URL,
            "9b54505ac75907d7982ef36cc8a2c11b238bc8d37c3c90283a2df06af10125de",
            3110,
            member=f"{_MEMBERS}yelp_review_full_csv/train.csv",
            archive_sha256=_ARCHIVE,
        ),
        File(
            "yelp_review_full_csv/test.csv",
            _URL,
            "c52d5d46d49c8aca3f93a33be616fb44084d9d06b8797ca7a36d47f804760b65",
            3922,
            member=f"{_MEMBERS}yelp_review_full_csv/test.csv",
            archive_sha256=_ARCHIVE,
        ),
    ),
    hub=Hub("Yelp/yelp_review_full", ("yelp_review_full/train-*.parquet", "yelp_review_full/test-*.parquet")),
)
