"""SMILECHAT: Chinese support dialogues of a client and a counselor, made by ChatGPT of a forum's questions and answers.

One JSON file a dialogue, `data/<id>.json`, UTF-8. Ids are decimal numbers without padding, with gaps:

    [{"role": "client", "content": "搬家以后，我总觉得一个人。",
      "annotation": [{"sentence": "搬家以后，我总觉得一个人。", "label": ""}]},
     {"role": "counselor", "content": "刚到陌生的地方，觉得孤单很自然。",
      "annotation": [{"sentence": "刚到陌生的地方，觉得孤单很自然。", "label": ""}]}]

`annotation` is the content cut into sentences, its labels are empty: it is not read. `smilechat.tsv` pins the first
1,000 files of 55,165. A question became up to ten dialogues, so the splits, of which upstream has none, are cut by
question: the first twelve characters of the client's first turn.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pica.corpora import native
from pica.corpora.corpus import Corpus, Manifest, View, split_by_group
from pica.corpora.counselling import alternating
from pica.schema import Conversation, Rejected, Turn

_ROLES = ("client", "counselor")
_QUESTION = 12  # characters that tell the questions apart


def read(folder: Path) -> Iterator[Conversation | Rejected]:
    """One conversation a file, in the order of their numbers."""
    for path in sorted(native.files(folder / "data", "*.json"), key=_number):
        yield _dialogue(path)


def _number(path: Path) -> int:
    return native.At(path).integer(path.stem, "file name")


def _dialogue(path: Path) -> Conversation | Rejected:
    at, rows = native.json_document(path)
    utterances = _utterances(at, rows)
    question = next((turn.text for turn in utterances if turn.speaker == "client"), "")
    split = split_by_group(f"smilechat/{question[:_QUESTION]}")
    identifier = f"smilechat/{split}/{path.stem}"
    turns = alternating(utterances, "")
    if not turns or not all(turn.text for turn in utterances):  # two dialogues of the full release
        return Rejected(identifier, "smilechat", split, "no text", json.dumps(rows, ensure_ascii=False))
    return Conversation(identifier, "smilechat", split, "zh", turns)


def _utterances(at: native.At, rows: Any) -> list[Turn]:
    if not isinstance(rows, list):
        at.fail("expected a list of utterances")
    return [
        Turn(at.label(at.field(row, "role", str), _ROLES, "role"), at.field(row, "content", str).strip())
        for row in rows
    ]


CORPUS = Corpus(
    name="smilechat",
    title="SMILECHAT: single-turn to multi-turn inclusive language expansion for mental health support",
    homepage="https://github.com/qiuhuachuan/smile",
    citation=(
        "Qiu, He, Zhang, Li, Lan. SMILE: Single-turn to Multi-turn Inclusive Language Expansion via ChatGPT for Mental "
        "Health Support. Findings of EMNLP 2024, 615-636"
    ),
    licence="CC0-1.0",
    # The dedication is the authors' own: they ask for academic use, and PsyQA, the source, is given under an agreement.
    commercial=False,
    redistributable=False,
    personal=False,
    languages=("zh",),
    read=read,
    views=(View("smilechat-generation", "dialogue_generation", 2000, asks="reply", speaker="counselor"),),
    files=Manifest("smilechat.tsv"),
)
