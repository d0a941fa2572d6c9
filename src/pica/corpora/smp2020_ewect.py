"""SMP2020-EWECT: Weibo posts with one of six emotions, in two parts: posts on anything, and on the epidemic of 2020.

Six TSV files, `usual/` and `virus/` × `{train,dev,test}.tsv`: UTF-8, LF, a header, no quoting (a double quote is text):

    label	text_a
    5	打开快递，里面居然是一只鹅[吃惊]
    1	又停水了 //@小林:我们这边也是[怒]

The numbers are 0 neutral, 1 angry, 2 happy, 3 sad, 4 fear, 5 surprise; the organisers' own words for them, which the
prompts have, are in `WORDS`. Rows have no ids: an id is the part and the row's number, from 1. In four of ten posts of
`virus` the writer's own words come first, and `//@name:` with those of others follow; the label is the writer's. Topics
(`#…#`) and emoticons (`[心]`) are part of how people write and stay. Handles, links and numbers are masked.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, View
from pica.corpora.labels import numbered
from pica.schema import Conversation, Split, Turn

_URL = "https://raw.githubusercontent.com/dbiir/UER-py/5743050cc41f0f21986c9f938db5ac1726052629/datasets/smp2020-ewect"

EMOTIONS = ("neutral", "angry", "happy", "sad", "fear", "surprise")
WORDS = dict(zip(EMOTIONS, ("无情绪", "愤怒", "积极", "悲伤", "恐惧", "惊奇"), strict=True))
PARTS = ("usual", "virus")

_NAMES: dict[Split, str] = {"train": "train.tsv", "validation": "dev.tsv", "test": "test.tsv"}
_LABELS = numbered(EMOTIONS)


def read(folder: Path) -> Iterator[Conversation]:
    """One conversation of one turn a post."""
    for part in PARTS:
        for split, name in _NAMES.items():
            yield from _posts(folder / part / name, part, split)


def _posts(path: Path, part: str, split: Split) -> Iterator[Conversation]:
    rows = native.table(path, ("label", "text_a"), delimiter="\t", quoting=csv.QUOTE_NONE, terminated=True)
    for number, (at, row) in enumerate(rows, start=1):
        emotion = at.label(row["label"], _LABELS, "label")
        turn = Turn("writer", at.text(row["text_a"], "text_a"))
        key = f"smp2020_ewect/{split}/{part}-{number}"
        yield Conversation(key, "smp2020_ewect", split, "zh", (turn,), emotion=emotion)


def _view(part: str) -> View:
    return View(
        f"smp2020_ewect-{part}-classification",
        "text_emotion",
        2000,
        asks="emotion",
        of="conversation",
        labels=tuple(WORDS.values()),
        relabel=WORDS,
        ids=rf"{part}-\d+",
    )


CORPUS = Corpus(
    name="smp2020_ewect",
    title="SMP2020-EWECT: the Evaluation of Weibo Emotion Classification Technology",
    homepage="https://smp2020ewect.github.io",
    citation=(
        "SMP2020-EWECT, Research Center for Social Computing and Information Retrieval, Harbin Institute of Technology "
        "(2020); files as in Zhao et al. UER: An Open-Source Toolkit for Pre-training Models. EMNLP-IJCNLP 2019"
    ),
    # All sets were published after the contest, without terms.
    licence="unstated",
    commercial=False,
    redistributable=False,
    personal=True,
    languages=("zh",),
    read=read,
    emotions=EMOTIONS,
    views=tuple(map(_view, PARTS)),
    files=(
        File(
            "usual/train.tsv",
            f"{_URL}/usual/train.tsv",
            "6c086ef4f16a0db11ac987fd64e5e80ceaedfa6990758d0ead061d1d51aea0e6",
            3544827,
        ),
        File(
            "usual/dev.tsv",
            f"{_URL}/usual/dev.tsv",
            "e6da8d033b7da031b4daf2339ce9fc4391741d4b3cb12883f38cd78a4a7723d6",
            252400,
        ),
        File(
            "usual/test.tsv",
            f"{_URL}/usual/test.tsv",
            "154ac29c733b4448defa07f8601473f199d6cc1fc55f9317b64cb0d75f55cd77",
            636992,
        ),
        File(
            "virus/train.tsv",
            f"{_URL}/virus/train.tsv",
            "9f6bb6783a9bfe9e23165a4c5417c8706e39c39381e4201d74ab9646d820f25a",
            1239034,
        ),
        File(
            "virus/dev.tsv",
            f"{_URL}/virus/dev.tsv",
            "95759380f9437321c6113694e32f08b8585cf4a4ac6cc9d7d4c0c9ed1ed92863",
            296106,
        ),
        File(
            "virus/test.tsv",
            f"{_URL}/virus/test.tsv",
            "926f243975d51ebc1c8581f4f908205258081ca1d5148c605fdf183e2d4a6ddb",
            420668,
        ),
    ),
)
