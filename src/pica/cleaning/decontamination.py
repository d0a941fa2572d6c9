"""Decontamination: which training rows go since a held-out set has their text, and what is told of them.

    {17: Leak(turns={3: {"meld/test"}}, share=0.08)}  →  row 17 stays, its turn 3 is withheld
    {21: Leak(whole={"meld/test"})}                   →  row 21 goes: "its text stands in the test set of meld"

`leakage` finds what is shared; here it is decided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import chain

from pica.cleaning.leakage import Leak
from pica.corpora import Corpus

LEAK = "its text stands in a validation or test set"
# The share of a row's words that may be withheld; with more, too little of it is left.
_MOST = 0.5


def leaking_rows(leaks: Mapping[int, Leak], corpus: Corpus) -> dict[int, str]:
    """Row → LEAK, of the training rows that must go as a whole; of the others it is enough to withhold turns."""
    return {row: LEAK for row, leak in leaks.items() if _goes(leak, corpus)}


def _goes(leak: Leak, corpus: Corpus) -> bool:
    """Whether a training row must go as a whole; else it is enough to withhold turns."""
    # A dataset whose views all show the whole text has nothing to show without one of its turns.
    shown_whole = all(view.task == "text_emotion" for view in corpus.views)
    return bool(leak.whole) or leak.share > _MOST or shown_whole


def told(reason: str, leak: Leak | None) -> str:
    """The reason as it stands beside the row: of a leak it names the held-out set that has most of the row."""
    if reason != LEAK:
        return reason
    sets = [*leak.whole, *chain.from_iterable(leak.turns.values())]
    name, split = max(sorted(set(sets)), key=sets.count).split("/")
    if leak.translated:
        return f"the {split} set of {name} has it in another language, or may have"
    return f"its text stands in the {split} set of {name}"


def count_leaks(leaks: Mapping[int, Leak], reasons: Mapping[int, str]) -> Counter[tuple[str, str]]:
    """(held-out set, "conversations" or "turns") → how many go for it, and how many turns are withheld.

    Args:
        leaks: of the rows that share something.
        reasons: of all rows that go, for whatever reason.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for row, leak in leaks.items():
        reason = reasons.get(row)
        if reason == LEAK:
            counts.update((name, "conversations") for name in leak.sets)
        elif reason is None:
            counts.update((name, "turns") for sets in leak.turns.values() for name in sets)
    return counts
