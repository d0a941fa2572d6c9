"""Rows of declared files as conversations, a reader a format.

texts      a row a text          turns      a row an utterance       dialogues  an object a dialogue
pairs      a text and its causes messages,  a row a chat             alpaca     a question and its answer
                                 sharegpt
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from types import MappingProxyType
from typing import Any

from pica.corpora import chats, native
from pica.corpora.corpus import split_by_group
from pica.corpora.declaration import Declaration
from pica.corpora.keys import INNER
from pica.schema import LABEL_SEPARATOR, Cause, Conversation, Rejected, Turn

Row = tuple[native.At, dict[str, Any]]

# Who speaks in ShareGPT's layout and in what is called so.
_SHAREGPT = (
    chats.ROLES
    | dict.fromkeys(("human", "system"), chats.USER)
    | dict.fromkeys(("gpt", "chatgpt", "model", "bot", "bing", "bard", "claude"), chats.ASSISTANT)
    | dict.fromkeys(("function_call", "function_response", "observation", "tool_call", "tool_response"), chats.TOOL)
)

# Who speaks in each layout of chats, case-folded.
USUAL_ROLES: Mapping[str, Mapping[str, str]] = MappingProxyType({"messages": chats.ROLES, "sharegpt": _SHAREGPT})


def columns_of(d: Declaration) -> tuple[list[str], list[str]]:
    """The columns that a row of a file must have, by their names there, and those that are read where they are."""
    outer = [key for key in d.columns if key not in INNER.get(d.format, ())]
    # `input` is in alpaca's layout, and in many a file of it in no row.
    optional = {key for key in outer if key == "input" and d.columns[key] == "input"}
    return [d.columns[key] for key in outer if key not in optional], [d.columns[key] for key in optional]


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of a file's rows before they are read.

    Args:
        split: all of the file's; "" where each row has its own.
        name: the file's, in ids.
    """

    d: Declaration
    split: str
    name: str

    def get(self, row: Mapping[str, Any], key: str) -> Any:
        """The value of what the format calls `key`; None where there is none."""
        return row.get(self.d.columns[key]) if key in self.d.columns else None

    def text(self, at: native.At, row: Mapping[str, Any], key: str) -> str:
        """The same as a text; empty where there is none. Numbers are written out."""
        value = self.get(row, key)
        if isinstance(value, bool) or not isinstance(value, str | int | float | None):
            at.fail(f"'{self.d.columns[key]}' should be a text, found {native.short(value)}")
        return "" if value is None else str(value).strip()

    def label(self, at: native.At, row: Mapping[str, Any], key: str = "label") -> str | None:
        """The declared spelling of a label, or of several of a list in one; None where there is none."""
        table, value = _spellings(self.d.acts if key == "act" else self.d.labels), self.get(row, key)
        if isinstance(value, list):
            named = [at.label(str(each), table, key) for each in value]
            return LABEL_SEPARATOR.join(dict.fromkeys(named)) or None
        told = self.text(at, row, key)
        return at.label(told, table, key) if told else None

    def identifier(self, at: native.At, row: Mapping[str, Any], said: str, own: str = "") -> str:
        """The id of a row; `said` keeps copies in one split where nothing else says its split or group.

        Args:
            own: its id in the data, where the format has one of its own.
        """
        own = own or self.text(at, row, "id") or f"{self.name}-{at.line}"
        return f"{self.d.name}/{self._split(at, row, said)}/{own}"

    def _split(self, at: native.At, row: Mapping[str, Any], said: str) -> str:
        if self.split:
            return self.split
        if "split" in self.d.columns:
            told = self.text(at, row, "split")
            return at.label(told, self.d.splits, "split")
        return split_by_group(f"{self.d.name}/{self.text(at, row, 'group') or said}")

    def kept(self, identifier: str, turns: Sequence[Turn], **more: Any) -> Conversation:
        """A conversation of these turns."""
        return Conversation(identifier, self.d.name, identifier.split("/")[1], self.d.language, tuple(turns), **more)

    def rejected(self, identifier: str, reason: str, row: Any) -> Rejected:
        """A row that cannot be one."""
        raw = json.dumps(row, ensure_ascii=False, default=str)
        return Rejected(identifier, self.d.name, identifier.split("/")[1], reason, raw)


@cache
def _spellings(labels: Sequence[str]) -> Mapping[str, str]:
    """Case-folded → as it is declared."""
    return {label.casefold(): label for label in labels}


Read = Iterator[Conversation | Rejected]


def _texts(source: Source, rows: Iterable[Row]) -> Read:
    for at, row in rows:
        text = source.text(at, row, "text")
        identifier, label = source.identifier(at, row, text), source.label(at, row)
        if not text or not label:
            yield source.rejected(identifier, "no label" if text else "no text", row)
        else:
            yield source.kept(identifier, [Turn("writer", text)], emotion=label)


def _pairs(source: Source, rows: Iterable[Row]) -> Read:
    for at, row in rows:
        text = source.text(at, row, "text")
        identifier, label = source.identifier(at, row, text), source.label(at, row)
        if not text or not label:
            yield source.rejected(identifier, "no label" if text else "no text", row)
            continue
        quotes = [native.quoted(text, quote) for quote in _causes(source, at, row)]
        if None in quotes:
            yield source.rejected(identifier, "a cause span that is not in its turn", row)
        else:
            causes = tuple(Cause(0, label, 0, span) for span in dict.fromkeys(quotes))
            yield source.kept(identifier, [Turn("writer", text)], emotion=label, causes=causes)


