"""dialogue_generation 可控对话生成: the next reply, under the controls that the view names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from pica.corpora import View
from pica.schema import LABEL_SEPARATOR, Conversation, Example, Turn, as_one
from pica.tasks.example import build, excerpt, named, personas_of, window

# The controls that are labels of the reply's own turns.
_LABELS = {"emotion", "act", "strategy"}


def examples(conversation: Conversation, view: View, history: int) -> Iterator[Example]:
    """An example for each reply: all that one speaker says until another one speaks, after somebody else has spoken.

    Of a view of whole conversations, only for the reply that a conversation ends with. Of a view that tells a label of
    the reply, only for one that has a label, in a conversation with labels: the others are there for what is said after
    them.
    """
    told = _LABELS & set(view.controls) and any(turn.emotion or turn.act for turn in conversation.turns)
    end = 0
    for speaker, group in groupby(conversation.turns, key=lambda turn: turn.speaker):
        start, said = end, list(group)
        end = start + len(said)
        if start == 0 or view.speaker not in ("", speaker):
            continue
        if view.of == "conversation" and end < len(conversation.turns):
            continue
        if told and not any(turn.emotion or turn.act for turn in said):
            continue
        turns = window(conversation, start - 1, history)
        if not turns or not excerpt(conversation, start, end - 1):
            continue
        yield build(
            conversation,
            view,
            str(start),
            turns,
            speaker,
            as_one([turn.text for turn in said], conversation.language),
            emotion=named(view, _emotion(conversation, view, turns[-1], said)),
            act=named(view, LABEL_SEPARATOR.join(dict.fromkeys(turn.act for turn in said if turn.act)) or None),
            situation=named(view, conversation.situation),
            personas=personas_of(conversation, speaker),
        )


def _emotion(conversation: Conversation, view: View, answered: Turn, said: Sequence[Turn]) -> str | None:
    """The reply's emotion where its turns agree on one, or, for a view that tells it, the other person's feeling: that
    of the conversation, or of the turn that is answered."""
    if "feeling" in view.controls:
        return conversation.emotion or answered.emotion
    emotions = {turn.emotion for turn in said}
    return emotions.pop() if len(emotions) == 1 else None
