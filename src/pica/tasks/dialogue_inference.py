"""dialogue_inference 对话背景推理: what lies behind a dialogue: an act, a situation, a persona, a
relation, an emotion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pica.corpora import View
from pica.schema import Conversation, Example, Turn
from pica.tasks.example import after_withheld, build, excerpt, label, personas_of, window


def examples(conversation: Conversation, view: View, history: int) -> Iterator[Example]:
    """An example for each turn with an act, one for the last turn's emotion, or one for the dialogue as a whole."""
    if view.asks in ("act", "strategy"):
        yield from _acts(conversation, view, history)
    elif view.of == "turn":
        last = len(conversation.turns) - 1
        asked, turns = conversation.turns[last], window(conversation, last, history)
        if turns and (answer := label(view, asked.emotion)):
            yield build(conversation, view, "", turns, asked.speaker, answer)
    elif (turns := _excerpt(conversation, view, history)) and (answer := _background(conversation, view)):
        yield build(conversation, view, "", turns, _asked_about(conversation, view), answer)


def _acts(conversation: Conversation, view: View, history: int) -> Iterator[Example]:
    for index, turn in enumerate(conversation.turns):
        answer = label(view, turn.act) if view.speaker in ("", turn.speaker) else None
        if answer and (turns := window(conversation, index, history)):
            yield build(conversation, view, str(index), turns, turn.speaker, answer)


def _excerpt(conversation: Conversation, view: View, history: int) -> Sequence[Turn]:
    """People say what happened to them early on, so a long dialogue keeps its beginning; who they are shows in the
    reply that was made to fit it, so there it keeps its end. A beginning with a withheld turn is what follows that."""
    last = len(conversation.turns) - 1
    if view.asks == "persona":
        return window(conversation, last, history)
    first = after_withheld(conversation, min(last, history))
    return excerpt(conversation, first, min(last, first + history))


def _asked_about(conversation: Conversation, view: View) -> str:
    return view.speaker or conversation.turns[0].speaker


def _background(conversation: Conversation, view: View) -> str | None:
    if view.asks == "situation":
        return conversation.situation
    if view.asks == "persona":
        return "\n".join(personas_of(conversation, _asked_about(conversation, view))) or None
    if view.asks == "relation":
        return label(view, conversation.situation)
    return label(view, conversation.emotion)
