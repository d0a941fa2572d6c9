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

from pica.corpora import native
from pica.corpora.corpus import Corpus, View
from pica.schema import Conversation, Rejected, Turn

_SPEAKERS = {"system": "user", "developer": "user", "user": "user", "assistant": "assistant"}
_TOOLS = {"tool": "tool", "function": "tool"}
_TEXTS = ("text", "input_text", "output_text")
_CALLS = ("tool_calls", "function_call")

# Empty lines around a text are none of it; blanks before its first word may be.
_AROUND = re.compile(r"\A(?:[^\S\n]*\n)+|\s+\Z")
# Code in Markdown: between fences, or backticks on one line.
CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")


class _NotText(Exception):
    """Why a message cannot be learnt from."""


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
        turns = tuple([_turn(at, message) for message in at.field(row, "messages", list)])
        if ("user", "assistant") not in zip(_speakers(turns), _speakers(turns[1:]), strict=False):
            raise _NotText("no answer of the assistant")
    except _NotText as reason:
        return Rejected(identifier, "general", "train", str(reason), json.dumps(row, ensure_ascii=False))
    return Conversation(identifier, "general", "train", _language(turns), turns)


def _turn(at: native.At, message: Any) -> Turn:
    role = at.label(at.field(message, "role", str), _SPEAKERS | _TOOLS, "role")
    if role == "tool" or any(message.get(key) for key in _CALLS):
        raise _NotText("a call of a tool")
    text = _AROUND.sub("", _content(at, message.get("content")).replace("\r\n", "\n"))
    if not text.strip():
        raise _NotText("an empty message")
    return Turn(role, text)


def _content(at: native.At, content: Any) -> str:
    """A text, or the texts of a message in parts, each on its line."""
    if isinstance(content, list):
        return "\n".join(_part(at, part) for part in content)
    if content is not None and not isinstance(content, str):
        at.fail("'content' should be a text, a list of parts, or null")
    return content or ""


def _part(at: native.At, part: Any) -> str:
    if isinstance(part, str):
        return part
    kind = at.field(part, "type", str)
    if kind not in _TEXTS:
        raise _NotText(f"a part that is no text: {kind}")
    return at.field(part, "text", str, optional=True) or ""


def _language(turns: tuple[Turn, ...]) -> str:
    """Chinese where half of the letters are; code is in no language."""
    text = "\n".join(turn.text for turn in turns)
    letters = _LETTER.findall(CODE.sub("", text)) or _LETTER.findall(text)
    return "zh" if letters and 2 * len(_CHINESE.findall("".join(letters))) >= len(letters) else "en"


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
