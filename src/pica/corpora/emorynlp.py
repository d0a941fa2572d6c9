"""EmoryNLP: scenes of a TV series, each utterance with one of seven emotions of the Feeling Wheel.

The official files are one JSON object a split, ASCII (here on several lines):

    {"season_id": "dev", "episodes": [{"episode_id": "s09_e02", "scenes": [{"scene_id": "s09_e02_c07", "utterances": [
      {"utterance_id": "s09_e02_c07_u003", "speakers": ["Ada Quill", "Tom Reed"], "transcript": "Not again!",
       "tokens": [["Not", "again", "!"]], "emotion": "Mad"}]}]}]}

Utterance numbers have gaps, for what has no label was left out: their order is that of the list. The official training
file is read where it lies in the folder; the pinned one is a conversion of it, with the same utterances and no ids:

    [[{"text": "Not again!", "speaker": "Ada Quill Tom Reed", "label": "Mad"}]]

There is also a subset in CSV, those of the utterances that have a time in the subtitles. It adds nothing, so it is not
read; but published figures are of its 984 test rows as often as of the 1,328 here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, View
from pica.schema import Conversation, Split, Turn

_URL = "https://raw.githubusercontent.com/emorynlp/emotion-detection/289b967a34556f0d86b52ea36571c2a0c90740ae/json"
_TRAIN_URL = (
    "https://raw.githubusercontent.com/whatissimondoing/CoG-BART/0efa636e3034e6aba1e5caa578ae67e660ad126c/data/EmoryNLP"
)

EMOTIONS = ("Neutral", "Joyful", "Scared", "Mad", "Peaceful", "Powerful", "Sad")

_NAMES: dict[Split, str] = {
    "train": "emotion-detection-trn.json",
    "validation": "emotion-detection-dev.json",
    "test": "emotion-detection-tst.json",
}
_CONVERTED_TRAIN = "train_data.json"
_SCENE_ID = re.compile(r"s\d\d_e\d\d_c\d\d", re.ASCII)


def read(folder: Path) -> Iterator[Conversation]:
    """One conversation a scene."""
    for split, name in _NAMES.items():
        if split == "train" and not (folder / name).exists():
            yield from _converted(folder / _CONVERTED_TRAIN)
        else:
            yield from _official(folder / name, split)


def _official(path: Path, split: Split) -> Iterator[Conversation]:
    seen: set[str] = set()
    for at, episode in native.json_items(path, "episodes.item"):
        for scene in at.field(episode, "scenes", list):
            key = at.field(scene, "scene_id", str)
            if not _SCENE_ID.fullmatch(key) or key in seen:
                at.fail(f"expected a new scene id such as s01_e02_c03, found {key!r}")
            seen.add(key)
            turns = tuple(_official_turn(at, row) for row in at.field(scene, "utterances", list))
            yield _scene(at, split, key, turns)


def _official_turn(at: native.At, row: Any) -> Turn:
    speakers = at.field(row, "speakers", list)
    if not speakers or not all(isinstance(name, str) for name in speakers):
        at.fail(f"expected a list of names as speakers, found {speakers!r}")
    return _turn(at, " and ".join(speakers), at.field(row, "transcript", str), at.field(row, "emotion", str))


def _converted(path: Path) -> Iterator[Conversation]:
    for number, (at, rows) in enumerate(native.json_items(path)):
        if not isinstance(rows, list):
            at.fail("expected a list of utterances")
        yield _scene(at, "train", str(number), tuple(_converted_turn(at, row) for row in rows))


def _converted_turn(at: native.At, row: Any) -> Turn:
    return _turn(at, at.field(row, "speaker", str), at.field(row, "text", str), at.field(row, "label", str))


def _turn(at: native.At, speaker: str, text: str, emotion: str) -> Turn:
    return Turn(at.text(speaker, "speaker"), at.text(text, "utterance"), at.label(emotion, EMOTIONS, "emotion"))


def _scene(at: native.At, split: Split, key: str, turns: tuple[Turn, ...]) -> Conversation:
    if not turns:
        at.fail(f"the scene {key} has no utterance")
    return Conversation(f"emorynlp/{split}/{key}", "emorynlp", split, "en", turns)


CORPUS = Corpus(
    name="emorynlp",
    title="EmoryNLP: emotion detection on TV show transcripts (Character Mining)",
    homepage="https://github.com/emorynlp/emotion-detection",
    citation=(
        "Zahiri, Choi. Emotion Detection on TV Show Transcripts with Sequence-based Convolutional Neural Networks. "
        "AFFCON 2018, arXiv:1708.04299"
    ),
    licence="Apache-2.0",
    commercial=True,
    redistributable=True,
    personal=False,
    languages=("en",),
    read=read,
    emotions=EMOTIONS,
    views=(
        View("emorynlp-classification", "dialogue_emotion", 580, asks="emotion", labels=EMOTIONS),
        View("emorynlp-generation", "dialogue_generation", 713, asks="reply", controls=("emotion", "speaker")),
    ),
    files=(
        File(
            "train_data.json",
            f"{_TRAIN_URL}/train_data.json",
            "8e52f4e00797074c1348c027b44ed40b375e8fb27792aaa76797a6ac8985354b",
            1133835,
        ),
        File(
            "emotion-detection-dev.json",
            f"{_URL}/emotion-detection-dev.json",
            "177f0b8ae5442045ea60e6f7940e14b1a8c15c704201f01da1ba74943f99086e",
            563109,
        ),
        File(
            "emotion-detection-tst.json",
            f"{_URL}/emotion-detection-tst.json",
            "2da84b0bffbc9da2f3b9de8016c2d3ae5478e6ccb26d473313368373b427dedc",
            556256,
        ),
    ),
)
