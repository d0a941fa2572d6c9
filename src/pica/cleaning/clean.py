"""A conversation with its texts repaired and, where people wrote them for themselves, without personal data.

Counted are turns: all of them, those left as they are, and those with each kind of change, of which one turn may have
several.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from pica.cleaning.privacy import KINDS, kinds, mask
from pica.cleaning.text import repair
from pica.schema import Cause, Conversation, Turn

# `blanks`: repaired, but in nothing other than its blanks and line breaks.
COUNTS = ("turns", "unchanged", "repaired", "blanks", *KINDS)


def cleaned(raw: Conversation, masking: bool) -> tuple[Conversation, Counter[str]]:
    """The conversation with clean turns, situation, personas and cause spans; which of COUNTS, how many turns."""
    repaired = _with_texts(raw, repair)
    clean = _with_texts(repaired, mask) if masking else repaired
    counts: Counter[str] = Counter(turns=len(raw.turns))
    for before, mended, after in zip(raw.turns, repaired.turns, clean.turns, strict=True):
        if before.text == after.text:
            counts["unchanged"] += 1
        if before.text != mended.text:
            counts["blanks" if before.text.split() == mended.text.split() else "repaired"] += 1
        if mended.text != after.text:
            counts.update(kinds(mended.text))
    return clean, counts


def _with_texts(conversation: Conversation, change: Callable[[str], str]) -> Conversation:
    return replace(
        conversation,
        turns=tuple(_turn(turn, change) for turn in conversation.turns),
        situation=change(conversation.situation or "") or None,
        personas=tuple(filter(None, map(change, conversation.personas))),
        causes=tuple(_cause(cause, change) for cause in conversation.causes),
    )


def _turn(turn: Turn, change: Callable[[str], str]) -> Turn:
    speaker, text = change(turn.speaker), change(turn.text)
    # Most turns are clean, and a copy takes longer than the comparison.
    return turn if (speaker, text) == (turn.speaker, turn.text) else replace(turn, speaker=speaker, text=text)


def _cause(cause: Cause, change: Callable[[str], str]) -> Cause:
    return replace(cause, span=change(cause.span))
