"""EmotionLines: dialogues of a TV series between two and more people, each line with an emotion that five people chose.

Four JSON files, ASCII, a list of dialogues that are lists of lines:

    [[{"speaker": "Ida", "utterance": "The soup is gone\\u0085", "emotion": "sadness", "annotation": "1130000"},
      {"speaker": "All", "utterance": "Gone?!", "emotion": "non-neutral", "annotation": "1020020"}]]

`annotation` counts the votes for neutral, joy, sadness, fear, anger, surprise and disgust. The emotion is what three or
more of the five chose. Where there is none it is `non-neutral`, which is no emotion: such a turn has no label here, and
stays in the dialogue for what comes after it.

`friends_eval_gold.json` is the labelled evaluation set of the EmotionX challenge of 2019: 240 more dialogues of the
same series, none of which stands in the other files. It was made to test on, so it joins the test set; its ids are like
`emotionlines/test/eval2019-17`, so that either part can be scored alone. MELD has the other dialogues, too, with the
same splits. EmotionPush, the other half of EmotionLines, is private chat with traces of real people: it is not read.

Typographic characters are C1 controls in many lines, which the filter repairs.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, View
from pica.corpora.labels import EKMAN
from pica.schema import Conversation, Split, Turn

_URL = (
    "https://raw.githubusercontent.com/missu79/sa_for_friends_koreauniv_project"
    "/aaa49020bb07eb46fe026cd19f94ce51067074b7"
)
_EVALUATION_URL = "https://raw.githubusercontent.com/bshmueli/EmotionX-2019/588143cdf7b8a7a33d7cfa959673a0df4c14601d"

_VOTED = ("neutral", "joy", "sadness", "fear", "anger", "surprise", "disgust")
_VOTERS, _MAJORITY = 5, 3
_DISAGREEMENT = "non-neutral"


class _Part(NamedTuple):
    name: str
    split: Split
    ids: str = ""


_PARTS = (
    _Part("friends_train.json", "train"),
    _Part("friends_dev.json", "validation"),
    _Part("friends_test.json", "test"),
    _Part("friends_eval_gold.json", "test", "eval2019-"),
)


def read(folder: Path) -> Iterator[Conversation]:
    """One conversation a dialogue; its id is its place in the file, from 0."""
    for part in _PARTS:
        for number, (at, rows) in enumerate(native.json_items(folder / part.name)):
            if not isinstance(rows, list) or not rows:
                at.fail("expected a list of lines")
            turns = tuple(_turn(at, row) for row in rows)
            yield Conversation(f"emotionlines/{part.split}/{part.ids}{number}", "emotionlines", part.split, "en", turns)


def _turn(at: native.At, row: Any) -> Turn:
    emotion = at.label(at.field(row, "emotion", str), (*EKMAN, _DISAGREEMENT), "emotion")
    chosen = _chosen(at, at.field(row, "annotation", str))
    if emotion != chosen:
        at.fail(f"the votes {row['annotation']} make {chosen}, not {emotion}")
    return Turn(
        at.text(_text(at.field(row, "speaker", str)), "speaker"),
        at.text(_text(at.field(row, "utterance", str)), "utterance"),
        None if emotion == _DISAGREEMENT else emotion,
    )


def _chosen(at: native.At, votes: str) -> str:
    counts = [int(digit) for digit in votes if digit in "012345"]
    if not len(counts) == len(votes) == len(_VOTED) or sum(counts) != _VOTERS:
        at.fail(f"expected {_VOTERS} votes for {len(_VOTED)} emotions, found {votes!r}")
    most = max(counts)
    return _VOTED[counts.index(most)] if most >= _MAJORITY else _DISAGREEMENT


def _text(raw: str) -> str:
    """`raw` with its ellipses. Of the C1 controls, Python takes this one for a blank, and would strip it."""
    return raw.replace("\x85", "…")


CORPUS = Corpus(
    name="emotionlines",
    title="EmotionLines: Friends",
    homepage="http://doraemon.iis.sinica.edu.tw/emotionlines/",
    citation=(
        "Chen, Hsu, Kuo, Huang, Ku. EmotionLines: An Emotion Corpus of Multi-Party Conversations. LREC 2018; "
        "Shmueli, Ku. SocialNLP EmotionX 2019 Challenge Overview. arXiv:1909.07734"
    ),
    # No derivatives may be shared: neither the converted rows nor a set with them in it.
    licence="CC-BY-NC-ND-4.0",
    commercial=False,
    redistributable=False,
    personal=False,
    languages=("en",),
    read=read,
    emotions=EKMAN,
    views=(
        View("emotionlines-classification", "dialogue_emotion", 1289, asks="emotion", labels=EKMAN),
        View("emotionlines-generation", "dialogue_generation", 1440, asks="reply", controls=("emotion", "speaker")),
    ),
    files=(
        File(
            "friends_train.json",
            f"{_URL}/friends_train.json",
            "5e829d109fe0a0eef5eed6539a2010aa6582e9b31ac67e9091542dcf1a09e101",
            2065470,
        ),
        File(
            "friends_dev.json",
            f"{_URL}/friends_dev.json",
            "1c0fcfc39a3434197863495d4bf66f8c348499fee15990367f74f7521982c803",
            229392,
        ),
        File(
            "friends_test.json",
            f"{_URL}/friends_test.json",
            "1707bb019e4863230bc84656b548caa4ab2abcac09192af2f2b75d68fe75dcff",
            544341,
        ),
        File(
            "friends_eval_gold.json",
            f"{_EVALUATION_URL}/2019_Eval_Labeled.zip",
            "ff4c79e1bdf13bd0b8b4a111ebe0d4074d495800d00b7c2faaed7de86a8ebe32",
            649085,
            member="friends_eval_gold.json",
            archive_sha256="4bf60c1ea926d0b780702344eb57982dc8156a98085053dc666885fb61eb8562",
        ),
    ),
)
