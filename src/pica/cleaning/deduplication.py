"""Copies inside a dataset's training split: of each group of them the first stays.

Two conversations are copies when they ask the same of the same: they serve the same views, the same people speak in the
same order, the situation, the personas and the instruction are the same, and so is what is said. So two annotations of
one text, each a conversation of its own (DailyDialog's and RECCON's, the persons of a clip of MEmoR), are none.

    exact  every turn has the same letters and digits
    near   of the pairs of neighbouring words that two turns have, as many are in both (Jaccard) as `filter.near` says,
           in every turn: so paths of one tree of replies, or two replies to one history, are no copies

Candidates for near copies are found by MinHash, 128 hashes in bands: two conversations that share as many of their
pairs of words as `filter.near` says meet in a band with a probability of 99 % at least. At 0.85 there are 16 bands of
8, and it is 99.4 %. Each pair that meets is then compared word by word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rensa import RMinHash

from pica.cleaning.fingerprints import Fingerprints, hashed, joined, labelled, mixed, turns_of, windows
from pica.cleaning.text import comparable, words
from pica.corpora import Corpus
from pica.params import Filter

# What is read of a conversation.
COLUMNS = ("id", "turns", "situation", "personas", "emotion", "causes", "instruction")

DUPLICATE = "a copy of an earlier row"
NEAR_DUPLICATE = "nearly a copy of an earlier row"
CONFLICT = "a copy of it has another label"
# What is said of a copy that goes while one with another label stays.
OTHER_LABEL = ", which has another label"
OUTVOTED = "most copies of it have another label"
TIED = "as many copies of it have another label"

_HASHES = 128
_MEET = 0.99
_SEED = 42


@dataclass(frozen=True, slots=True)
class CopyKeys:
    """Conversations as hashes, one entry a conversation.

    Args:
        frame: all that copies share beside what is said.
        said: what is said.
        label: what it is labelled with.
        bands: [bands] what near copies have in common somewhere; empty when near copies are not looked for.
    """

    frame: np.ndarray
    said: np.ndarray
    label: np.ndarray
    bands: np.ndarray

    @classmethod
    def of(
        cls, batch: pa.RecordBatch, fingerprints: Fingerprints, corpus: Corpus, near: float | None = None
    ) -> CopyKeys:
        """Those of a batch, of whose turns `fingerprints` are the hashes, with bands where `near` is given."""
        row, _, turns = turns_of(batch)
        speakers = labelled(pc.struct_field(turns, "speaker"))
        labels = mixed(*(labelled(pc.struct_field(turns, name)) for name in ("emotion", "act")))
        count = batch.num_rows
        return cls(
            frame=mixed(
                hashed(map(repr, _views(batch, corpus))),
                joined(speakers, row, count),
                hashed(comparable(text or "") for text in batch.column("situation").to_pylist()),
                hashed(map(_personas, batch.column("personas").to_pylist())),
                labelled(batch.column("instruction")),
            ),
            said=joined(fingerprints.keys, row, count),
            label=mixed(labelled(batch.column("emotion")), joined(labels, row, count), hashed(_causes(batch))),
            bands=np.empty((count, 0), np.uint64) if near is None else _bands(fingerprints, row, count, near),
        )

    @property
    def key(self) -> np.ndarray:
        """Of each conversation, what only its exact copies have too."""
        return mixed(self.frame, self.said)

    def where(self, mask: np.ndarray) -> CopyKeys:
        """Those that a mask is true for."""
        return CopyKeys(self.frame[mask], self.said[mask], self.label[mask], self.bands[mask])

    @classmethod
    def all(cls, parts: Sequence[CopyKeys]) -> CopyKeys:
        """Those of several batches, in their order."""
        none = np.empty(0, np.uint64)
        columns = zip(*((p.frame, p.said, p.label, p.bands) for p in parts), strict=True)
        return cls(*map(np.concatenate, columns)) if parts else cls(none, none, none, none.reshape(0, 0))


def _views(batch: pa.RecordBatch, corpus: Corpus) -> Iterator[tuple[str, ...]]:
    """The views that each conversation serves, of those that do not take all."""
    for id in batch.column("id").to_pylist():
        native = id.split("/", 2)[2]
        yield tuple(view.name for view in corpus.views if view.ids and re.fullmatch(view.ids, native))


def _personas(personas: Sequence[Mapping[str, str]]) -> str:
    return repr([(persona["speaker"], comparable(persona["text"])) for persona in personas])


def _causes(batch: pa.RecordBatch) -> Iterator[str]:
    for causes in batch.column("causes").to_pylist():
        yield repr([(cause["turn"], cause["emotion"], cause["cause_turn"]) for cause in causes])


def _bands(fingerprints: Fingerprints, row: np.ndarray, count: int, near: float) -> np.ndarray:
    """Hashes of parts of the MinHash of each conversation's pairs of words [count, bands]."""
    text = fingerprints.text
    same_text = text[1:] == text[:-1]
    pairs = windows(fingerprints.words, 2)[same_text]
    of_pair = row[text[1:][same_text]]
    offsets = np.concatenate([np.zeros(1, np.uint64), np.cumsum(np.bincount(of_pair, minlength=count))])
    size = band_size(near)
    bands = _HASHES // size
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(pairs, offsets.astype(np.uint64), bands * size, _SEED)
    digests = np.array(matrix.to_rows(), np.uint64).reshape(count, bands, size)
    return mixed(*(digests[:, :, i] for i in range(size)))


