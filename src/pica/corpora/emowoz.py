"""EmoWOZ: people ask a dialogue system for hotels, trains and tables, each of their turns with what they feel about it.

Native are two JSON objects of dialogues, in the layout of MultiWOZ, and one that splits their ids. Even turns are the
user's; of their four annotations the fourth is the final one:

    emowoz-multiwoz.json  {"SNG99123.json": {"goal": {}, "log": [
                            {"text": "The sauna is closed?", "emotion": [{"ab12cd34": …, "emotion": 0}, …, …,
                             {"emotion": 1}], "metadata": {}, "dialog_act": {}, "span_info": []},
                            {"text": "I am afraid so.", "emotion": [], …}]}}
    data-split.json       {"train": {"multiwoz": ["SNG99123.json"], "dialmage": []}, "dev": …, "test": …}

The dialogues are at Zenodo (record 6506504): the hub's `hhu-dsml/emowoz` is a script that fetches them from there. They
are read when `emowoz-multiwoz.json` and `emowoz-dialmage.json` lie in the folder. The pinned files are the split and
two CSV, UTF-8, LF, of the MultiWOZ half of validation and test, a user's turn a row, without dialogues or a system:

    ,local_seq,local_emo
    0,The sauna is closed?,1

So from these there is no training data and no reply. The numbers stand for several words each ("fearful, sad,
disappointed"); here the first of them is the label, as in the dataset's card.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, View
from pica.corpora.labels import numbered
from pica.schema import Conversation, Split, Turn

_SPLIT_URL = (
    "https://raw.githubusercontent.com/patricia-pereira/cd-erc/b5822218fcb8d29616a57584d32defcc85c4dc8b/data/woz"
)
_CSV_URL = (
    "https://raw.githubusercontent.com/KimMinyeong09/NLP-Proejct/1a15bf3e5a0102d11d437a365b1334c1f0122096"
    "/dataset/parsed_data/Emo/v2"
)

# In the order of their numbers.
EMOTIONS = ("neutral", "fearful", "dissatisfied", "apologetic", "abusive", "excited", "satisfied")
_EMOTION_CODES = numbered(EMOTIONS)

_PARTS = {"multiwoz": "emowoz-multiwoz.json", "dialmage": "emowoz-dialmage.json"}
_SPLIT_NAMES: dict[str, Split] = {"train": "train", "dev": "validation", "test": "test"}
_ROLES = ("user", "system")
_FINAL = 3  # after three annotators

_CSV: dict[Split, str] = {"validation": "validation.csv", "test": "test.csv"}
_COLUMNS = ("", "local_seq", "local_emo")


def read(folder: Path) -> Iterator[Conversation]:
    """One conversation a dialogue where the dialogues are there, else one a turn of a user."""
    if any((folder / name).exists() for name in _PARTS.values()):
        splits = _splits(folder / "data-split.json")
        for name in _PARTS.values():
            yield from _dialogues(folder / name, splits)
    else:
        for split, name in _CSV.items():
            yield from _utterances(folder / name, split)


def _splits(path: Path) -> dict[str, Split]:
    """The split of each dialogue. One of train's stands there twice."""
    at, document = native.json_document(path)
    splits: dict[str, Split] = {}
    for name, split in _SPLIT_NAMES.items():
        parts = at.field(document, name, dict)
        for key in [key for part in _PARTS for key in at.field(parts, part, list)]:
            if not isinstance(key, str) or splits.setdefault(key, split) != split:
                at.fail(f"expected dialogue ids, each in one split, found {key!r} in {name}")
    return splits


def _dialogues(path: Path, splits: Mapping[str, Split]) -> Iterator[Conversation]:
    seen: set[str] = set()
    for at, (key, dialogue) in native.json_pairs(path):
        if key not in splits or key in seen:
            at.fail(f"expected a dialogue of data-split.json, each once, found {key!r}")
        seen.add(key)
        log = at.field(dialogue, "log", list)
        if not log:
            at.fail(f"the dialogue {key} has no turn")
        turns = tuple(_turn(at, position, row) for position, row in enumerate(log))
        yield Conversation(f"emowoz/{splits[key]}/{key.removesuffix('.json')}", "emowoz", splits[key], "en", turns)


def _turn(at: native.At, position: int, row: Any) -> Turn:
    role = _ROLES[position % 2]
    annotations = at.field(row, "emotion", list)
    if len(annotations) != (_FINAL + 1 if role == "user" else 0):
        at.fail(f"turn {position} is the {role}'s and has {len(annotations)} annotations")
    text = at.text(at.field(row, "text", str), "utterance")
    return Turn(role, text, _final(at, annotations[_FINAL]) if annotations else None)


def _final(at: native.At, annotation: Any) -> str:
    return at.label(str(at.field(annotation, "emotion", int)), _EMOTION_CODES, "emotion")


def _utterances(path: Path, split: Split) -> Iterator[Conversation]:
    rows = native.table(path, _COLUMNS, terminated=True)
    for number, (at, row) in enumerate(rows):
        if at.integer(row[""], "row number") != number:
            at.fail(f"expected row {number}, found row {row['']}")
        emotion = at.label(row["local_emo"], _EMOTION_CODES, "emotion")
        turn = Turn("user", at.text(row["local_seq"], "utterance"), emotion)
        yield Conversation(f"emowoz/{split}/{number}", "emowoz", split, "en", (turn,))


CORPUS = Corpus(
    name="emowoz",
    title="EmoWOZ: emotions in task-oriented dialogues",
    homepage="https://zenodo.org/records/6506504",
    citation=(
        "Feng, Lubis, Geishauser, Lin, Heck, van Niekerk, Gasic. EmoWOZ: A Large-Scale Corpus and Labelling Scheme for "
        "Emotion Recognition in Task-Oriented Dialogue Systems. LREC 2022"
    ),
    licence="CC-BY-NC-4.0",
    commercial=False,
    redistributable=True,
    personal=False,
    languages=("en",),
    read=read,
    emotions=EMOTIONS,
    views=(
        View("emowoz-classification", "dialogue_emotion", 1858, asks="emotion", labels=EMOTIONS),
        View("emowoz-generation", "dialogue_generation", 5000, asks="reply", controls=("feeling",), speaker="system"),
    ),
    files=(
        File(
            "data-split.json",
            f"{_SPLIT_URL}/data-split.json",
            "15a4060a7dd005585af4f64905392724e61d921e74404cc5074fca4069c05c91",
            328496,
        ),
        File(
            "validation.csv",
            f"{_CSV_URL}/validation.csv",
            "8780a528e2775da48f1a99352b4d76222a644d6811880da09188e0892bcc031f",
            503949,
        ),
        File(
            "test.csv",
            f"{_CSV_URL}/test.csv",
            "1ebac717a71fbf0f3ba22cbccbab51f5809822119b77be70624cb38a080c2f41",
            505638,
        ),
    ),
)
