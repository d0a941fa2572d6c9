"""Messages of a chat as turns, in the layouts of OpenAI ("role", "content") and ShareGPT ("from", "value").

    {"role": "assistant", "content": [{"type": "text", "text": "Cream."}]}

A system message (a developer's too) is the user's, since not every chat template has a system role. A chat is not
learnt from (`NotText`) when a message is empty, holds an image or sound or has to do with tools, or when the assistant
does not answer the user. Texts keep their blanks, line breaks and entities: they may be code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pica.corpora import native
from pica.schema import Turn

USER, ASSISTANT, TOOL = "user", "assistant", "tool"
# OpenAI's roles, and what they are here.
ROLES = {"system": USER, "developer": USER, "user": USER, "assistant": ASSISTANT, "tool": TOOL, "function": TOOL}
_TEXTS = ("text", "input_text", "output_text")
_CALLS = ("tool_calls", "function_call")

# Empty lines around a text are none of it; blanks before its first word may be.
_AROUND = re.compile(r"\A(?:[^\S\n]*\n)+|\s+\Z")


class NotText(Exception):
    """Why a message cannot be learnt from."""


def turns(
    at: native.At,
    messages: Iterable[Any],
    roles: Mapping[str, str] = ROLES,
    keys: tuple[str, str] = ("role", "content"),
) -> tuple[Turn, ...]:
    """The messages of a chat; several of one role in a row stay several turns.

    Args:
        at: their place.
        messages: as the file has them.
        roles: what may stand for a role, case-folded, → USER, ASSISTANT or TOOL.
        keys: those of a message's role and text.

    Raises:
        NotText: there is nothing to learn from them.
        CorpusError: they are no messages.
    """
    role, content = keys
    said = tuple([_turn(at, message, roles, role, content) for message in messages])
    if (USER, ASSISTANT) not in zip(_speakers(said), _speakers(said[1:]), strict=False):
        raise NotText("no answer of the assistant")
    return said


def verbatim(text: str) -> str:
    """A text without the empty lines around it; fit for a turn when it is not blank."""
    return _AROUND.sub("", text.replace("\r\n", "\n"))


def _turn(at: native.At, message: Any, roles: Mapping[str, str], role: str, content: str) -> Turn:
    speaker = at.label(at.field(message, role, str), roles, "role")
    if speaker == TOOL or any(message.get(key) for key in _CALLS):
        raise NotText("a call of a tool")
    text = verbatim(_content(at, message.get(content), content))
    if not text.strip():
        raise NotText("an empty message")
    return Turn(speaker, text)


def _content(at: native.At, content: Any, key: str) -> str:
    """A text, or the texts of a message in parts, each on its line."""
    if isinstance(content, list):
        return "\n".join(_part(at, part) for part in content)
    if content is not None and not isinstance(content, str):
        at.fail(f"'{key}' should be a text, a list of parts, or null")
    return content or ""


def _part(at: native.At, part: Any) -> str:
    if isinstance(part, str):
        return part
    kind = at.field(part, "type", str)
    if kind not in _TEXTS:
        raise NotText(f"a part that is no text: {kind}")
    return at.field(part, "text", str, optional=True) or ""


def _speakers(said: Sequence[Turn]) -> list[str]:
    return [turn.speaker for turn in said]
