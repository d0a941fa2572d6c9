"""Rules that keep a conversation or give a reason against it, in words that a person reads in the report."""

from __future__ import annotations

from dataclasses import replace

from pica.cleaning.text import repair
from pica.corpora import Corpus
from pica.params import Filter
from pica.schema import LABEL_SEPARATOR, Cause, Conversation


def repaired(conversation: Conversation) -> Conversation:
    """The conversation with the text of its turns, speakers, situation, personas and cause spans repaired."""
    return replace(
        conversation,
        turns=tuple(replace(t, speaker=repair(t.speaker), text=repair(t.text)) for t in conversation.turns),
        situation=repair(conversation.situation or "") or None,
        personas=tuple(filter(None, map(repair, conversation.personas))),
        causes=tuple(replace(c, span=repair(c.span)) for c in conversation.causes),
    )


def reason_against(conversation: Conversation, corpus: Corpus, rules: Filter) -> str | None:
    """Why a repaired conversation may not go on; None when it may."""
    if rules.licences == "commercial" and not corpus.commercial:
        return f"licence: {corpus.licence} does not allow commercial use"
    if not conversation.turns:
        return "no turns"
    if not all(turn.text for turn in conversation.turns):
        return "an empty turn"
    if max(len(turn.text) for turn in conversation.turns) > rules.max_chars:
        return f"a turn longer than {rules.max_chars} characters"
    if unknown := _unknown_label(conversation, corpus):
        return f"label not in the set: {unknown}"
    if not all(_stands(cause, conversation) for cause in conversation.causes):
        return "a cause span that is not in its turn"
    return None


def _unknown_label(conversation: Conversation, corpus: Corpus) -> str | None:
    emotions = {turn.emotion for turn in conversation.turns} | {cause.emotion for cause in conversation.causes}
    emotions |= set((conversation.emotion or "").split(LABEL_SEPARATOR))
    unknown = (emotions - set(corpus.emotions)) | ({turn.act for turn in conversation.turns} - set(corpus.acts))
    return min(unknown - {None, ""}, default=None)


def _stands(cause: Cause, conversation: Conversation) -> bool:
    return bool(cause.span) and cause.span in conversation.turns[cause.cause_turn].text
