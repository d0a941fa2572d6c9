"""dialogue_emotion 对话情感分类: which emotion an utterance has, given what was said before it."""

from __future__ import annotations

from collections.abc import Iterator

from pica.corpora import View
from pica.schema import Conversation, Example
from pica.tasks.example import build, excerpt, label, window


def examples(conversation: Conversation, view: View, history: int) -> Iterator[Example]:
    """An example for each labelled turn, or one for the whole dialogue where the label belongs to it."""
    if view.of == "conversation":
        last = len(conversation.turns) - 1
        turns = excerpt(conversation, max(0, last - history), last)
        if turns and (answer := label(view, conversation.emotion)):
            yield build(conversation, view, "", turns, view.speaker or turns[-1].speaker, answer)
        return
    for index, turn in enumerate(conversation.turns):
        # Empathy is not felt but shown: it is the act of an answer. EDOS has intents where it has no emotion.
        answer = label(view, turn.act if view.asks == "empathy" else turn.emotion or turn.act)
        if answer and (turns := window(conversation, index, history)):
            yield build(conversation, view, str(index), turns, turn.speaker, answer)