def _causes(source: Source, at: native.At, row: Mapping[str, Any]) -> list[str]:
    """The spans of a list, or those that a cell parts by LABEL_SEPARATOR."""
    value = source.get(row, "cause")
    spans = value if isinstance(value, list) else source.text(at, row, "cause").split(LABEL_SEPARATOR)
    return [str(span).strip() for span in spans if str(span).strip()]


def _turns(source: Source, rows: Iterable[Row]) -> Read:
    seen: set[int] = set()
    for dialogue, group in groupby(rows, key=lambda at_row: source.text(*at_row, "dialogue")):
        lines = list(group)
        at, first = lines[0]
        if not dialogue:
            at.fail(f"an empty '{source.d.columns['dialogue']}': which dialogue is it of")
        if hash(dialogue) in seen:
            at.fail(f"the dialogue {native.short(dialogue)} goes on after another one; sort the rows by dialogue")
        seen.add(hash(dialogue))
        if "order" in source.d.columns:
            lines = _in_order(source, lines)
        identifier = source.identifier(at, first, dialogue, own=dialogue)
        if any(source.identifier(*line, dialogue, own=dialogue) != identifier for line in lines):
            at.fail(f"the dialogue {native.short(dialogue)} is in several splits")
        turns = [_turn(source, *line) for line in lines]
        yield _dialogue(source, identifier, turns, [row for _, row in lines])


def _in_order(source: Source, lines: Sequence[Row]) -> list[Row]:
    places = [at.integer(source.text(at, row, "order"), source.d.columns["order"]) for at, row in lines]
    for place, (at, _) in zip(places, lines, strict=True):
        if places.count(place) > 1:
            at.fail(f"the place {place} stands twice in its dialogue")
    return [line for _, line in sorted(zip(places, lines, strict=True), key=lambda pair: pair[0])]


def _turn(source: Source, at: native.At, row: Any) -> Turn:
    if not isinstance(row, dict):
        at.fail(f"a turn should be an object, found {native.short(row)}")
    if not (speaker := source.text(at, row, "speaker")):
        at.fail(f"an empty '{source.d.columns['speaker']}': who says it")
    return Turn(speaker, source.text(at, row, "text"), source.label(at, row), source.label(at, row, "act"))


def _dialogue(source: Source, identifier: str, turns: Sequence[Turn], row: Any, **more: Any) -> Conversation | Rejected:
    if not turns:
        return source.rejected(identifier, "no turns", row)
    if not all(turn.text for turn in turns):
        return source.rejected(identifier, "a turn without text", row)
    return source.kept(identifier, turns, **more)


def _dialogues(source: Source, rows: Iterable[Row]) -> Read:
    for at, row in rows:
        turns = [
            _turn(source, at, each) for each in at.field(row, source.d.columns["turns"], list, optional=True) or ()
        ]
        said = "\n".join(turn.text for turn in turns)
        identifier = source.identifier(at, row, source.text(at, row, "id") or said)
        situation = source.text(at, row, "situation") or None
        yield _dialogue(source, identifier, turns, row, situation=situation)


def _chats(key: str, inner: tuple[str, str], source: Source, rows: Iterable[Row]) -> Read:
    columns, roles = source.d.columns, {**USUAL_ROLES[source.d.format], **source.d.roles}
    names = (columns[inner[0]], columns[inner[1]])
    for at, row in rows:
        messages = at.field(row, columns[key], list, optional=True) or []
        # All that is said, since many chats begin alike.
        said = "\n".join(str(each.get(names[1])) for each in messages if isinstance(each, dict))
        identifier = source.identifier(at, row, said)
        try:
            yield source.kept(identifier, chats.turns(at, messages, roles, names))
        except chats.NotText as reason:
            yield source.rejected(identifier, str(reason), row)


def _messages(source: Source, rows: Iterable[Row]) -> Read:
    return _chats("messages", ("role", "content"), source, rows)


def _sharegpt(source: Source, rows: Iterable[Row]) -> Read:
    return _chats("conversations", ("from", "value"), source, rows)


def _alpaca(source: Source, rows: Iterable[Row]) -> Read:
    """The question is `instruction` where there is an input as well, which is what is said then."""
    for at, row in rows:
        asked, given, answer = (
            chats.verbatim(value) if isinstance(value := source.get(row, key), str) else source.text(at, row, key)
            for key in ("instruction", "input", "output")
        )
        identifier = source.identifier(at, row, given.strip() or asked)
        if not (asked or given).strip() or not answer.strip():
            yield source.rejected(identifier, "no answer" if asked.strip() else "no instruction", row)
            continue
        turns = [Turn(chats.USER, given if given.strip() else asked), Turn(chats.ASSISTANT, answer)]
        yield source.kept(identifier, turns, instruction=asked if asked.strip() and given.strip() else None)


READERS: Mapping[str, Callable[[Source, Iterable[Row]], Read]] = MappingProxyType(
    {
        "texts": _texts,
        "turns": _turns,
        "dialogues": _dialogues,
        "messages": _messages,
        "sharegpt": _sharegpt,
        "alpaca": _alpaca,
        "pairs": _pairs,
    }
)
