"""A conversation with its texts repaired and, where people wrote them for themselves, without personal data.

A rejected row stays as it was read, but for its personal data (`masked_rejection`), and so do raw texts that are shown
(`masked`).

Counted are turns: all of them, those left as they are, and those with each kind of change, of which one turn may have
several.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from pica.cleaning.privacy import KINDS, kinds, mask, mask_prose, may_be_personal
from pica.cleaning.text import may_be_broken, repair
from pica.corpora import is_verbatim
from pica.errors import CorpusError
from pica.schema import Conversation, Persona, Rejected

# `blanks`: repaired, but in nothing other than its blanks and line breaks.
COUNTS = ("turns", "unchanged", "repaired", "blanks", *KINDS)


def clean_conversation(raw: Conversation, masking: bool, counts: Counter[str]) -> Conversation:
    """The conversation with clean turns, situation, personas and cause spans; how many turns goes into `counts`.

    Chats of the user's own are not repaired, since their blanks, entities and odd characters may be code or what is
    talked about.
    """
    counts["turns"] += len(raw.turns)
    verbatim = is_verbatim(raw.corpus)
    # Nearly all conversations are clean, and looking once at all of their text is all that they should cost.
    texts = _texts(raw)
    # By empty lines: between those, a line break at an edge of a text is one too many.
    text = "\n\n".join(texts)
    if all(texts) and (verbatim or not may_be_broken(text)) and not (masking and may_be_personal(text)):
        counts["unchanged"] += len(raw.turns)
        return raw
    repaired = raw if verbatim else _with_texts(raw, repair)
    clean = _with_texts(repaired, mask_prose if verbatim else mask) if masking else repaired
    for before, mended, after in zip(raw.turns, repaired.turns, clean.turns, strict=True):
        counts["unchanged"] += before.text == after.text
        if before.text != mended.text:
            counts["blanks" if before.text.split() == mended.text.split() else "repaired"] += 1
        if mended.text != after.text:
            counts.update(kinds(mended.text, verbatim))
    return clean


def _texts(conversation: Conversation) -> list[str]:
    texts = [text for turn in conversation.turns for text in (turn.speaker, turn.text)]
    texts += [text for persona in conversation.personas for text in (persona.speaker, persona.text)]
    told = [text for text in (conversation.situation, conversation.instruction) if text is not None]
    return [*texts, *(cause.span for cause in conversation.causes), *told]


def _with_texts(conversation: Conversation, change: Callable[[str], str]) -> Conversation:
    return replace(
        conversation,
        turns=tuple(replace(turn, speaker=change(turn.speaker), text=change(turn.text)) for turn in conversation.turns),
        situation=change(conversation.situation or "") or None,
        instruction=change(conversation.instruction or "") or None,
        personas=tuple(Persona(change(p.speaker), text) for p in conversation.personas if (text := change(p.text))),
        causes=tuple(replace(cause, span=change(cause.span)) for cause in conversation.causes),
    )


def masked(value: Any) -> Any:
    """A text, or a value of JSON with all texts and numbers in it, as it was read but for what holds personal data.

    That is repaired and masked: an HTML entity may stand for the @ of an address. Keys of objects stay.
    """
    if isinstance(value, dict):
        return {key: masked(each) for key, each in value.items()}
    if isinstance(value, list):
        return [masked(each) for each in value]
    if not isinstance(value, (str, int)):
        return value
    repaired = repair(str(value))
    clean = mask(repaired)
    return value if clean == repaired else clean


def masked_rejection(rejected: Rejected) -> Rejected:
    """A rejected row and the words of its reason without personal data; what was JSON is JSON. Its id stays."""
    try:
        row = json.loads(rejected.row)
    except ValueError:  # a raw line
        return replace(rejected, reason=masked(rejected.reason), row=masked(rejected.row))
    clean = masked(row)
    if isinstance(row, dict) and row.get("id") == rejected.id:
        clean["id"] = rejected.id
    text = rejected.row if clean == row else json.dumps(clean, ensure_ascii=False)
    return replace(rejected, reason=masked(rejected.reason), row=text)


@contextmanager
def masked_errors() -> Iterator[None]:
    """Around a reader: an error that quotes its file quotes no personal data."""
    try:
        yield
    except CorpusError as error:
        raise CorpusError(error.path, error.line, masked(error.problem), error.unit, error.own) from None
