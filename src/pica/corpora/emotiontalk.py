"""EmotionTalk: dialogues in Mandarin that two actors improvised, each turn labelled from its clip and from its text.

Two CSV files with the same rows in the same order, UTF-8, LF. A row is a turn, whose name is made of the group (two
actors), the dialogue, the speaker and the number of the turn; `file_name` is the name and ".mp4":

    name,emotion,chinese                                                                       transcription.csv
    G00099/G00099_07/G00099_07_31/G00099_07_31_012,surprised,你把[over/]沙发[/over]卖了？
    file_name,emotion                                                                          mm.csv
    G00099/G00099_07/G00099_07_31/G00099_07_31_012.mp4,angry

Those who labelled the transcription saw the text alone, those of `mm.csv` saw and heard the clip. They agree in 42 % of
the turns, so both are asked for, and each dialogue is two conversations: `clip-G00099_07` and `text-G00099_07`. Replies
are made with the emotion of the clip, which is what the actor showed.

Rows of a dialogue stand together, unsorted; turn numbers order them, no more (turns were left out). Speakers are
numbers, so whoever speaks first is 甲 and the other one 乙. Marks of what was heard (`[laughing]`, `[over/]…[/over]`
around what both say at once, some misspelt) go and the words in them stay. The splits are the release's, by group.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise
from pathlib import Path
from typing import NamedTuple

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, View
from pica.schema import Conversation, Split, Turn

_URL = (
    "https://raw.githubusercontent.com/flageval-baai/EmotionTalk/1b69c059efc3b5448b25897d1c8b716ba4da32c3"
    "/EmotionTalk/dataset/mm-process"
)

EMOTIONS = ("neutral", "happy", "sad", "angry", "surprised", "fearful", "disgusted")
WORDS = dict(zip(EMOTIONS, ("中性", "高兴", "悲伤", "愤怒", "惊讶", "恐惧", "厌恶"), strict=True))

_HELD_OUT: dict[str, Split] = {"G00001": "validation", "G00012": "validation", "G00003": "test", "G00015": "test"}
_NAME = re.compile(r"(G\d{5})/(\1_\d{2})/(\2_(\d{2}))/\3_(\d{3})")
_HEARD = "over|interrupted|laughing|sobbing|crying|screaming"
# A mark with a bracket on one side at least, or a bracket of one that was lost.
_MARK = re.compile(rf"(?i)\[+/?(?:{_HEARD})/?\]*|/?(?:{_HEARD})/?\]+|[\[\]]")


class _Row(NamedTuple):
    at: native.At
    group: str
    dialogue: str
    speaker: str
    turn: int
    text: str
    by_text: str
    by_clip: str


def read(folder: Path) -> Iterator[Conversation]:
    """Two conversations a dialogue: with the labels given to the clips, and with those given to the text."""
    seen = set()
    for dialogue, group in groupby(_rows(folder), key=lambda row: row.dialogue):
        rows = sorted(group, key=lambda row: row.turn)
        if dialogue in seen:
            rows[0].at.fail(f"rows of dialogue {dialogue} stand apart")
        seen.add(dialogue)
        if twice := next((row for before, row in pairwise(rows) if row.turn == before.turn), None):
            twice.at.fail(f"turn {twice.turn} of dialogue {dialogue} stands twice")
        split = _HELD_OUT.get(rows[0].group, "train")
        for kind in ("clip", "text"):
            turns = tuple(_turns(rows, kind))
            yield Conversation(f"emotiontalk/{split}/{kind}-{dialogue}", "emotiontalk", split, "zh", turns)


def _rows(folder: Path) -> Iterator[_Row]:
    said = native.table(folder / "transcription.csv", ("name", "emotion", "chinese"), terminated=True, one_line=True)
    clips = native.table(folder / "mm.csv", ("file_name", "emotion"), terminated=True, one_line=True)
    for at, row in said:
        place, clip = next(clips, (None, None))
        if place is None:
            native.At(folder / "mm.csv").fail(f"it ends before transcription.csv does, at {row['name']}")
        if clip["file_name"] != f"{row['name']}.mp4":
            place.fail(f"expected the clip {row['name']}.mp4, found {clip['file_name']}")
        if not (match := _NAME.fullmatch(row["name"])):
            at.fail(f"expected a name such as G00099/G00099_07/G00099_07_31/G00099_07_31_012, found {row['name']}")
        yield _Row(
            at,
            match[1],
            match[2],
            match[4],
            int(match[5]),
            at.text(_MARK.sub("", row["chinese"]), "text"),
            at.label(row["emotion"], EMOTIONS, "emotion"),
            place.label(clip["emotion"], EMOTIONS, "emotion"),
        )
    if extra := next(clips, None):
        extra[0].fail("a clip that transcription.csv does not have")


def _turns(rows: Iterable[_Row], kind: str) -> Iterator[Turn]:
    names: dict[str, str] = {}
    for row in rows:
        if row.speaker not in names:
            if len(names) == 2:
                row.at.fail(f"a third speaker in dialogue {row.dialogue}")
            names[row.speaker] = "甲乙"[len(names)]
        yield Turn(names[row.speaker], row.text, row.by_clip if kind == "clip" else row.by_text)


def _view(variant: str, kind: str) -> View:
    return View(
        f"emotiontalk-{variant}",
        "dialogue_emotion",
        2000,
        asks="emotion",
        labels=tuple(WORDS.values()),
        relabel=WORDS,
        ids=rf"{kind}-.*",
    )


CORPUS = Corpus(
    name="emotiontalk",
    title="EmotionTalk: an interactive Chinese multimodal emotion dataset (transcripts and labels)",
    homepage="https://github.com/flageval-baai/EmotionTalk",
    citation=(
        "Sun, Wang, Zhao, Zhao, Zhou, Wang, He, Kong, Yang, Wang et al. EmotionTalk: An Interactive Chinese Multimodal "
        "Emotion Dataset With Rich Annotations. arXiv:2505.23018 (2025)"
    ),
    licence="CC-BY-NC-SA-4.0",
    commercial=False,
    redistributable=True,
    personal=False,
    languages=("zh",),
    read=read,
    emotions=EMOTIONS,
    views=(
        _view("classification", "clip"),
        _view("text-classification", "text"),
        View(
            "emotiontalk-generation",
            "dialogue_generation",
            2000,
            asks="reply",
            controls=("emotion",),
            relabel=WORDS,
            ids=r"clip-.*",
        ),
    ),
    files=(
        File(
            "transcription.csv",
            f"{_URL}/transcription.csv",
            "2be815e6114e86edd00fb11bde9227d064b79061e7d98589299cd78be0a58728",
            2632942,
        ),
        File("mm.csv", f"{_URL}/mm.csv", "ad791bd276b2fdd519ffb4a27d215f9e2ffa06f4acbe36445eecb77206543a03", 1122640),
    ),
)
