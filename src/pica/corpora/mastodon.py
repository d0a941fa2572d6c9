"""Mastodon: threads of a social network, each line with a sentiment and a dialogue act.

Two text files, UTF-8, LF. A line has its place in the dialogue, from 0, its labels and a segment of a post:

    0 *_O What is everybody baking today ?
    1 +_W Rye bread , with too much honey

The sentiment is `*` neutral, `+` positive or `-` negative. **Upstream does not explain the letters of the acts.** For
ten of them (I, W, T, V, S, F, H, Q, A, D) PICA's rows of 2023 have a word each, one to one; the words for O, R, J, E
and M were inferred from the rows. Beside each file stands the same one in word numbers, which adds
nothing and is not read.

Who speaks is not known: a post may be cut into several lines, and mentions were taken out. A and B are given to the
lines in turn, which is a guess, and so is that a line answers the one before it.

A dialogue is a path from the root of a tree of replies to a leaf, so dialogues begin alike. A line that was read
before, after the same lines, has no label: it is history there, neither counted nor learnt twice. Where copies of a
line have two labels, the first one stays. A dialogue that is nothing but the beginning of an earlier one is rejected.
There is no validation set upstream: it is cut out of train by first line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, View, split_by_group
from pica.schema import Conversation, Rejected, Split, Turn

_URL = (
    "https://raw.githubusercontent.com/cerisara/DialogSentimentMastodon/a4d3c8a02866b40633e7ab76ae854599b51be10c/corpus"
)

SENTIMENTS = ("neutral", "positive", "negative")
_SENTIMENT_SIGNS = {"*": "neutral", "+": "positive", "-": "negative"}
_ACT_LETTERS = {
    "i": "inform",
    "w": "answer",
    "q": "closed question",
    "o": "open question",
    "a": "agreement",
    "d": "disagreement",
    "r": "request",
    "s": "suggestion",
    "t": "thanks",
    "h": "greeting",
    "v": "explicit performative",  # wishes, welcomes and the like
    "j": "exclamation",
    "e": "commitment",
    "m": "sympathy",  # also apologies and congratulations
    "f": "feedback",
}
ACTS = tuple(_ACT_LETTERS.values())

_NAMES: dict[Split, str] = {"train": "datatrainJoint.txt", "test": "datatestJoint.txt"}
_LINE = re.compile(r"(\d+) ([*+-])_([A-Z]) (.*)", re.ASCII)


class _Segment(NamedTuple):
    text: str
    sentiment: str
    act: str


def read(folder: Path) -> Iterator[Conversation | Rejected]:
    """One conversation a path; its id is its place in the file, from 0."""
    for official, name in _NAMES.items():
        known: set[tuple[str, ...]] = set()
        for number, segments in enumerate(_dialogues(folder / name)):
            split = official if official == "test" else split_by_group(f"mastodon/{segments[0].text}", test=0)
            yield _dialogue(f"mastodon/{split}/{number}", split, segments, known)


def _dialogues(path: Path) -> Iterator[list[_Segment]]:
    segments: list[_Segment] = []
    for at, line in native.lines(path, terminated=True):
        match = _LINE.fullmatch(line)
        if not match:
            at.fail("expected a number, labels such as *_I, and a text")
        number = at.integer(match[1])
        if number == 0 and segments:
            yield segments
            segments = []
        if number != len(segments):
            at.fail(f"expected line {len(segments)} of the dialogue, found {number}")
        act = at.label(match[3], _ACT_LETTERS, "act")
        segments.append(_Segment(at.text(match[4]), _SENTIMENT_SIGNS[match[2]], act))
    yield segments


def _dialogue(
    key: str, split: Split, segments: Sequence[_Segment], known: set[tuple[str, ...]]
) -> Conversation | Rejected:
    turns = tuple(_turns(segments, known))
    if not any(turn.act for turn in turns):
        row = json.dumps(segments, ensure_ascii=False)
        return Rejected(key, "mastodon", split, "the beginning of an earlier dialogue", row)
    return Conversation(key, "mastodon", split, "en", turns)


def _turns(segments: Sequence[_Segment], known: set[tuple[str, ...]]) -> Iterator[Turn]:
    """The turns, labelled where their path from the root is not in `known`, which it then is."""
    for position, segment in enumerate(segments):
        path = tuple(earlier.text for earlier in segments[: position + 1])
        speaker = "AB"[position % 2]
        if path in known:
            yield Turn(speaker, segment.text)
        else:
            known.add(path)
            yield Turn(speaker, segment.text, segment.sentiment, segment.act)


CORPUS = Corpus(
    name="mastodon",
    title="DialogSentimentMastodon: dialogue acts and sentiments on Mastodon",
    homepage="https://github.com/cerisara/DialogSentimentMastodon",
    citation=(
        "Cerisara, Jafaritazehjani, Oluokun, Le. Multi-task dialog act and sentiment recognition on Mastodon. "
        "COLING 2018"
    ),
    licence="GPL-3.0-only",
    commercial=True,
    redistributable=True,
    personal=True,
    languages=("en",),
    read=read,
    emotions=SENTIMENTS,
    acts=ACTS,
    views=(
        View("mastodon-classification", "dialogue_emotion", 267, asks="sentiment", labels=SENTIMENTS),
        View("mastodon-act-inference", "dialogue_inference", 267, asks="act", labels=ACTS),
        View("mastodon-generation", "dialogue_generation", 267, asks="reply", controls=("act", "emotion")),
    ),
    files=(
        File(
            "datatrainJoint.txt",
            f"{_URL}/datatrainJoint.txt",
            "549785afe70213804cea08a0b0e9901e51f70c8e3e61fe7eaf4d528df8e5bd75",
            76616,
        ),
        File(
            "datatestJoint.txt",
            f"{_URL}/datatestJoint.txt",
            "a2eb6dc51e35b766ef29105d34946cea0504783204aa4f0456e8e73f4592eb0d",
            77515,
        ),
    ),
)
