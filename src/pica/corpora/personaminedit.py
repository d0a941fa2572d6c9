"""PersonaMinEdit: a reply of PersonaChat, edited as little as possible to fit a persona, after what was said before.

Two JSON lists, each on one line, ASCII, in lower case with blanks around punctuation:

    [{"context": ["hi , where do you live ?", "in a tent . you ?"], "original_response": "in a house with my cat .",
      "intervening_persona": ["i am allergic to cats ."],
      "references": ["in a house without a cat .", "in a house with my dog .", "in a house ; cats make me sneeze ."]}]

People speak in turn, and the reply answers the last of `context`: the one who replies is B, and the other one A. The
persona is B's, and only the edited reply is known to fit it, so it is the only one that is asked for. Every different
reference is a conversation of its own. The original reply, which does not fit, is not a turn.

Upstream's training file is unpaired: it has replies with the one sentence of their speaker's persona that they show, or
with none. PICA's rows of 2023 are such replies, not pairs. It is not in the mirror (the first download is held to its
name in Git); without it in the folder the other two are read alone. A row without a persona is rejected:

    [{"context": ["hi , where do you live ?"], "response": "by the sea .", "persona": "i live on the coast ."},
     {"context": ["hi , where do you live ?"], "response": "guess .", "persona": []}]

So upstream has no pair to learn from. The official test set is kept for testing. What upstream
calls validation, with which its authors choose between models, is cut into training and validation data by dialogue,
which here is its first two turns: one dialogue gave up to six rows. Dialogues that are in the test set, too, all go to
validation, for their later rows quote replies that the test asks for. The training file is cut by the same rule.
Personas are no groups: upstream's own validation and test share 333 sentences of them.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, View, split_by_group
from pica.schema import Conversation, Persona, Rejected, Split, Turn

_URL = (
    "https://raw.githubusercontent.com/thu-coai/grounded-minimal-edit/277347aaa5a1b861e35ee5d96da248a19005b90b"
    "/data/personachat-ucpt"
)

_TRAIN, _VALID, _TEST = "train.json", "valid.json", "test.json"
_REFERENCES = 3

# What is said first in a dialogue, and the answer: which dialogue it is.
_Opening = tuple[str, ...]


def read(folder: Path) -> Iterator[Conversation | Rejected]:
    """One conversation a reference; its id is the file, the row and the reference, both from 0."""
    held = {_opening(at, row, "original_response") for at, row in native.json_items(folder / _TEST)}
    if (folder / _TRAIN).exists():
        for number, (at, row) in enumerate(native.json_items(folder / _TRAIN)):
            yield _unpaired(at, number, row, _split(_opening(at, row, "response"), held))
    for number, (at, row) in enumerate(native.json_items(folder / _VALID)):
        yield from _edits(at, f"valid-{number}", row, _split(_opening(at, row, "original_response"), held))
    for number, (at, row) in enumerate(native.json_items(folder / _TEST)):
        yield from _edits(at, f"test-{number}", row, "test")


def _split(opening: _Opening, held: Container[_Opening]) -> Split:
    return "validation" if opening in held else split_by_group(f"personaminedit/{'|'.join(opening)}", test=0)


def _opening(at: native.At, row: Any, reply: str) -> _Opening:
    return (*_texts(at, row, "context"), at.field(row, reply, str))[:2]


def _edits(at: native.At, key: str, row: dict[str, Any], split: Split) -> Iterator[Conversation]:
    personas = _texts(at, row, "intervening_persona")
    references = _texts(at, row, "references")
    if len(references) != _REFERENCES:
        at.fail(f"expected {_REFERENCES} references, found {len(references)}")
    for number, reference in enumerate(dict.fromkeys(references)):
        yield _conversation(at, f"personaminedit/{split}/{key}-{number}", row, reference, personas, split)


def _unpaired(at: native.At, number: int, row: dict[str, Any], split: Split) -> Conversation | Rejected:
    key = f"personaminedit/{split}/train-{number}"
    if row.get("persona") == []:
        return Rejected(key, "personaminedit", split, "no persona", json.dumps(row, ensure_ascii=False))
    persona = at.text(at.field(row, "persona", str), "persona")
    return _conversation(at, key, row, at.text(row["response"], "response"), (persona,), split)


def _conversation(
    at: native.At, key: str, row: dict[str, Any], reply: str, personas: tuple[str, ...], split: Split
) -> Conversation:
    said = (*_texts(at, row, "context"), reply)
    turns = tuple(Turn("BA"[(len(said) - 1 - position) % 2], text) for position, text in enumerate(said))
    return Conversation(
        key, "personaminedit", split, "en", turns, personas=tuple(Persona("B", text) for text in personas)
    )


def _texts(at: native.At, row: Any, key: str) -> tuple[str, ...]:
    """A list of texts, at least one."""
    texts = at.field(row, key, list)
    if not texts or not all(isinstance(text, str) for text in texts):
        at.fail(f"'{key}' should be a list of texts, found {texts!r}")
    return tuple(at.text(text, key) for text in texts)


CORPUS = Corpus(
    name="personaminedit",
    title="PersonaMinEdit: transferable persona-grounded dialogues via grounded minimal edits",
    homepage="https://github.com/thu-coai/grounded-minimal-edit",
    citation=("Wu, Zheng, Mao, Huang. Transferable Persona-Grounded Dialogues via Grounded Minimal Edits. EMNLP 2021"),
    licence="unstated",
    commercial=False,
    redistributable=False,
    personal=False,
    languages=("en",),
    read=read,
    views=(
        View(
            "personaminedit-generation",
            "dialogue_generation",
            5000,
            asks="reply",
            of="conversation",
            controls=("persona",),
            speaker="B",
        ),
        View(
            "personaminedit-persona-inference",
            "dialogue_inference",
            5000,
            asks="persona",
            of="conversation",
            speaker="B",
        ),
    ),
    files=(
        File(
            "train.json",
            f"{_URL}/train.json",
            sha256="",
            bytes=0,
            git_blob="5467d51e706a9936fd79454faaf1cbedee3e868e",
        ),
        File(
            "valid.json",
            f"{_URL}/valid.json",
            "f56dadee3a4699972393e18da3eca02e6cb978356d7ede12f1e1ed85489bcc2e",
            1019732,
        ),
        File(
            "test.json",
            f"{_URL}/test.json",
            "23931b96c9bcbfcac5a34a958e73d860232221f2bc0119e0725c08b6c5f7dbfa",
            1022605,
        ),
    ),
)
