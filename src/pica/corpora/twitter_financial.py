"""Twitter financial news sentiment: tweets about markets, bearish, bullish or neutral.

Two CSV files, UTF-8, on the hub and in the mirror alike: `sent_train.csv` with CRLF between rows and LF inside quoted
texts, `sent_valid.csv` with LF alone. The label is 0 bearish, 1 bullish, 2 neutral:

    text,label
    "$LMPS cut to hold at Harrow & Finch
    https://t.co/0",0

The hub's card counts lines (9,938 and 2,486), not rows (9,543 and 2,388). Its authors hold out one set, which they call
validation. It is our test set: without one nobody could say how well these labels are recognised. An id is the row in
its file, from 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, Hub, View
from pica.corpora.labels import numbered
from pica.corpora.texts import labelled_text
from pica.schema import Conversation, Rejected, Split

_TRAIN_URL = (
    "https://raw.githubusercontent.com/umaima-aman/Twee_Sentiment_Analysis-DeepLearning"
    "/0286b19b35c7d658dc28068381c765df4758545a"
)
_VALIDATION_URL = (
    "https://raw.githubusercontent.com/DanYurystovskyi/Bachelor-Thesis-code/d41ff382349339962ed879fd500b0742d3ea9668"
)

SENTIMENTS = ("bearish", "bullish", "neutral")

_NAMES: dict[Split, str] = {"train": "sent_train.csv", "test": "sent_valid.csv"}


def read(folder: Path) -> Iterator[Conversation | Rejected]:
    """One conversation of one turn a tweet."""
    labels = numbered(SENTIMENTS)
    for split, name in _NAMES.items():
        rows = native.table(folder / name, ("text", "label"), terminated=True)
        for number, (at, row) in enumerate(rows, start=1):
            label = at.label(row["label"], labels)
            yield labelled_text(f"twitter_financial/{split}/{number}", row["text"], label, row)


CORPUS = Corpus(
    name="twitter_financial",
    title="Twitter Financial News Sentiment",
    homepage="https://huggingface.co/datasets/zeroshot/twitter-financial-news-sentiment",
    citation="zeroshot/twitter-financial-news-sentiment. Hugging Face hub, 2022",
    licence="MIT",
    commercial=True,
    redistributable=True,
    personal=True,
    languages=("en",),
    read=read,
    emotions=SENTIMENTS,
    views=(
        View(
            "twitter_financial-classification",
            "text_emotion",
            3000,
            asks="sentiment",
            of="conversation",
            labels=SENTIMENTS,
        ),
    ),
    files=(
        File(
            "sent_train.csv",
            f"{_TRAIN_URL}/sent_train.csv",
            "184e6322b7f0e84c3103a83d198f1be8203de8b63a857f67a2964321b71c4e8d",
            868189,
        ),
        File(
            "sent_valid.csv",
            f"{_VALIDATION_URL}/sent_valid.csv",
            "31ea8274c98b52212daa68f2fb962811bf1913c1efe51b99765c8e2311806de6",
            217378,
        ),
    ),
    hub=Hub("zeroshot/twitter-financial-news-sentiment", ("sent_train.csv", "sent_valid.csv")),
)
