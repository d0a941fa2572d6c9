"""PersonaMinEdit's sample: made-up small talk, with replies edited to fit a persona.

    [{"context": ["hi , are you awake ?", "yes , it is noon .", "do you have any pets ?"],
      "original_response": "i have three cats , all grey .", "intervening_persona": ["i am allergic to fur ."],
      "references": ["no , fur makes me sneeze .", "i would like one but i am allergic .", "i am allergic to cats …"]}]

| quirk of the native files | where the sample has it |
|---|---|
| one line, ASCII, lower case, blanks around marks | `write`, `bank/personas.toml` |
| one or two sentences of persona | `_chat` |
| contexts of one turn and long ones | `_context` |
| two equal references | `_chat`: then a row gives two conversations |
| a dialogue in several rows, also of validation and test | `conversations` |
| a reference that equals the original reply | `quirks` |
| the unpaired training file, with rows that have no persona | `_unpaired` |
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby, product
from pathlib import Path
from random import Random
from typing import Any

from pica.corpora import split_by_group
from pica.sample.bank import Part, own
from pica.sample.bank.slots import load, pick
from pica.sample.texts import fitting
from pica.schema import SPLITS, Conversation, Persona, Split, Turn

# Rows of each split in both files; the first of validation go on where dialogues that are tested on were left.
_SIZES: dict[str, dict[Split, int]] = {"test": {"test": 22}, "valid": {"train": 83, "validation": 13}}
_REFERENCES = 3
_UNPAIRED = 90
_INSTEAD = "i would rather not say ."


def conversations(rng: Random) -> list[Conversation]:
    """What the rows of the two files give: a conversation a reference."""
    tested = list(_rows(rng, "test", [], set()))
    held = {_opening(*row) for row in tested}
    # Two dialogues that are tested on go on in the other file.
    known = [said for said, *_ in tested if len(said) > 1][3:5]
    rows = {"valid": list(_rows(rng, "valid", known, held)), "test": tested}
    return [
        conversation
        for name in ("valid", "test")
        for number, row in enumerate(rows[name])
        for conversation in _conversations(name, number, row, held)
    ]


# What was said, the personas and the references.
_Row = tuple[list[str], list[str], list[str]]


def _rows(rng: Random, name: str, known: Sequence[list[str]], held: set[tuple[str, ...]]) -> Iterator[_Row]:
    """Chats; the first of validation go on where `known` were left, one in eight where one of its split was."""
    parts = {split: Part(rng, split) for split in _SIZES[name]}
    dialogues: dict[Split, list[list[str]]] = {split: [] for split in parts}
    splits = [split for split, size in _SIZES[name].items() for _ in range(size)]
    rng.shuffle(splits)
    held_on = iter(known)
    for number, split in enumerate(splits):
        before = next(held_on, None) if split == "validation" else None
        if before is None and number % 8 == 7 and dialogues[split]:
            before = rng.choice(dialogues[split])
        row = _chat(parts[split], before) if before else fitting(parts[split], _chat, partial(_split_of, name, held))
        # A dialogue is known by its first two turns.
        dialogues[split] += [row[0]] if len(row[0]) > 1 else []
        yield row


def _chat(rng: Part, before: Sequence[str] = ()) -> _Row:
    topics = load("personas")["topics"]
    topic = topics[rng.choice(tuple(topics))]
    persona, replies = rng.choice(own(topic["personas"], rng.split)).split(" => ")
    references = _unlike(rng, replies.split(" | "))
    personas = [persona]
    if rng.random() < 0.1:
        personas.append(rng.choice([p for t in topics.values() for p in t["personas"]]).partition(" => ")[0])
    if rng.random() < 0.4:
        tail = pick(rng, load("personas")["tail"])
        references = [f"{reply} {tail}" for reply in references]
    return [*_context(rng, before), pick(rng, topic["ask"])], personas, references


def _unlike(rng: Random, references: list[str]) -> list[str]:
    """The three replies in some order; at times two of them are the same."""
    rng.shuffle(references)
    return [*references[:2], references[rng.randrange(2)]] if rng.random() < 0.1 else references


def _context(rng: Part, before: Sequence[str]) -> list[str]:
    """What was said before the question, always by two in turn; now and then nothing, now and then a lot."""
    if before:
        said = [*before, _INSTEAD]
        return said if len(said) % 2 == 0 else [*said, "fair enough ."]
    if rng.random() < 0.08:
        return []
    lines = [pick(rng, load("personas")["start"])]
    lines += (pick(rng, load("personas")["between"]) for _ in range(rng.choice((0, 0, 1, 1, 2))))
    return [text.lower() for line in lines for text in line.split(" => ")]


def _opening(said: Sequence[str], personas: Sequence[str], references: Sequence[str]) -> tuple[str, ...]:
    """What tells dialogues apart: the first two turns, the second of which may be the original reply."""
    return (*said, _original(said, personas, references))[:2]


def _original(said: Sequence[str], personas: Sequence[str], references: Sequence[str]) -> str:
    """A reply that does not fit the persona: one that another persona gives to such a question."""
    for topic, split in product(load("personas")["topics"].values(), SPLITS):
        lines = (line.partition(" => ") for line in own(topic["personas"], split))
        known = {persona: replies.split(" | ") for persona, _, replies in lines}
        if personas[0] in known and len(known) > 1:
            others = [reply for persona, replies in known.items() if persona != personas[0] for reply in replies]
            return Random("|".join((*said, *dict.fromkeys(references)))).choice(others)
    return _INSTEAD


def _conversations(name: str, number: int, row: _Row, held: set[tuple[str, ...]]) -> Iterator[Conversation]:
    said, personas, references = row
    split = _split_of(name, held, row)
    for place, reply in enumerate(dict.fromkeys(references)):
        texts = (*said, reply)
        turns = tuple(Turn("BA"[(len(texts) - 1 - position) % 2], text) for position, text in enumerate(texts))
        key = f"personaminedit/{split}/{name}-{number}-{place}"
        yield Conversation(
            key, "personaminedit", split, "en", turns, personas=tuple(Persona("B", text) for text in personas)
        )


def _split_of(name: str, held: set[tuple[str, ...]], row: _Row) -> Split:
    return _split(name, _opening(*row), held)


def _split(name: str, opening: tuple[str, ...], held: set[tuple[str, ...]]) -> Split:
    if name == "test":
        return "test"
    return "validation" if opening in held else split_by_group(f"personaminedit/{'|'.join(opening)}", test=0)


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The two files of the rows that these conversations come from, which stand together by file and row."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _SIZES}
    for (name, _), group in groupby(conversations, key=lambda c: c.id.rpartition("/")[2].split("-")[:2]):
        rows[name].append(_native_row(list(group)))
    for name, part in rows.items():
        _save(folder / f"{name}.json", part)


def _save(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text(json.dumps(rows), encoding="ascii")


def _native_row(group: Sequence[Conversation]) -> dict[str, Any]:
    said = [turn.text for turn in group[0].turns[:-1]]
    personas = [persona.text for persona in group[0].personas]
    replies = [c.turns[-1].text for c in group]
    references = replies + replies[:1] * (_REFERENCES - len(replies))
    return {
        "context": said,
        "original_response": _original(said, personas, replies),
        "intervening_persona": personas,
        "references": references,
    }


def _unpaired() -> Iterator[dict[str, Any]]:
    """Replies with the one sentence of a persona that they show; one in six with none."""
    rng = Part(Random("pica.sample/personaminedit/train"), "train")
    for number in range(_UNPAIRED):
        said, personas, references = fitting(rng, _chat, lambda row: _split("train", (*row[0], row[2][0])[:2], set()))
        yield {"context": said, "response": references[0], "persona": [] if number % 6 == 5 else personas[0]}


def quirks(folder: Path) -> None:
    """A row in which one of the three left the reply as it was, and the unpaired training file."""
    _save(folder / "train.json", list(_unpaired()))
    path = folder / "valid.json"
    rows = json.loads(path.read_text(encoding="ascii"))
    row = next(row for row in rows[10:] if len(row["context"]) > 1)
    row["references"][2] = row["original_response"]
    _save(path, rows)
