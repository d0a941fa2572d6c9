"""The rules that keep or reject a conversation; their reasons are the words that the report prints."""

from __future__ import annotations

import re

from pica.cleaning.language import in_another_language
from pica.corpora import Corpus
from pica.params import Filter
from pica.schema import LABEL_SEPARATOR, Cause, Conversation

# What a model that wrote both sides of a dialogue left in a turn where it went on with the other side (SMILECHAT). The
# colon stands first since it is what few texts have.
_ROLE_TAG = re.compile(r"[:：](?:(?<=(?:求助者|支持者|来访者|咨询师).)|(?<=\bSeeker.)|(?<=\bSupporter.))")


def rejection_reason(conversation: Conversation, corpus: Corpus, rules: Filter) -> str | None:
    """Why a cleaned conversation may not go on; None when it may."""
    return (
        _terms(corpus, rules)
        or _size(conversation, rules)
        or _label(conversation, corpus)
        or _structure(conversation, corpus)
        or ("in another language" if rules.language_check and in_another_language(conversation) else None)
    )


def _terms(corpus: Corpus, rules: Filter) -> str | None:
    if rules.licences == "commercial" and not corpus.commercial:
        return f"licence: {corpus.licence} does not allow commercial use"
    if rules.licences == "redistributable" and not corpus.redistributable:
        return f"licence: {corpus.licence} does not allow redistribution"
    return None


def _size(conversation: Conversation, rules: Filter) -> str | None:
    lengths = [len(turn.text) for turn in conversation.turns]
    if not lengths or not min(lengths):
        return "no text"
    if max(lengths) > rules.max_chars:
        return f"a turn longer than {rules.max_chars} characters"
    if sum(lengths) < rules.min_chars:
        return f"fewer than {rules.min_chars} characters"
    return None


def _label(conversation: Conversation, corpus: Corpus) -> str | None:
    labels = {turn.emotion for turn in conversation.turns} | {cause.emotion for cause in conversation.causes}
    labels |= set((conversation.emotion or "").split(LABEL_SEPARATOR))
    acts = {turn.act for turn in conversation.turns}
    if unknown := (labels - set(corpus.emotions) | acts - set(corpus.acts)) - {None, ""}:
        return f"label not in the set: {min(unknown)}"
    if all(view.labels for view in corpus.views) and labels | acts <= {None, ""}:
        return "no label"
    return None


def _structure(conversation: Conversation, corpus: Corpus) -> str | None:
    if not all(_stands(cause, conversation) for cause in conversation.causes):
        return "a cause span that is not in its turn"
    if any(map(_ROLE_TAG.search, (turn.text for turn in conversation.turns))):
        return "another speaker's words inside a turn"
    # Monologues are no fault where labels are asked for, too: MELD has 88 dialogues of one line.
    replies_alone = all(view.task == "dialogue_generation" for view in corpus.views)
    if replies_alone and len({turn.speaker for turn in conversation.turns}) < 2:
        return "one speaker throughout"
    return None


def _stands(cause: Cause, conversation: Conversation) -> bool:
    return bool(cause.span) and cause.span in conversation.turns[cause.cause_turn].text
