"""IMDB large movie reviews: film reviews of 1 to 4 points (negative) and of 7 to 10 (positive).

Two layouts. The hub has the official splits, `plain_text/{train,test}-00000-of-00001.parquet`: `text`, `label` (0
negative, 1 positive); 25,000 rows each. Its 50,000 reviews without a label are not taken. The other is a CSV, UTF-8,
LF, of which the mirror has the first 3,180 of 50,000 rows:

    review,sentiment
    "Slow at first.<br /><br />Then the ""twist"" came, and I forgot my tea.",positive

The CSV mixes reviews of both official splits, so its own are cut by the review. Whoever cut the file cut its last
review too: it is rejected. The mirror's hundred files in the layout of the authors' archive (`aclImdb/`) are not taken:
seven of them stand in the CSV, and official test reviews do not go with a CSV that trains on others of that set.

In both, `<br />` is a line break. An id is the row in its file, from 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, pairwise
from pathlib import Path

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, Hub, View, split_by_group
from pica.corpora.labels import POLARITY, numbered
from pica.corpora.texts import labelled_text, rejected
from pica.schema import Conversation, Rejected, Split

_URL = (
    "https://raw.githubusercontent.com/mounalebazda/movies_review_sentiment_analysis"
    "/c9382b128ac97f816ce7bd316501f7f50e50c678"
)

_HUB, _CSV = "plain_text", "IMDB Dataset.csv"
_SPLITS: tuple[Split, ...] = ("train", "test")


def read(folder: Path) -> Iterator[Conversation | Rejected]:
    """One conversation of one turn a review."""
    return _official(folder / _HUB) if (folder / _HUB).is_dir() else _unsplit(folder / _CSV)


def _official(folder: Path) -> Iterator[Conversation | Rejected]:
    names = numbered(POLARITY)
    for split in _SPLITS:
        rows = native.parquet(native.shards(folder, split), ("text", "label"))
        for number, (at, row) in enumerate(rows, start=1):
            label = at.label(str(at.field(row, "label", int)), names)
            yield labelled_text(f"imdb/{split}/{number}", _broken_lines(at.field(row, "text", str)), label, row)


def _unsplit(path: Path) -> Iterator[Conversation | Rejected]:
    rows = native.table(path, ("review", "sentiment"), terminated=True, one_line=True)
    for number, ((at, row), following) in enumerate(pairwise(chain(rows, [None])), start=1):
        identifier = f"imdb/{split_by_group('imdb/' + row['review'])}/{number}"
        label = at.label(row["sentiment"], POLARITY, "sentiment")
        if following is None:
            yield rejected(identifier, "the last review of the file, which is cut off", row)
        else:
            yield labelled_text(identifier, _broken_lines(row["review"]), label, row)


def _broken_lines(text: str) -> str:
    return text.replace("<br />", "\n")


CORPUS = Corpus(
    name="imdb",
    title="Large Movie Review Dataset",
    homepage="https://ai.stanford.edu/~amaas/data/sentiment/",
    citation="Maas, Daly, Pham, Huang, Ng, Potts. Learning Word Vectors for Sentiment Analysis. ACL 2011, 142-150",
    licence="unstated",
    commercial=False,
    redistributable=False,
    personal=True,
    languages=("en",),
    read=read,
    emotions=POLARITY,
    views=(View("imdb-classification", "text_emotion", 2000, asks="sentiment", of="conversation", labels=POLARITY),),
    files=(
        File(
            "IMDB Dataset.csv",
            f"{_URL}/IMDB%20Dataset.csv",
            "cf7f0a6d1257f2861d995871c5ad5da5c9e84bac649367358b0427b1c179497c",
            4192935,
        ),
    ),
    hub=Hub("stanfordnlp/imdb", ("plain_text/train-*.parquet", "plain_text/test-*.parquet")),
)
