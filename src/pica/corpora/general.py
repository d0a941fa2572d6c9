"""General chats of the user's own, to mix in so that tuning forgets less: `mixture.replay` says how many.

They are none of PICA's datasets, so `datasets=all` does not mean them: they are read when `source.manual.general` names
a folder, or `datasets` names `general`. Each `*.jsonl` file of the folder, UTF-8, has a chat a line, as OpenAI, TRL and
LLaMA-Factory have it (other keys are left unread; blank lines are passed over):

    {"messages": [{"role": "system", "content": "You are brief."}, {"role": "user", "content": "What floats on milk?"},
                  {"role": "assistant", "content": [{"type": "text", "text": "Cream."}]}]}

A system message (a developer's too) is the user's, since not every chat template has a system role. A chat is
rejected, with the reason, when a message is empty, holds an image or sound or has to do with tools, or when the
assistant does not answer the user. Texts keep their blanks, line breaks and entities: they may be code. An id is the
file's name and the line. All rows are for training.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pica.corpora import chats, native
from pica.corpora.corpus import Corpus, View
from pica.schema import Conversation, Rejected, Turn

# Code in Markdown: between fences, or backticks on one line.
CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")


@native.of_the_user
def read(folder: Path) -> Iterator[Conversation | Rejected]:
    """One conversation a line, file by file."""
    for path in native.files(folder, "*.jsonl"):
        found = False
        for at, row in native.json_lines(path, blank=True):
            found = True
            yield _chat(at, row)
        if not found:
            native.At(path).fail("no chat in it")


def _chat(at: native.At, row: Any) -> Conversation | Rejected:
    identifier = f"general/train/{at.path.stem}-{at.line}"
    try:
        turns = chats.turns(at, at.field(row, "messages", list))
    except chats.NotText as reason:
        return Rejected(identifier, "general", "train", str(reason), json.dumps(row, ensure_ascii=False))
    return Conversation(identifier, "general", "train", _language(turns), turns)


def _language(turns: tuple[Turn, ...]) -> str:
    """Chinese where half of the letters are; code is in no language."""
    text = "\n".join(turn.text for turn in turns)
    letters = _LETTER.findall(CODE.sub("", text)) or _LETTER.findall(text)
    return "zh" if letters and 2 * len(_CHINESE.findall("".join(letters))) >= len(letters) else "en"


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
    verbatim=True,
    views=(View("general-generation", "dialogue_generation", None, asks="chat", speaker="assistant"),),
)
