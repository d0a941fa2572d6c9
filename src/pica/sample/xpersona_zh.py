"""XPersona's Chinese sample: made-up small talk of two people, of whom the second has a persona.

    [{"persona": ["我养了三只乌龟。", "我怕高 。"], "dialogue": [["你好，最近在忙什么呢？", "我家有三只乌龟，…"], …]}]

| quirk of the native files | where the sample has it |
|---|---|
| one array on one line, not escaped, no line end | `_save` |
| blanks before marks | `quirks` |
| a persona of test in train | `quirks` |
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from pica.sample.bank import Part, daily
from pica.schema import SPLITS, Conversation, Persona, Split, Turn

_SIZES: dict[Split, int] = {"train": 60, "validation": 10, "test": 18}
_FILES: dict[Split, tuple[str, str]] = {
    "train": ("train", "Zh_persona_train_corrected.json"),
    "validation": ("valid", "Zh_persona_split_valid_human_annotated.json"),
    "test": ("test", "Zh_persona_split_test_human_annotated.json"),
}


def conversations(rng: Random) -> list[Conversation]:
    """The dialogues of all splits."""
    return [_dialogue(Part(rng, split), number) for split in SPLITS for number in range(_SIZES[split])]


def _dialogue(rng: Part, number: int) -> Conversation:
    facts = daily.persona(rng, rng.choice((2, 3, 4)))
    turns = []
    for _, said in facts:
        turns += [Turn("甲", daily.small_talk(rng, "asks")), Turn("乙", said)]
    if rng.random() < 0.4:
        turns += [Turn("甲", daily.small_talk(rng, "fillers")), Turn("乙", daily.small_talk(rng, "fillers"))]
    personas = tuple(Persona("乙", fact) for fact, _ in facts)
    key = f"xpersona_zh/{rng.split}/{_FILES[rng.split][0]}-{number}"
    return Conversation(key, "xpersona_zh", rng.split, "zh", tuple(turns), personas=personas)


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The three files."""
    for name, path in _FILES.values():
        rows = [_row(c) for c in conversations if c.id.split("/")[2].startswith(f"{name}-")]
        _save(folder / path, rows)


def _row(conversation: Conversation) -> dict[str, Any]:
    texts = [turn.text for turn in conversation.turns]
    pairs = [list(pair) for pair in zip(texts[::2], texts[1::2], strict=True)]
    return {"persona": [persona.text for persona in conversation.personas], "dialogue": pairs}


def _save(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")


def quirks(folder: Path) -> None:
    """Blanks before marks, and a row of the training file with a persona that the test has, which is for validation."""
    for _, name in _FILES.values():
        path = folder / name
        rows = json.loads(path.read_text(encoding="utf-8"))
        for row in rows[::3]:
            row["persona"] = [sentence.replace("。", " 。") for sentence in row["persona"]]
            row["dialogue"] = [[text.replace("？", " ？") for text in pair] for pair in row["dialogue"]]
        _save(path, rows)
    train, test = (folder / _FILES[split][1] for split in ("train", "test"))
    rows = json.loads(train.read_text(encoding="utf-8"))
    # Said by the same person, so that no line of it is of another split.
    tested = json.loads(test.read_text(encoding="utf-8"))[1]
    rows[-1] = {**tested, "dialogue": tested["dialogue"][:1]}
    _save(train, rows)
