"""MPDD's sample: made-up dialogues of a series' people, in simplified characters.

    {"7": [{"speaker": "林母", "utterance": "林曉，這盆花是誰澆的？",
            "listener": [{"name": "林曉", "relation": "parent"}],
            "emotion": "surprise"}, …]}

| quirk of the native files | where the sample has it |
|---|---|
| one line, ASCII with escapes | `write` |
| a listener more than one; one who never speaks | `_dialogue` |
| names in what is said | `_dialogue` |
| one speaker several times in a row | `_dialogue` |
| ids with gaps, in blocks that are the splits | `conversations` |
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from pica.corpora.mpdd import EMOTIONS, RELATIONS
from pica.sample.bank import Part, daily
from pica.schema import LABEL_SEPARATOR, SPLITS, Conversation, Persona, Split, Turn

_SIZES: dict[Split, int] = {"train": 70, "validation": 12, "test": 24}
_FIRST: dict[Split, int] = {"train": 1, "validation": 1386, "test": 2155}
_FELT = dict(zip(EMOTIONS, ("neutral", "happy", "sad", "angry", "surprised", "fearful", "disgusted"), strict=True))
# What the first is to the second, and the second to the first.
_PAIRS = (
    ("parent", "child"),
    ("boss", "subordinate"),
    ("friend", "friend"),
    ("teacher", "student"),
    ("spouse", "spouse"),
    ("colleague", "colleague"),
    ("unknown", "unknown"),
    ("classmate", "classmate"),
)
_NAMES = {"甲": "卓遠山", "乙": "田小禾", "丙": "向晴"}


def conversations(rng: Random) -> list[Conversation]:
    """The dialogues in the order of their ids."""
    return [
        _dialogue(Part(rng, split), _FIRST[split] + number + number // 9, number)
        for split in SPLITS
        for number in range(_SIZES[split])
    ]


def _dialogue(rng: Part, key: int, number: int) -> Conversation:
    emotion = EMOTIONS[number % len(EMOTIONS)]
    (_, asked), (_, answered) = daily.exchange(rng)
    turns = [
        Turn("甲", daily.felt(rng, _FELT[emotion]), emotion),
        Turn("乙", f"甲，{asked}" if number % 4 == 1 else asked, "neutral"),
        Turn("甲", answered, "neutral"),
    ]
    if number % 5 == 2:
        turns.append(Turn("甲", daily.felt(rng, "neutral"), "neutral"))
    if number % 8 == 6:  # 丙 listens
        return Conversation(f"mpdd/{rng.split}/{key}", "mpdd", rng.split, "zh", tuple(turns))
    pair = _PAIRS[number % len(_PAIRS)]
    return Conversation(
        id=f"mpdd/{rng.split}/{key}",
        corpus="mpdd",
        split=rng.split,
        language="zh",
        turns=tuple(turns),
        situation=LABEL_SEPARATOR.join(pair),
        personas=tuple(personas(pair)),
    )


def personas(pair: Sequence[str]) -> Iterator[Persona]:
    """What each of the two is to the other, in words."""
    for name, relation in zip("甲乙", pair, strict=False):
        if RELATIONS[relation]:
            yield Persona(name, f"我是对方的{RELATIONS[relation]}。")


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The one object, on one line."""
    ordered = sorted(conversations, key=lambda c: int(c.id.rpartition("/")[2]))
    content = {c.id.rpartition("/")[2]: [_row(c, turn) for turn in c.turns] for c in ordered}
    (folder / "dialogue.json").write_text(json.dumps(content), encoding="ascii")


def _row(conversation: Conversation, turn: Turn) -> dict[str, Any]:
    """Where the two are not alone, a third one listens, and all are friends."""
    relations = (conversation.situation or "friend|friend").split(LABEL_SEPARATOR)
    others = [name for name in ("甲乙" if conversation.situation else "甲乙丙") if name != turn.speaker]
    text = turn.text
    for letter, name in _NAMES.items():
        text = text.replace(letter, name)
    relation = relations["甲乙".index(turn.speaker)]
    return {
        "speaker": _NAMES[turn.speaker],
        "utterance": text,
        "listener": [{"name": _NAMES[name], "relation": relation} for name in others],
        "emotion": turn.emotion,
    }


def quirks(folder: Path) -> None:
    """None that a conversation does not hold."""
