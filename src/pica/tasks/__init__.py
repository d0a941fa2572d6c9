"""The five tasks: how a conversation becomes examples of a view.

Each module has one function `examples(conversation, view, history) -> Iterator[Example]`; `history` is how many turns
before the asked-about one an example may hold. A conversation that cannot answer a view's question gives no example,
and no example shows or asks about a turn that is withheld.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType

from pica.corpora import View
from pica.schema import Conversation, Example
from pica.tasks import dialogue_emotion, dialogue_generation, dialogue_inference, emotion_cause, text_emotion

_TASKS = MappingProxyType(
    {
        module.__name__.rpartition(".")[2]: module.examples
        for module in (text_emotion, dialogue_emotion, emotion_cause, dialogue_generation, dialogue_inference)
    }
)


def examples(conversation: Conversation, view: View, history: int) -> Iterator[Example]:
    """The examples of a view that a conversation gives, in the order of its turns."""
    native = conversation.id.split("/", 2)[2]
    if view.ids and not re.fullmatch(view.ids, native):
        return iter(())
    return _TASKS[view.task](conversation, view, history)