def band_size(near: float) -> int:
    """The most hashes a band, so that fewest strangers meet, with which two that are just near enough still do."""
    return max(size for size in range(1, _HASHES + 1) if 1 - (1 - near**size) ** (_HASHES // size) >= _MEET)


# Groups of copies


@dataclass(frozen=True, slots=True)
class Copies:
    """Of each conversation, the first of its copies, whether it is an exact or a near copy of that one, its label, and
    whether its copies, itself among them, have different labels."""

    first: np.ndarray
    exact: np.ndarray
    near: np.ndarray
    label: np.ndarray
    conflicts: np.ndarray

    @property
    def relabelled(self) -> np.ndarray:
        """Of each, whether it is a copy that has another label than the first."""
        return (self.exact | self.near) & (self.label != self.label[self.first])

    def reasons(self, rules: Filter) -> dict[int, str]:
        """Conversation → why it goes, as the rules have it."""
        going = {}
        if rules.duplicates != "none":
            for flags, reason in ((self.exact, DUPLICATE), (self.near, NEAR_DUPLICATE)):
                going |= dict.fromkeys(np.flatnonzero(flags & ~self.relabelled).tolist(), reason)
                going |= dict.fromkeys(np.flatnonzero(flags & self.relabelled).tolist(), reason + OTHER_LABEL)
        if rules.conflicts == "drop":
            going |= dict.fromkeys(np.flatnonzero(self.conflicts).tolist(), CONFLICT)
        if rules.conflicts == "majority":
            going |= self._outvoted(going)
        return going

    def _outvoted(self, going: dict[int, str]) -> dict[int, str]:
        """Of copies with different labels, the first with the one that most have stays; none where no label has most.
        What stays is taken out of `going`."""
        found: dict[int, str] = {}
        for first in np.unique(self.first[self.conflicts]).tolist():
            group = np.flatnonzero(self.first == first)
            labels, votes = np.unique(self.label[group], return_counts=True)
            most = labels[votes == votes.max()]
            if len(most) > 1:
                found |= dict.fromkeys(group.tolist(), TIED)
                continue
            found |= dict.fromkeys(group[self.label[group] != most[0]].tolist(), OUTVOTED)
            stays, *copies = group[self.label[group] == most[0]].tolist()
            going.pop(stays, None)
            found |= {copy: DUPLICATE for copy in copies if copy in going}
        return found


def find_copies(keys: CopyKeys, near: float | None, turns: Callable[[np.ndarray], Iterable[Sequence[str]]]) -> Copies:
    """Those among some conversations, numbered as `keys` has them.

    Args:
        near: the Jaccard index from which on two are near copies; None when those are not looked for.
        turns: what is said in the conversations of these numbers, in ascending order; few are asked for.
    """
    first = exact_copies(keys)
    exact = first != np.arange(len(first))
    is_near = np.zeros_like(exact)
    if near is not None:
        pairs = near_candidates(keys, np.flatnonzero(~exact))
        numbers = np.unique(np.array(pairs, np.int64).reshape(-1))
        found = near_copies(pairs, dict(zip(numbers.tolist(), turns(numbers), strict=True)), near)
        is_near[list(found)] = True
        first[list(found)] = list(found.values())
        first = first[first]  # what is a copy of a near copy is one of its first, too
    return Copies(first, exact, is_near, keys.label, conflicting(first, keys.label))


def exact_copies(keys: CopyKeys) -> np.ndarray:
    """Of each conversation, the first one that is the same: itself where it is the first."""
    _, first, group = np.unique(keys.key, return_index=True, return_inverse=True)
    return first[group]


def near_candidates(keys: CopyKeys, among: np.ndarray) -> list[tuple[int, int]]:
    """Pairs (later, earlier) of the conversations `among` that share a band, ordered.

    In each band a conversation meets the first of its bucket and the one before it, not all: so time stays linear.
    """
    pairs: set[tuple[int, int]] = set()
    for band in keys.bands[among].T:
        hashes = mixed(keys.frame[among], band)
        order = np.argsort(hashes, kind="stable")
        starts = np.diff(hashes[order], prepend=~hashes[order[:1]]) != 0
        first = order[np.maximum.accumulate(np.where(starts, np.arange(len(order)), 0))]
        later, before = order[~starts], order[np.flatnonzero(~starts) - 1]
        pairs |= {
            *zip(later.tolist(), before.tolist(), strict=True),
            *zip(later.tolist(), first[~starts].tolist(), strict=True),
        }
    return sorted((int(among[later]), int(among[earlier])) for later, earlier in pairs)


def near_copies(pairs: Iterable[tuple[int, int]], texts: Mapping[int, Sequence[str]], near: float) -> dict[int, int]:
    """Of the pairs, those that are near copies: later → the earlier one, which is itself the copy of none.

    Args:
        texts: of each conversation in the pairs, its turns.
    """
    bigrams = {number: [_bigrams(turn) for turn in turns] for number, turns in texts.items()}
    found: dict[int, int] = {}
    for later, earlier in pairs:
        if later not in found and earlier not in found and _alike(bigrams[later], bigrams[earlier], near):
            found[later] = earlier
    return found


def _bigrams(text: str) -> frozenset:
    said = words(text)
    return frozenset(pairwise(said)) or frozenset([comparable(text)])


def _alike(one: Sequence[frozenset], other: Sequence[frozenset], near: float) -> bool:
    return all(len(a & b) >= near * len(a | b) for a, b in zip(one, other, strict=True))


def conflicting(first: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Whether the copies of a conversation, itself among them, have different labels.

    Args:
        first: of each conversation, the first of its group.
        labels: of each, a hash of its label.
    """
    return np.isin(first, first[labels != labels[first]])
