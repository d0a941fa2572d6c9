"""emotion_cause 情感原因抽取: the words that say why somebody feels as they do.

The answer holds the spans in the order in which they stand in the conversation, one a line.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from pica.corpora import View
from pica.schema import Cause, Conversation, Example
from pica.tasks.example import after_withheld, build, excerpt, named


def examples(conversation: Conversation, view: View, history: int) -> Iterator[Example]:
    """An example for each emotion of a turn: what was said up to it, the emotion, and the spans that caused it. A
    turn's second emotion has ".2" after the turn's number in its id.

    The window reaches back to the earliest cause, however far that is. A cause that comes later than the turn cannot
    be asked of a reader who has not heard it yet.
    """
    known = sorted((c for c in conversation.causes if c.cause_turn <= c.turn), key=lambda c: (c.turn, c.cause_turn))
    for asked, group in groupby(known, key=lambda c: c.turn):
        causes = list(group)
        first = min(causes[0].cause_turn, max(0, asked - history, after_withheld(conversation, asked)))
        turns = excerpt(conversation, first, asked)
        if not turns:
            continue
        causes.sort(key=lambda c: _place(conversation, c))
        for number, emotion in enumerate(dict.fromkeys(c.emotion for c in causes), start=1):
            spans = dict.fromkeys(c.span for c in causes if c.emotion == emotion)
            yield build(
                conversation,
                view,
                f"{asked}.{number}" if number > 1 else str(asked),
                turns,
                turns[-1].speaker,
                "\n".join(spans),
                emotion=named(view, emotion),
            )


def _place(conversation: Conversation, cause: Cause) -> tuple[int, int]:
    return cause.cause_turn, conversation.turns[cause.cause_turn].text.find(cause.span)
