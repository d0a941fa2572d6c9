"""EmoContext's sample: made-up chats of three turns between strangers, typed in a hurry.

    id<TAB>turn1<TAB>turn2<TAB>turn3<TAB>label
    0<TAB>my boss is unfair<TAB>hmm, why is that?<TAB>i hate this 😡<TAB>angry

| quirk of the native files | where the sample has it |
|---|---|
| CRLF, no line end after the last row, ids from 0 in each file | `write` |
| no quoting: a `"` is never closed | some of the texts (`_as_published`) |
| emoji, also alone | `bank.chat` |
| `&apos;` in train; U+FFFD | some of the texts (`_as_published`) |
| outer blanks in train | `quirks` |
| half of train has an emotion, but few rows of the others | `_SIZES` |
| chats that repeat, some with another label, in train, dev and test | `_AGAIN` |
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

from pica.sample.bank import Part
from pica.sample.bank.chat import chat
from pica.schema import Conversation, Split, Turn

_NAMES: dict[Split, str] = {"train": "train.txt", "validation": "dev.txt", "test": "test.txt"}
_COLUMNS = ("id", "turn1", "turn2", "turn3", "label")
_SPEAKERS = ("A", "B", "A")
_SIZES: dict[Split, dict[str, int]] = {
    "train": {"others": 130, "happy": 44, "sad": 46, "angry": 46},
    "validation": {"others": 45, "happy": 5, "sad": 5, "angry": 5},
    "test": {"others": 75, "happy": 8, "sad": 8, "angry": 8},
}
# Rows of a split that stand in train once more, and the label that they have there (None: the same).
_AGAIN: tuple[tuple[Split, int, str | None], ...] = (
    ("train", 3, None),
    ("train", 8, "others"),
    ("train", 20, "happy"),
    ("validation", 31, None),
    ("test", 44, None),
    ("test", 52, "happy"),
)

_Row = tuple[Sequence[str], str]


def conversations(rng: Random) -> list[Conversation]:
    """The chats of all three splits, in no order within a split."""
    rows: dict[Split, list[_Row]] = {}
    for split, sizes in _SIZES.items():
        part = Part(rng, split)
        rows[split] = [(_made(part, label), label) for label, size in sizes.items() for _ in range(size)]
        rng.shuffle(rows[split])
    for split, number, other in _AGAIN:
        turns, label = rows[split][number]
        rows["train"].append((turns, other or label))
    return [_chat(split, number, row) for split, part in rows.items() for number, row in enumerate(part)]


def _made(rng: Part, label: str) -> list[str]:
    return [_as_published(rng, text) for text in chat(rng, label)]


def _as_published(rng: Part, text: str) -> str:
    if rng.split == "train" and rng.random() < 0.3:
        text = text.replace("'", "&apos;")
    style = rng.random()
    if style < 0.012:
        return f'"{text}'
    return text + " \ufffd" if style < 0.024 else text


def _chat(split: Split, number: int, row: _Row) -> Conversation:
    texts, label = row
    turns = tuple(map(Turn, _SPEAKERS, texts))
    return Conversation(f"emocontext/{split}/{number}", "emocontext", split, "en", turns, emotion=label)


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The three tab-separated files."""
    for split, name in _NAMES.items():
        rows = [_COLUMNS, *(_cells(c) for c in conversations if c.split == split)]
        (folder / name).write_text("\r\n".join(map("\t".join, rows)), encoding="utf-8", newline="")


def _cells(conversation: Conversation) -> tuple[str, ...]:
    return (conversation.id.rpartition("/")[2], *(turn.text for turn in conversation.turns), conversation.emotion)


def quirks(folder: Path) -> None:
    """Outer blanks in each ninth row of train, which a conversation does not keep."""
    path = folder / _NAMES["train"]
    lines = path.read_bytes().decode().split("\r\n")
    for number in range(9, len(lines), 9):
        identifier, first, *others, label = lines[number].split("\t")
        lines[number] = "\t".join((identifier, f" {first}", *others, f"{label} "))
    path.write_text("\r\n".join(lines), encoding="utf-8", newline="")
