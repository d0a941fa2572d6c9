"""EmoryNLP's sample: scenes of the series that MELD's sample is made of, with full names and the Feeling Wheel.

    emotion-detection-dev.json  {"season_id": "dev", "episodes": [{"episode_id": "s01_e03", "scenes": [
                                  {"scene_id": "s01_e03_c02", "utterances": [
                                    {"utterance_id": "s01_e03_c02_u001", …}]}]}]}
    train_data.json             [[{"text": "Not my piano!", "speaker": "Dora Falk Omar Brandt", "label": "Mad"}]]

| quirk of the native files | where the sample has it |
|---|---|
| pure ASCII; a token list a sentence | `_utterance` |
| several speakers: a list, in the conversion one string with blanks | `_cast_of`, `conversations` |
| scenes of MELD's test set in train, with other labels | `_leaked` |
| utterance numbers that start late and have gaps | `quirks` |
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Any

from pica.sample import bank, meld
from pica.sample.bank import scenes
from pica.schema import Conversation, Split, Turn

_SIZES: dict[Split, int] = {"train": 98, "validation": 7, "test": 14}
_OFFICIAL: dict[Split, tuple[str, str]] = {
    "validation": ("dev", "emotion-detection-dev.json"),
    "test": ("tst", "emotion-detection-tst.json"),
}
_CAST = ("Ada Lindqvist", "Bruno Okafor", "Dora Falk", "Felix Marsh", "Mila Petrov", "Omar Brandt")
_FULL = {name.split()[0]: name for name in _CAST}
_STORIES = {"Joyful": 3, "Scared": 3, "Mad": 3, "Peaceful": 3, "Powerful": 3, "Sad": 3}
_LABELS = scenes.Labels(
    shades={
        "Joyful": ("joy", "excitement", "amusement"),
        "Scared": ("fear", "nervousness", "anxiety"),
        "Mad": ("anger", "annoyance", "anger"),
        "Peaceful": ("contentment", "love", "relief"),
        "Powerful": ("pride", "confidence"),
        "Sad": ("sadness", "loneliness", "grief"),
        "Neutral": ("neutral",),
    },
    echoes={
        "Joyful": ("Joyful", "Peaceful", "Neutral"),
        "Scared": ("Scared", "Neutral", "Powerful"),
        "Mad": ("Mad", "Scared", "Neutral"),
        "Peaceful": ("Peaceful", "Joyful", "Neutral"),
        "Powerful": ("Powerful", "Joyful", "Neutral"),
        "Sad": ("Sad", "Peaceful", "Neutral"),
    },
    neutral="Neutral",
)
# What MELD's emotions may be on the Feeling Wheel.
_WHEEL = {"joy": "Joyful", "sadness": "Sad", "anger": "Mad", "fear": "Scared", "disgust": "Mad", "surprise": "Powerful"}
# Labels that another annotator may have chosen.
_NEAR = {"Joyful": "Peaceful", "Peaceful": "Joyful", "Powerful": "Joyful", "Scared": "Sad", "Sad": "Scared"}


def conversations(rng: Random) -> list[Conversation]:
    """The scenes of all three splits."""
    made = []
    for split, size in _SIZES.items():
        part, plot = bank.Part(rng, split), bank.rounds(rng, _STORIES)
        keys = [f"s01_e{11 + number // 3:02}_c{1 + number % 3 * 2:02}" for number in range(size)]
        for number in range(size):
            turns = _leaked(number // 30) if split == "train" and number % 30 == 12 else _scene(part, plot)
            made.append(_conversation(split, str(number) if split == "train" else keys[number], turns))
    return made


def _conversation(split: Split, key: str, turns: Sequence[Turn]) -> Conversation:
    return Conversation(f"emorynlp/{split}/{key}", "emorynlp", split, "en", tuple(turns))


def _scene(rng: bank.Part, plot: Iterator[str]) -> list[Turn]:
    cast = rng.sample(sorted(_FULL), rng.choice((2, 3, 3, 4)))
    turns: list[Turn] = []
    while len(turns) < 5:
        for speaker, label, text in scenes.beat(rng, cast, plot, _LABELS):
            named = _NEAR.get(label, label) if rng.random() < 0.05 else label
            turns.append(Turn(_cast_of(rng, speaker), text, named))
    return turns


def _cast_of(rng: bank.Part, speaker: str) -> str:
    """The full name of a speaker, and now and then somebody who says it with them."""
    name = _FULL[speaker]
    if rng.random() > 0.04:
        return name
    return f"{name}{' ' if rng.split == 'train' else ' and '}{rng.choice([other for other in _CAST if other != name])}"


def _leaked(number: int) -> list[Turn]:
    """A scene of MELD's test set."""
    tested = [c for c in meld.conversations(Random("pica.sample/meld")) if c.split == "test" and len(c.turns) > 4]
    return [
        Turn(
            _FULL.get(turn.speaker, turn.speaker),
            turn.text.replace("’", "'").replace("…", "..."),
            _WHEEL.get(turn.emotion, "Neutral"),
        )
        for turn in tested[number].turns
    ]


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The conversion of train, and the official files of the other splits, whose episodes stand together."""
    train = [[_converted(turn) for turn in c.turns] for c in conversations if c.split == "train"]
    _save(folder / "train_data.json", json.dumps(train))
    for split, (season, name) in _OFFICIAL.items():
        scenes_ = [c for c in conversations if c.split == split]
        episodes = [
            {"episode_id": key, "scenes": [_official(c) for c in group]}
            for key, group in groupby(scenes_, key=lambda c: _key(c).rpartition("_")[0])
        ]
        _save(folder / name, _indented({"season_id": season, "episodes": episodes}))


def _save(path: Path, text: str) -> None:
    path.write_text(text, encoding="ascii", newline="\n")


def _indented(season: dict[str, Any]) -> str:
    """JSON with a line an utterance."""
    return re.sub(r'(?=\{"(?:episode|scene|utterance)_id)', "\n", json.dumps(season))


def _key(conversation: Conversation) -> str:
    return conversation.id.rpartition("/")[2]


def _converted(turn: Turn) -> dict[str, str]:
    return {"text": turn.text, "speaker": turn.speaker, "label": turn.emotion}


def _official(conversation: Conversation) -> dict[str, Any]:
    key = _key(conversation)
    rows = [_utterance(f"{key}_u{number:03}", turn) for number, turn in enumerate(conversation.turns, start=1)]
    return {"scene_id": key, "utterances": rows}


def _utterance(key: str, turn: Turn) -> dict[str, Any]:
    return {
        "utterance_id": key,
        "speakers": turn.speaker.split(" and "),
        "transcript": turn.text,
        "tokens": [re.findall(r"\w+|[^\w\s]", part) for part in re.split(r"(?<=[.!?]) ", turn.text)],
        "emotion": turn.emotion,
    }


def quirks(folder: Path) -> None:
    """Numbers of utterances that were left out because nobody labelled them."""
    for _, name in _OFFICIAL.values():
        season = json.loads((folder / name).read_text(encoding="ascii"))
        for number, scene in enumerate(scene for episode in season["episodes"] for scene in episode["scenes"]):
            for position, row in enumerate(scene["utterances"]):
                shifted = position + 1 + 2 * (number % 3 != 0) + (number % 2 and position > 2)
                row["utterance_id"] = f"{scene['scene_id']}_u{shifted:03}"
        _save(folder / name, _indented(season))
