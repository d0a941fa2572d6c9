"""Amazon review polarity: product reviews of one or two stars (negative) and of four or five (positive).

The layouts are those of `texts.zhang_reviews`. Native, `amazon_review_polarity_csv/{train,test}.csv`: class (1
negative, 2 positive), title, text:

    "2","Lasted all winter","Bought three of these lamps, and ""all three"" still work."

On the hub, `amazon_polarity/{train,test}-…`: `label` (0 negative, 1 positive), `title`, `content`; 3,600,000 and
400,000 rows. The title is the first paragraph of the text. The mirror has ten native rows, a fixture and no data.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pica.corpora.corpus import Corpus, File, Hub, View
from pica.corpora.labels import POLARITY
from pica.corpora.texts import zhang_reviews
from pica.schema import Conversation, Rejected

_URL = (
    "https://raw.githubusercontent.com/huggingface/datasets"
    "/70a4c214fec333d98b20c763e219d46bfcc3ad0c/datasets/amazon_polarity/dummy/amazon_polarity/3.0.0/dummy_data.zip"
)
_ARCHIVE = "218fae2e6f137441a749cb15ea6aba43506a4ae09e3247685ebe1e23a7acd4e6"
_MEMBERS = "dummy_data/uc%3Fid%3D0Bz8a_Dbh9QhbaW12WVVZS2drcnM%26export%3Ddownload/"


def read(folder: Path) -> Iterator[Conversation | Rejected]:
    """One conversation of one turn a review."""
    texts = ("title", "content")
    return zhang_reviews(
        "amazon_polarity", folder, "amazon_review_polarity_csv", "amazon_polarity", texts, labels=POLARITY
    )


CORPUS = Corpus(
    name="amazon_polarity",
    title="Amazon Review Polarity",
    homepage="https://huggingface.co/datasets/fancyzhx/amazon_polarity",
    citation=(
        "McAuley, Leskovec. Hidden Factors and Hidden Topics: Understanding Rating Dimensions with Review Text. RecSys "
        "2013; Zhang, Zhao, LeCun. Character-level Convolutional Networks for Text Classification. NIPS 2015"
    ),
    licence="Apache-2.0",
    commercial=True,
    redistributable=True,
    personal=True,
    languages=("en",),
    read=read,
    emotions=POLARITY,
    views=(
        View(
            "amazon_polarity-classification",
            "text_emotion",
            2000,
            asks="sentiment",
            of="conversation",
            labels=POLARITY,
        ),
    ),
    files=(
        File(
            "amazon_review_polarity_csv/train.csv",
            _URL,
            "6f7a36f989299360759ca5a73bc320c05be6f7e0f5606f6213d4baab879ff785",
            2970,
            member=f"{_MEMBERS}amazon_review_polarity_csv/train.csv",
            archive_sha256=_ARCHIVE,
        ),
        File(
            "amazon_review_polarity_csv/test.csv",
            _URL,
            "defb54f7c80e90cfe36c29ef16dfdaaffc79eea818eb05268e801e9fa9e5bc6d",
            2366,
            member=f"{_MEMBERS}amazon_review_polarity_csv/test.csv",
            archive_sha256=_ARCHIVE,
        ),
    ),
    hub=Hub("fancyzhx/amazon_polarity", ("amazon_polarity/train-*.parquet", "amazon_polarity/test-*.parquet")),
)
