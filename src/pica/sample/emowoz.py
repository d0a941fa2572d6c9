"""EmoWOZ's sample: made-up calls for hotels, tables and trains, in the layout of MultiWOZ's logs.

    emowoz-multiwoz.json  {"SNG0031.json": {"goal": {}, "log": [
                            {"text": "Oh no , my wallet was stolen …", "metadata": {}, "dialog_act": {}, …,
                             "emotion": [{"annotator": "k3x90qa1", "emotion": 1}, …, …, {"emotion": 1}]},
                            {"text": "Please call …", "metadata": {}, "dialog_act": {}, …, "emotion": []}]}}
    data-split.json       {"train": {"multiwoz": ["SNG0031.json"], "dialmage": []}, "dev": …, "test": …}

| quirk of the native files | where the sample has it |
|---|---|
| even turns are the user's; three annotators and the final label | `_row` |
| annotators who differ from the final label | `_votes` |
| ids `MUL`, `PMUL`, `SNG`, `SSNG`, `WOZ`, `DMAGE` | `conversations` |
| a system that often fails and annoys (DialMAGE) | `_call` |
| rare labels (abusive, fearful) and many neutral turns | `_FEELINGS` |
| an id twice in train's list | `quirks` |
| the CSV of single turns | left out: the reader takes them only where there are no dialogues |
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from pica.corpora.emowoz import EMOTIONS
from pica.sample import bank
from pica.sample.bank.slots import load, pick, sentences
from pica.schema import Conversation, Split, Turn

_PARTS = {"multiwoz": "emowoz-multiwoz.json", "dialmage": "emowoz-dialmage.json"}
_SPLITS: dict[Split, str] = {"train": "train", "validation": "dev", "test": "test"}
# Dialogues of each split in MultiWOZ and in DialMAGE.
_SIZES: dict[Split, tuple[int, int]] = {"train": (50, 18), "validation": (6, 2), "test": (14, 6)}
_PREFIXES = ("MUL", "PMUL", "SNG", "SSNG", "WOZ")

# What users feel, beside many neutral turns: in a call with a person, and in one with a machine that fails.
_FEELINGS = (
    {"satisfied": 5, "excited": 3, "fearful": 3, "apologetic": 3, "dissatisfied": 1},
    {"dissatisfied": 4, "abusive": 5, "satisfied": 1, "fearful": 1},
)
# What another annotator may have seen in a turn.
_NEAR = {
    "satisfied": "neutral",
    "neutral": "satisfied",
    "apologetic": "neutral",
    "excited": "satisfied",
    "dissatisfied": "neutral",
    "abusive": "dissatisfied",
    "fearful": "dissatisfied",
}


def conversations(rng: Random) -> list[Conversation]:
    """The calls of MultiWOZ and then of DialMAGE."""
    calls = []
    parts = {split: bank.Part(rng, split) for split in _SIZES}
    for kind, prefixes in enumerate((_PREFIXES, ("DMAGE",))):
        splits = [split for split, sizes in _SIZES.items() for _ in range(sizes[kind])]
        feelings = {split: bank.rounds(rng, _FEELINGS[kind]) for split in _SIZES}
        rng.shuffle(splits)
        for number, split in enumerate(splits):
            key = f"{rng.choice(prefixes)}{number * 7 + rng.randrange(7):04}"
            turns = tuple(_call(parts[split], feelings[split], is_machine=bool(kind)))
            calls.append(Conversation(f"emowoz/{split}/{key}", "emowoz", split, "en", turns))
    return calls


def _call(rng: bank.Part, feelings: Iterator[str], is_machine: bool) -> Iterator[Turn]:
    """Two or three exchanges; in half of them the user feels something."""
    domain = load("bookings")["domains"][rng.choice(tuple(load("bookings")["domains"]))]
    rounds = rng.choice((2, 2, 3))
    for number in range(rounds):
        emotion = next(feelings) if rng.random() < 0.6 else "neutral"
        label = _NEAR.get(emotion, emotion) if rng.random() < 0.1 else emotion
        yield Turn("user", _asked(rng, domain, emotion), label)
        yield Turn("system", _answered(rng, domain, emotion, number == rounds - 1, is_machine))


def _asked(rng: bank.Part, domain: dict[str, Sequence[str]], emotion: str) -> str:
    request = _say(rng, domain["user"])
    if emotion == "neutral":
        return request
    felt = _say(rng, load("bookings")["feelings"][emotion])
    return f"{felt} {request}" if rng.random() < 0.4 else felt


def _answered(rng: bank.Part, domain: dict[str, Sequence[str]], emotion: str, is_last: bool, is_machine: bool) -> str:
    lines = load("bookings")["system"]
    if is_last and not is_machine:
        return _say(rng, lines["close"])
    if emotion in ("dissatisfied", "abusive") and rng.random() < 0.6:
        return _say(rng, lines["sorry"])
    return _say(rng, domain["fail" if rng.random() < (0.5 if is_machine else 0.2) else "system"])


def _say(rng: bank.Part, lines: Sequence[str]) -> str:
    return sentences(pick(rng, lines, load("bookings")["words"]))


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The two files of dialogues and the one of their splits."""
    keys: dict[str, dict[str, list[str]]] = {name: {part: [] for part in _PARTS} for name in _SPLITS.values()}
    documents: dict[str, dict[str, Any]] = {part: {} for part in _PARTS}
    for conversation in conversations:
        key = f"{conversation.id.rpartition('/')[2]}.json"
        part = "dialmage" if key.startswith("DMAGE") else "multiwoz"
        documents[part][key] = {"goal": {}, "log": [_row(turn) for turn in conversation.turns]}
        keys[_SPLITS[conversation.split]][part].append(key)
    for part, name in _PARTS.items():
        # A line a turn.
        _save(folder / name, json.dumps(documents[part]).replace('{"text"', '\n{"text"'))
    _save(folder / "data-split.json", json.dumps(keys, indent=4))


def _save(path: Path, text: str) -> None:
    path.write_text(text, encoding="ascii", newline="\n")


def _row(turn: Turn) -> dict[str, Any]:
    emotion = _votes(turn) if turn.emotion else []
    return {"text": turn.text, "metadata": {}, "dialog_act": {}, "span_info": [], "emotion": emotion}


def _votes(turn: Turn) -> list[dict[str, Any]]:
    """Three annotators, one of whom may see it in another way, and the final label."""
    votes = [turn.emotion] * 4
    if len(turn.text) % 4 == 1:
        votes[len(turn.text) % 3] = _NEAR.get(turn.emotion, "satisfied")
    annotators = ("k3x90qa1", "w71mmz0c", "p0d4ru8e", None)
    return [
        {"annotator": annotator, "emotion": EMOTIONS.index(vote)} if annotator else {"emotion": EMOTIONS.index(vote)}
        for annotator, vote in zip(annotators, votes, strict=True)
    ]


def quirks(folder: Path) -> None:
    """An id that stands twice in the list of train."""
    path = folder / "data-split.json"
    keys = json.loads(path.read_text(encoding="ascii"))
    keys["train"]["dialmage"].append(keys["train"]["dialmage"][0])
    _save(path, json.dumps(keys, indent=4))
