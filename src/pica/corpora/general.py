"""General chats of the user's own, to mix in so that tuning forgets less: `mixture.replay` says how many.

They are none of PICA's datasets, so `datasets=all` does not mean them: they are read when `source.manual.general` names
a folder, or `datasets` names `general`. Each `*.jsonl` file of the folder, UTF-8, has a chat a line, as TRL and
LLaMA-Factory read it (other keys are left unread):

    {"messages": [{"role": "system", "content": "You are brief."}, {"role": "user", "content": "What floats on milk?"},
                  {"role": "assistant", "content": "Cream."}]}

A system message is the user's, since not every chat template has a system role. A chat of which a message is empty, or
in which the assistant does not answer, is rejected. An id is the file's name and the line. All rows are for training.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pica.corpora import native
from pica.corpora.corpus import Corpus, View
from pica.schema import Conversation, Rejected, Turn

_SPEAKERS = {"system": "user", "user": "user", "assistant": "assistant"}
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def read(folder: Path) -> Iterator[Conversation | Rejected]:
    """One conversation a line, file by file."""
    for path in native.files(folder, "*.jsonl"):
        for at, row in native.json_lines(path):
            yield _chat(at, row)


def _chat(at: native.At, row: Any) -> Conversation | Rejected:
    identifier = f"general/train/{at.path.stem}-{at.line}"
    turns = tuple(_turn(at, message) for message in at.field(row, "messages", list))
    reason = None
    if not all(turn.text for turn in turns):
        reason = "an empty message"
    elif ("user", "assistant") not in zip(_speakers(turns), _speakers(turns[1:]), strict=False):
        reason = "no answer of the assistant"
    if reason:
        return Rejected(identifier, "general", "train", reason, json.dumps(row, ensure_ascii=False))
    language = "zh" if any(_CHINESE.search(turn.text) for turn in turns) else "en"
    return Conversation(identifier, "general", "train", language, turns)


def _turn(at: native.At, message: Any) -> Turn:
    role = at.label(at.field(message, "role", str), _SPEAKERS, "role")
    return Turn(role, at.field(message, "content", str).strip())


def _speakers(turns: tuple[Turn, ...]) -> list[str]:
    return [turn.speaker for turn in turns]


CORPUS = Corpus(
    name="general",
    title="General chats of the user's own",
    homepage="",
    citation="",
    licence="unstated",
    commercial=False,
    redistributable=False,
    personal=True,
    languages=("en", "zh"),
    read=read,
    views=(View("general-generation", "dialogue_generation", 0, asks="chat", speaker="assistant"),),
)
