"""The replies of two systems to the same conversations, and the questions to a judge about them.

    Pair("esconv-generation", "esconv/test/7#generation-3", "en", "USER: I failed again.", "That hurts.", "Ok.")
    → first    A = "That hurts.", B = "Ok."      second   A = "Ok.", B = "That hurts."
    → first cut, second cut: "Tha" and "Ok.", since a judge may like what is longer
    → same     A = B = "That hurts."             and how fluent, consistent and empathetic each of the two is

`gold` may be one of the two: the replies of the datasets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pica.errors import DataError
from pica.judging.forms import RATINGS, Question, conversation_text, pairwise, rating
from pica.sampling import order, sample_each
from pica.schema import Prediction

GOLD = "gold"
TASK = "dialogue_generation"
# The two orders in which a pair is shown, and the test with the same reply twice.
ORDERS = ("first", "second")
SAME = "same"
# Ends the names of the two orders with the longer reply cut to the length of the shorter one.
CUT = " cut"
# Pairs whose first reply is compared with itself.
_SAME = 50


@dataclass(frozen=True, slots=True)
class Pair:
    """Two replies to one conversation."""

    view: str
    id: str
    language: str
    conversation: str
    ours: str
    theirs: str

    @property
    def length_ratio(self) -> float:
        """Characters of our reply by those of theirs, an empty one counted as one."""
        return max(1, len(self.ours.strip())) / max(1, len(self.theirs.strip()))

    @property
    def alike(self) -> bool:
        """Whether both say the same, so that there is nothing to judge."""
        return self.ours.strip() == self.theirs.strip()

    @property
    def cut(self) -> Pair:
        """The pair with the longer reply cut to as many characters as the shorter one has; nothing is cut to nothing.

        Source: EQ-Bench 3, which cuts answers before it compares them.
        """
        ours, theirs = self.ours.strip(), self.theirs.strip()
        size = min(len(ours), len(theirs))
        if not size or len(ours) == len(theirs):
            return self
        return replace(self, ours=ours[:size].rstrip(), theirs=theirs[:size].rstrip())


def make_pairs(
    ours: Sequence[Prediction],
    theirs: Sequence[Prediction],
    chats: Mapping[tuple[str, str], Sequence[dict[str, str]]],
    views: Sequence[str],
    rows_per_view: int,
    seed: int,
) -> list[Pair]:
    """The replies that both systems gave, joined by view and id.

    Args:
        theirs: of the other system; empty for the datasets' own replies.
        chats: (view, id) → what was asked, as a chat.
        views: those to take; empty for all views of dialogue generation.
        rows_per_view: at most so many of each, drawn by the seed; 0 = all.

    Raises:
        DataError: a view is none that can be judged, or there is no reply to judge.
    """
    spoken = sorted({p.name for p in ours if p.task_type == TASK})
    if unknown := sorted(set(views) - set(spoken)):
        raise DataError(f"{', '.join(unknown)}: no view with replies in these predictions. They have: {_list(spoken)}.")
    other = {(p.name, p.id): p.output for p in theirs} or {(p.name, p.id): p.gold for p in ours}
    both = {(p.name, p.id): p for p in ours if p.name in (views or spoken) and (p.name, p.id) in other}
    if not both:
        raise DataError("the two systems have no reply to the same conversation. Run `dvc repro` first.")
    if missing := next((id for view, id in both if (view, id) not in chats), None):
        raise DataError(f"{missing} is not among the test instructions. `dvc repro` evaluates what is out of date.")
    drawn = sample_each(sorted(both, key=lambda key: key[0]), rows_per_view or None, seed)
    return [_pair(both[key], other[key], chats[key]) for key in drawn]


def _pair(ours: Prediction, theirs: str, chat: Sequence[dict[str, str]]) -> Pair:
    said = conversation_text(chat, ours.language)
    return Pair(ours.name, ours.id, ours.language, said, ours.output, theirs)


def questions(pairs: Sequence[Pair], ratings: bool, seed: int) -> dict[tuple[str, str, str], Question]:
    """(view, id, what is asked) → the question; what is asked is "first", "second", both again with " cut", "same" or a
    rating of "ours" or "theirs", such as "empathy ours". Pairs that say the same are not asked about, and those of one
    length not again."""
    asked = {}
    for pair in pairs:
        for end, shown in {"": pair, CUT: pair.cut}.items():
            if shown.alike or (end and shown is pair):
                continue
            for name, replies in zip(ORDERS, ((shown.ours, shown.theirs), (shown.theirs, shown.ours)), strict=True):
                asked[pair.view, pair.id, name + end] = pairwise(pair.language, pair.conversation, *replies)
        for form in RATINGS if ratings else ():
            for side, reply in (("ours", pair.ours), ("theirs", pair.theirs)):
                asked[pair.view, pair.id, f"{form} {side}"] = rating(form, pair.language, pair.conversation, reply)
    for pair in _some(pairs, seed):
        asked[pair.view, pair.id, SAME] = pairwise(pair.language, pair.conversation, pair.ours, pair.ours)
    return asked


def _some(pairs: Sequence[Pair], seed: int) -> Iterable[Pair]:
    """The pairs for the test of position: over all views alike."""
    places = order([f"{pair.view} {pair.id}" for pair in pairs], seed)[:_SAME]
    return [pairs[place] for place in places.tolist()]


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
