"""EmoContext (SemEval-2019 Task 3): three turns between two people, with the emotion of the third in their context.

Three tab-separated files, one a split: UTF-8, CRLF, no line end after the last row, no quoting (quotes belong to the
text, and many are never closed):

    id<TAB>turn1<TAB>turn2<TAB>turn3<TAB>label
    0<TAB>did you sleep<TAB>not a "minute<TAB>oh no :( why<TAB>sad

Ids count the rows from 0 in each file. Half of train is emotional, but only 15 % of the others.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, View
from pica.schema import Conversation, Split, Turn

_TRAIN_TEST_URL = (
    "https://raw.githubusercontent.com/declare-lab/conv-emotion"
    "/6128ca20e9c736605cce7e99d5d95db0356c35f5/DialogueRNN/semeval19_emocon"
)
_DEV_URL = (
    "https://raw.githubusercontent.com/L-Maybe/SemEval-2019-task3-EmoContext"
    "/44c2593b40c2bda4fb78579910b50ca8e3e08746/EmoContext/data"
)

EMOTIONS = ("others", "happy", "sad", "angry")

_NAMES: dict[Split, str] = {"train": "train.txt", "validation": "dev.txt", "test": "test.txt"}
_SPEAKERS = {"turn1": "A", "turn2": "B", "turn3": "A"}


def read(folder: Path) -> Iterator[Conversation]:
    """One conversation of three turns a row."""
    for split, name in _NAMES.items():
        rows = native.table(folder / name, ("id", *_SPEAKERS, "label"), delimiter="\t", quoting=csv.QUOTE_NONE)
        for number, (at, row) in enumerate(rows):
            if at.integer(row["id"], "id") != number:
                at.fail(f"expected the id {number}, found {row['id']!r}")
            yield Conversation(
                id=f"emocontext/{split}/{number}",
                corpus="emocontext",
                split=split,
                language="en",
                turns=tuple(Turn(speaker, at.text(row[turn])) for turn, speaker in _SPEAKERS.items()),
                emotion=at.label(row["label"], EMOTIONS),
            )


CORPUS = Corpus(
    name="emocontext",
    title="SemEval-2019 Task 3: EmoContext, Contextual Emotion Detection in Text",
    homepage="https://aclanthology.org/S19-2005/",
    citation=(
        "Chatterjee, Narahari, Joshi, Agrawal. SemEval-2019 Task 3: EmoContext Contextual Emotion Detection in Text. "
        "SemEval 2019, 39-48"
    ),
    licence="unstated",
    commercial=False,
    redistributable=False,
    personal=True,
    languages=("en",),
    read=read,
    emotions=EMOTIONS,
    views=(
        View("emocontext-classification", "text_emotion", 4000, asks="emotion", of="conversation", labels=EMOTIONS),
    ),
    files=(
        File(
            "train.txt",
            f"{_TRAIN_TEST_URL}/train.txt",
            "d5f81ece09dd164dd672082bbadf8730137301f810223d1966f8b0efca312cd2",
            2393082,
        ),
        File(
            "dev.txt", f"{_DEV_URL}/dev.txt", "669aa7f9f12d2b28a3d44ffcd93ddad069670e60f55b4c8ee914cfefcf777c07", 211427
        ),
        File(
            "test.txt",
            f"{_TRAIN_TEST_URL}/test.txt",
            "54985a3b4e10d6ec5fcd8c3840d2103611a8a179d18f4b182038cc4c49748adb",
            424211,
        ),
    ),
)
