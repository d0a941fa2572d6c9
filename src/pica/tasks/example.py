"""What the task modules share: building an Example, and a native label as a view's answer."""

from __future__ import annotations

from collections.abc import Sequence

from pica.corpora import View, view_corpus
from pica.schema import LABEL_SEPARATOR, Conversation, Example, Turn


def build(
    conversation: Conversation, view: View, asked: str, turns: Sequence[Turn], speaker: str, answer: str, **controls
) -> Example:
    """An Example with the view's candidates.

    Args:
        asked: what of the conversation the example is about, the last part of its id: a turn's index, or "".
        controls: `emotion`, `act`, `situation`, `personas`, where the prompt may give them away.
    """
    variant = view.name.removeprefix(f"{view_corpus(view.name)}-")
    return Example(
        id=f"{conversation.id}#{variant}" + (f"-{asked}" if asked else ""),
        view=view.name,
        task=view.task,
        corpus=conversation.corpus,
        split=conversation.split,
        language=conversation.language,
        turns=tuple([_unlabelled(turn) for turn in turns]),
        speaker=speaker,
        answer=answer,
        candidates=candidates(view, answer),
        instruction=conversation.instruction,
        **controls,
    )


def _unlabelled(turn: Turn) -> Turn:
    """Labels of the turns are what is asked for, so they do not travel with the question."""
    return turn if turn.emotion is None and turn.act is None else Turn(turn.speaker, turn.text)


def label(view: View, native: str | None) -> str | None:
    """The view's answer for a native label, None where it has none.

    Several native labels give an answer only when they agree under the view's `relabel`.
    """
    if native is None:
        return None
    labels = {view.relabel.get(name) if view.relabel else name for name in native.split(LABEL_SEPARATOR)}
    answer = labels.pop()
    return answer if not labels and answer in view.labels else None


def named(view: View, native: str | None) -> str | None:
    """Native labels as a prompt tells them: in the view's words, where it has such."""
    return native and LABEL_SEPARATOR.join(view.relabel.get(name, name) for name in native.split(LABEL_SEPARATOR))


def personas_of(conversation: Conversation, speaker: str) -> tuple[str, ...]:
    """What is true of one of the speakers."""
    return tuple(persona.text for persona in conversation.personas if persona.speaker == speaker)


def candidates(view: View, answer: str) -> tuple[str, ...]:
    """The labels to choose from: the view's, or those in the answer's coarse group where the view has groups."""
    if not view.groups:
        return view.labels
    return tuple(name for name in view.labels if view.groups[name] == view.groups[answer])


def window(conversation: Conversation, last: int, history: int) -> Sequence[Turn]:
    """Turn `last` and up to `history` turns before it, from after the last one that is withheld; none when that is
    turn `last` itself."""
    return conversation.turns[max(0, last - history, after_withheld(conversation, last)) : last + 1]


def excerpt(conversation: Conversation, first: int, last: int) -> Sequence[Turn]:
    """Turns `first` to `last`, or none when one of them is withheld."""
    return conversation.turns[first : last + 1] if after_withheld(conversation, last) <= first else ()


def after_withheld(conversation: Conversation, last: int) -> int:
    """The turn after the last withheld one up to turn `last`; 0 when there is none."""
    if not conversation.withheld:
        return 0
    return max((turn + 1 for turn in conversation.withheld if turn <= last), default=0)
