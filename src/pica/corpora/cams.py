"""CAMS: Reddit posts of people in distress, each with the category of what causes it.

Three CSV files with CRLF between rows and LF inside quoted posts: `IntentSDCNL_Training.csv` and
`IntentSDCNL_Testing.csv` (no line end after the last row) are official splits, `added_CAMS_data.csv` has none. The
category is a number:

    selftext,ANNOTATIONS,Interpretations
    "I moved for the work.

    Then the work was gone.",2,"moved for the work,work was gone"

The added file names its columns `selftext,cause,inference`, and is UTF-8 with stray cp1252 bytes. A validation split is
cut out of it by post; the test split stays the official one. Some rows have no post or no category: they are rejected.
The interpretations are not read: a quarter to two fifths of their phrases do not stand in the post, and none has an
emotion that it would be the cause of. An id is the part of the dataset and the row in its file, from 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, View, split_by_group
from pica.corpora.labels import numbered
from pica.corpora.texts import labelled_text, rejected
from pica.schema import Conversation, Rejected, Split

_URL = "https://raw.githubusercontent.com/drmuskangarg/CAMS/a0369bb5a9799a065f2d6f32e9d1188661c5749e/CAMS/data"

# In the order of their numbers; the names stand in the paper alone.
CATEGORIES = ("no reason", "bias or abuse", "jobs and careers", "medication", "relationship", "alienation")

# What `surrogateescape` makes of a byte that is not UTF-8 → its character in cp1252; 0x9d is none there, and goes.
_STRAY_BYTES = {0xDC00 + byte: bytes([byte]).decode("cp1252", errors="ignore") for byte in range(0x80, 0x100)}


def _utf8_or_cp1252(data: bytes) -> str:
    return data.decode("utf-8", errors="surrogateescape").translate(_STRAY_BYTES)


# Part → its columns and its encoding.
_LAYOUTS: dict[str, tuple[tuple[str, str, str], Callable[[bytes], str]]] = {
    "sdcnl": (("selftext", "ANNOTATIONS", "Interpretations"), native.utf8),
    "added": (("selftext", "cause", "inference"), _utf8_or_cp1252),
}


def read(folder: Path) -> Iterator[Conversation | Rejected]:
    """One conversation of one turn a post."""
    yield from _posts(folder / "IntentSDCNL_Training.csv", "sdcnl", lambda post: "train")
    yield from _posts(folder / "IntentSDCNL_Testing.csv", "sdcnl", lambda post: "test")
    yield from _posts(folder / "added_CAMS_data.csv", "added", lambda post: split_by_group(f"cams/{post}", test=0))


def _posts(path: Path, part: str, split: Callable[[str], Split]) -> Iterator[Conversation | Rejected]:
    columns, decode = _LAYOUTS[part]
    post, category, _ = columns
    labels = numbered(CATEGORIES)
    for number, (at, row) in enumerate(native.table(path, columns, decode=decode), start=1):
        identifier = f"cams/{split(row[post])}/{part}-{number}"
        if row[category].strip():
            yield labelled_text(identifier, row[post], at.label(row[category], labels, "category"), row)
        else:
            yield rejected(identifier, "no label", row)


CORPUS = Corpus(
    name="cams",
    title="CAMS: An Annotated Corpus for Causal Analysis of Mental Health Issues in Social Media Posts",
    homepage="https://github.com/drmuskangarg/CAMS",
    citation=(
        "Garg, Saxena, Krishnan, Joshi, Saha, Mago, Dorr. CAMS: An Annotated Corpus for Causal Analysis of Mental "
        "Health Issues in Social Media Posts. LREC 2022, 6387-6396"
    ),
    licence="free for research purposes",
    commercial=False,
    redistributable=False,
    personal=True,
    languages=("en",),
    read=read,
    emotions=CATEGORIES,
    views=(View("cams-classification", "text_emotion", 1159, asks="category", of="conversation", labels=CATEGORIES),),
    files=(
        File(
            "IntentSDCNL_Training.csv",
            f"{_URL}/IntentSDCNL_Training.csv",
            "ad7a2589ddc1efcbd1e8e1001e7e70e1d7d3ada9690891040a70552fc0592fa5",
            1546001,
        ),
        File(
            "IntentSDCNL_Testing.csv",
            f"{_URL}/IntentSDCNL_Testing.csv",
            "14d6e2a7444510e584918acf6e4778651e30cee4fbff9fc490cdac6af228d22f",
            334375,
        ),
        File(
            "added_CAMS_data.csv",
            f"{_URL}/added_CAMS_data.csv",
            "840127741d0d4e2367460bcf6926171528d88193240711b639c817b50333f7fd",
            3444445,
        ),
    ),
)
