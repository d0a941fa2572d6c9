"""MELD: dialogues of a TV series between two and more people, each utterance with an emotion and a sentiment.

Three CSV files, one a split: RFC 4180 quoting, CRLF, UTF-8. A row is an utterance; rows of a dialogue stand together:

    Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime
    31,"You sold the piano, and you told nobody?",Ruth,surprise,negative,4,2,3,17,"00:04:41,120","00:04:43,800"

`Dialogue_ID` restarts at 0 in each file and has a gap (train has no 60). `Utterance_ID` may start above 0 and has gaps:
it orders the rows, no more. `Sr No.` and the times repeat and run backwards, so nothing is read from them. The
sentiment is checked and then left out: for every emotion but surprise it follows from the emotion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, View
from pica.corpora.labels import EKMAN
from pica.schema import Conversation, Split, Turn

_URL = "https://raw.githubusercontent.com/declare-lab/MELD/2d2011b409d3ca2d7e94460cd007d434b1d0a102/data/MELD"

_NAMES: dict[Split, str] = {
    "train": "train_sent_emo.csv",
    "validation": "dev_sent_emo.csv",
    "test": "test_sent_emo.csv",
}
_COLUMNS = (
    "Sr No.",
    "Utterance",
    "Speaker",
    "Emotion",
    "Sentiment",
    "Dialogue_ID",
    "Utterance_ID",
    "Season",
    "Episode",
    "StartTime",
    "EndTime",
)
_SENTIMENTS = {
    "neutral": ("neutral",),
    "joy": ("positive",),
    "surprise": ("positive", "negative"),
    "anger": ("negative",),
    "sadness": ("negative",),
    "disgust": ("negative",),
    "fear": ("negative",),
}


def read(folder: Path) -> Iterator[Conversation]:
    """One conversation a dialogue."""
    for split, name in _NAMES.items():
        yield from _dialogues(folder / name, split)


def _dialogues(path: Path, split: Split) -> Iterator[Conversation]:
    rows = native.table(path, _COLUMNS, terminated=True, one_line=True)
    last = -1
    for number, group in groupby(rows, key=lambda row: row[0].integer(row[1]["Dialogue_ID"], "Dialogue_ID")):
        utterances = list(group)
        if number <= last:
            utterances[0][0].fail(f"dialogue {number} after {last}: ids ascend, and rows of a dialogue stand together")
        last = number
        yield Conversation(
            id=f"meld/{split}/{number}",
            corpus="meld",
            split=split,
            language="en",
            turns=tuple(_turns(utterances)),
        )


def _turns(rows: Iterable[tuple[native.At, dict[str, str]]]) -> Iterator[Turn]:
    last = -1
    for at, row in rows:
        number = at.integer(row["Utterance_ID"], "Utterance_ID")
        if number <= last:
            at.fail(f"utterance {number} after utterance {last} of the same dialogue")
        last = number
        emotion = at.label(row["Emotion"], EKMAN, "emotion")
        at.label(row["Sentiment"], _SENTIMENTS[emotion], f"sentiment of {emotion}")
        yield Turn(at.text(row["Speaker"], "speaker"), at.text(row["Utterance"], "utterance"), emotion)


CORPUS = Corpus(
    name="meld",
    title="MELD: Multimodal EmotionLines Dataset (text annotations)",
    homepage="https://affective-meld.github.io",
    citation=(
        "Poria, Hazarika, Majumder, Naik, Cambria, Mihalcea (2019), MELD: A Multimodal Multi-Party Dataset for Emotion "
        "Recognition in Conversations, ACL 2019; Chen et al. (2018), EmotionLines, LREC 2018"
    ),
    licence="GPL-3.0-only",
    commercial=True,
    redistributable=True,
    personal=False,
    languages=("en",),
    read=read,
    emotions=EKMAN,
    views=(
        View("meld-classification", "dialogue_emotion", 1038, asks="emotion", labels=EKMAN),
        View("meld-generation", "dialogue_generation", 968, asks="reply", controls=("emotion", "speaker")),
    ),
    files=(
        File(
            "train_sent_emo.csv",
            f"{_URL}/train_sent_emo.csv",
            "d2fa2d6529cf03cac2989efec05c9b27d8fd2f4c8fc5974c7ae88aa537fa02db",
            1119290,
        ),
        File(
            "dev_sent_emo.csv",
            f"{_URL}/dev_sent_emo.csv",
            "2e89c6f8aa182d6f62f8c6331aece905ac7273ca4999660bfb5213e1d0370c1c",
            121640,
        ),
        File(
            "test_sent_emo.csv",
            f"{_URL}/test_sent_emo.csv",
            "8d37103938f7067600839fe29d5a114a6cd1bcdafb75bec101e06464c5006888",
            294526,
        ),
    ),
)
