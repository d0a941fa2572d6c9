"""text_emotion 文本情感分类: which emotion, sentiment or rating a text has."""

from __future__ import annotations

from collections.abc import Iterator

from pica.corpora import View
from pica.schema import Conversation, Example
from pica.tasks.example import build, excerpt, label


def examples(conversation: Conversation, view: View, history: int) -> Iterator[Example]:
    """One example: the text (all its turns, where it has more than one) and its label."""
    turns = excerpt(conversation, 0, len(conversation.turns) - 1)
    if turns and (answer := label(view, conversation.emotion)):
        yield build(conversation, view, "", turns, turns[-1].speaker, answer)
