"""The score card: quality figures of each dataset, and whether the thresholds of `conf/filter` keep or drop it.

    corpus,train,validation,test,label_balance,duplicate_rate,…,leak_rate,…,verdict,why
    meld,1024,114,280,0.741,0.0029,…,0.0584,…,keep,

Shares are of the training rows that the rules kept, before any was taken out as a copy or a leak.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from math import log
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pica.cleaning.fingerprints import turns_of
from pica.corpora import Corpus, corpus
from pica.errors import ParamsError
from pica.params import Filter
from pica.schema import LABEL_SEPARATOR


@dataclass(slots=True)
class Card:
    """A dataset's figures.

    Args:
        corpus: its name.
        train, validation, test: rows that are left.
        label_balance: entropy of the training labels over that of equally many of each; None without labels.
        duplicate_rate, near_duplicate_rate: share of training rows that repeat an earlier one, exactly or nearly; None
            where not looked for.
        conflict_rate: share of training rows of which a copy has another label.
        relabelled_copies: training rows that are copies of an earlier one and have another label than it.
        leak_rate: share of training rows with a text of a held-out set.
        shared_rate: share of the longer training texts that stand in another dataset's training split too.
        held_out_duplicates: validation and test rows that repeat an earlier one of their split. They stay.
        mean_words: of a training turn.
        note: what to know of its labels.
        verdict, why: "keep" or "drop", and what decided.
    """

    corpus: str
    train: int = 0
    validation: int = 0
    test: int = 0
    label_balance: float | None = None
    duplicate_rate: float | None = None
    near_duplicate_rate: float | None = None
    conflict_rate: float | None = None
    relabelled_copies: int = 0
    leak_rate: float = 0.0
    shared_rate: float = 0.0
    held_out_duplicates: int = 0
    mean_words: float = 0.0
    language: str = ""
    licence: str = ""
    commercial: bool = False
    note: str = ""
    verdict: str = "keep"
    why: str = ""


COLUMNS = [f.name for f in fields(Card)]


@dataclass(slots=True)
class Labels:
    """How often each label stands on training rows: on conversations where there are such labels, else on turns."""

    counts: dict[str, Counter[str]] = field(
        default_factory=lambda: {"row": Counter(), "turn": Counter(), "act": Counter()}
    )

    def add(self, batch: pa.RecordBatch) -> None:
        """Count those of a batch."""
        _, _, turns = turns_of(batch)
        columns = {"row": batch.column("emotion"), **{n: pc.struct_field(turns, c) for n, c in _OF_TURNS.items()}}
        for name, column in columns.items():
            for entry in column.drop_null().value_counts().to_pylist():
                for label in entry["values"].split(LABEL_SEPARATOR):
                    self.counts[name][label] += entry["counts"]

    def balance(self, corpus: Corpus) -> float | None:
        """Entropy of the labels, 1.0 when all of the dataset's labels are equally frequent; None without labels."""
        counts = next((counts for counts in self.counts.values() if counts), None)
        if not counts:
            return None
        total, known = counts.total(), corpus.acts if counts is self.counts["act"] else corpus.emotions
        entropy = -sum(count / total * log(count / total) for count in counts.values())
        return abs(round(entropy / log(len(known)), 4)) if len(known) > 1 else None


_OF_TURNS = {"turn": "emotion", "act": "act"}


def decide(card: Card, rules: Filter) -> None:
    """Put the verdict on a card: the lists `filter.keep` and `filter.drop` decide before the thresholds."""
    if card.corpus in names(rules.keep):
        card.why = "filter.keep"
    elif why := "filter.drop" if card.corpus in names(rules.drop) else "; ".join(_against(card, rules)):
        card.verdict, card.why = "drop", why


def _against(card: Card, rules: Filter) -> Iterable[str]:
    if card.train < rules.min_rows:
        yield f"{card.train} training rows, filter.min_rows={rules.min_rows}"
    copies = (card.duplicate_rate or 0.0) + (card.near_duplicate_rate or 0.0)
    for name, share in (("duplicates", copies), ("conflicts", card.conflict_rate or 0.0), ("leaks", card.leak_rate)):
        most = getattr(rules, f"max_{name}")
        if share > most:
            yield f"{100 * share:.1f} % {name}, filter.max_{name}={most}"


def names(joined: str) -> list[str]:
    """The datasets in a list joined by `+`; a DataError that lists the catalogue when it has not one of them."""
    return [corpus(name).name for name in joined.split("+")] if joined else []


def check_lists(rules: Filter) -> None:
    """ParamsError when a dataset is to be kept and to be dropped, DataError when it is none of the catalogue."""
    if both := sorted(set(names(rules.keep)) & set(names(rules.drop))):
        raise ParamsError(f"filter.keep and filter.drop both name {both[0]}. Take it out of one of them.")


def count_shared(cards: Iterable[Card], keys: Iterable[np.ndarray]) -> None:
    """Put on each card how many of its longer training texts another dataset has too.

    Args:
        keys: of each card, the different keys of those texts.
    """
    keys = list(keys)
    every, counts = np.unique(np.concatenate([np.empty(0, np.uint64), *keys]), return_counts=True)
    for card, own in zip(cards, keys, strict=True):
        shared = counts[np.searchsorted(every, own)] > 1
        card.shared_rate = round(float(shared.mean()), 4) if len(own) else 0.0


def row(card: Card) -> dict[str, Any]:
    """A card as a row of the table."""
    return {name: getattr(card, name) for name in COLUMNS}
