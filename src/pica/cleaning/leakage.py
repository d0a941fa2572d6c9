"""Finds text of a validation or test set in training conversations, across all datasets.

Two texts are one when the letters and digits of both are the same, whatever their case, punctuation and blanks, and
when they share a long run of words. Short texts do not count: anybody says "I know." What counts depends on how much a
word says (`LIMITS`): of the pieces of sentences that two unrelated datasets share, a piece of 6 English words is met
again as often (8 to 83 in 1,000) as one of 10 Chinese characters (18 to 28), and 13 English words in a row are shared
as rarely (8 in 10^12 pairs of places) as 22 Chinese characters (9).

A whole conversation that is the same as a held-out one counts at any length. What is compared of a conversation:

    turns         "You sold the piano?", and as one text what one speaker says in a row, since that is one reply
    situation     in the same way
    causes        the span, which is an answer
    personas      not: they are attributes, which people share, and so are labels

A translation shares no word with what it is of. Where a dataset is known to test on what another one has in another
language (`Corpus.holds_out`), those rows of the other one go.

A leaking turn is withheld: the conversation goes on without it, in `Conversation.withheld`, and no training example may
show it. A conversation goes as a whole when all of it stands in a held-out set, or its situation does, or more than
half of its words are withheld, or its dataset shows it as one text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pica.cleaning.fingerprints import Fingerprints, joined, labelled, texts_of, turns_of, windows
from pica.corpora import catalogue
from pica.schema import SPLITS

HELD_OUT = SPLITS[1:]
# What is read of a conversation.
COLUMNS = ("split", "language", "turns", "situation", "causes")


class Limits(NamedTuple):
    """From how many words on a text counts, and how many words in a row are a copy of some."""

    exact: int
    near: int


LIMITS: Mapping[str, Limits] = {"en": Limits(6, 13), "zh": Limits(10, 22)}
_EXACT, _NEAR, _WHOLE = _KINDS = ("exact", "near", "whole")


def limits(language: str) -> Limits:
    """Those of a language; of one without its own, those of English."""
    return LIMITS.get(language, LIMITS["en"])


# What is compared


class Passages(NamedTuple):
    """Texts to compare, and where they come from.

    Args:
        texts: the texts.
        row: of each, the row of the batch.
        turns: of each, the first and the last turn it is made of; (-1, -1) for what is no turn's.
        run: of each, what it is read on with: neighbours of one run are one text. -1: it is part of one already.
        languages: of each.
    """

    texts: Sequence[str]
    row: np.ndarray
    turns: np.ndarray
    run: np.ndarray
    languages: np.ndarray


def passages(batch: pa.RecordBatch) -> Passages:
    """What is compared of a batch of conversations: first all turns, then what one speaker says in a row, cause spans
    and situations."""
    row, index, turns = turns_of(batch)
    said = texts_of(batch)
    speaker = labelled(pc.struct_field(turns, "speaker"))
    run = np.cumsum((np.diff(row, prepend=-1) != 0) | (np.diff(speaker, prepend=0) != 0))
    more = [*_runs(said, row, index, run), *_spans(batch), *_situations(batch)]
    last = run[-1] if len(run) else 0
    rows = np.concatenate([row, [m.row for m in more]]).astype(np.int64)
    return Passages(
        texts=[*said, *(m.text for m in more)],
        row=rows,
        turns=np.concatenate(
            [np.stack([index, index], axis=1), np.array([m.turns for m in more], np.int64).reshape(-1, 2)]
        ),
        run=np.concatenate(
            [run, np.array([last + 1 + i if m.turns[0] < 0 else -1 for i, m in enumerate(more)], np.int64)]
        ),
        languages=np.array(batch.column("language").to_pylist(), dtype=object)[rows],
    )


class _Passage(NamedTuple):
    text: str
    row: int
    turns: tuple[int, int]


def _runs(said: Sequence[str], row: np.ndarray, index: np.ndarray, run: np.ndarray) -> Iterator[_Passage]:
    starts = np.flatnonzero(np.diff(run, prepend=-1))
    sizes = np.diff(starts, append=len(run))
    for start, size in zip(starts[sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True):
        first = int(index[start])
        yield _Passage(" ".join(said[start : start + size]), int(row[start]), (first, first + size - 1))


def _spans(batch: pa.RecordBatch) -> Iterator[_Passage]:
    for row, causes in enumerate(batch.column("causes").to_pylist()):
        for cause in causes:
            yield _Passage(cause["span"], row, (cause["cause_turn"],) * 2)


def _situations(batch: pa.RecordBatch) -> Iterator[_Passage]:
    for row, situation in enumerate(batch.column("situation").to_pylist()):
        if situation is not None:
            yield _Passage(situation, row, (-1, -1))


class Windows(NamedTuple):
    """Hashes of as many words in a row as the language's `near`, and the texts in which each begins and ends."""

    hashes: np.ndarray
    first: np.ndarray
    last: np.ndarray


def near_windows(fingerprints: Fingerprints, run: np.ndarray, languages: np.ndarray) -> Windows:
    """All windows of the texts that lie within one run."""
    text = fingerprints.text
    of_word, near = run[text], np.array([limits(language).near for language in languages], np.int64)[text]
    parts = [np.empty((3, 0), np.uint64)]
    for size in np.unique(near).tolist():
        hashes = windows(fingerprints.words, size)
        ends = slice(size - 1, size - 1 + len(hashes))
        begin = slice(0, len(hashes))
        good = (of_word[begin] == of_word[ends]) & (of_word[begin] >= 0) & (near[begin] == size)
        parts.append(np.stack([hashes[good], text[begin][good].astype(np.uint64), text[ends][good].astype(np.uint64)]))
    hashes, first, last = np.concatenate(parts, axis=1)
    return Windows(hashes, first.astype(np.int64), last.astype(np.int64))


# The held-out sets


def write_held_out(parts: Iterable[tuple[str, Mapping[str, np.ndarray]]], name: str, folder: Path) -> None:
    """Write what is held out of a dataset, or of a view, as `folder/<name>.<split>.<kind>.npy`.

    Args:
        parts: (split, kind → hashes) of one batch of rows after the other.
    """
    found: dict[tuple[str, str], list[np.ndarray]] = defaultdict(list)
    for split, kinds in parts:
        for kind, hashes in kinds.items():
            found[split, kind].append(hashes)
    for (split, kind), hashes in found.items():
        np.save(folder / f"{name}.{split}.{kind}.npy", np.unique(np.concatenate(hashes)))


def of_conversations(batch: pa.RecordBatch) -> dict[str, np.ndarray]:
    """What a batch of held-out conversations keeps from training."""
    passage = passages(batch)
    fingerprints = Fingerprints.of(passage.texts)
    return of_texts(fingerprints, passage.run, passage.languages) | {_WHOLE: _wholes(batch, fingerprints)}


def of_texts(fingerprints: Fingerprints, run: np.ndarray, languages: np.ndarray) -> dict[str, np.ndarray]:
    """What held-out texts keep from training: their keys, where they are long enough to count, and their windows."""
    return {_EXACT: exact_keys(fingerprints, languages), _NEAR: near_windows(fingerprints, run, languages).hashes}


def exact_keys(fingerprints: Fingerprints, languages: np.ndarray) -> np.ndarray:
    """The keys of the texts that are long enough to count."""
    return fingerprints.keys[
        fingerprints.lengths >= np.array([limits(language).exact for language in languages], np.int64)
    ]


def _wholes(batch: pa.RecordBatch, fingerprints: Fingerprints) -> np.ndarray:
    row, _, _ = turns_of(batch)
    return joined(fingerprints.keys[: len(row)], row, batch.num_rows)


class HeldOut:
    """The hashes of all held-out sets in a folder. They are mapped, not read: processes share one copy of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def gather(cls, folder: Path) -> HeldOut:
        """Put together what `write_held_out` has written for each dataset."""
        for kind in _KINDS:
            parts = [np.load(path) for path in sorted(folder.glob(f"*.{kind}.npy"))]
            np.save(folder / f"{kind}.npy", np.unique(np.concatenate([np.empty(0, np.uint64), *parts])))
        return cls(folder)

    def sets_with(self, kind: str, hashes: np.ndarray) -> dict[int, frozenset[str]]:
        """Those of the hashes that are held out, each with the sets that have it, such as `meld/test`."""
        found = _in(np.unique(hashes), self._all[kind])
        sets: dict[int, set[str]] = {hash: set() for hash in found.tolist()}
        for name, having in self._each[kind].items() if len(found) else ():
            for hash in _in(found, having).tolist():
                sets[hash].add(name)
        return {hash: frozenset(names) for hash, names in sets.items()}

    @cached_property
    def datasets(self) -> frozenset[str]:
        """Those that hold something out."""
        return frozenset(path.name.split(".")[0] for path in self._folder.glob("*.*.*.npy"))

    @cached_property
    def _all(self) -> dict[str, np.ndarray]:
        return {kind: np.load(self._folder / f"{kind}.npy", mmap_mode="r") for kind in _KINDS}

    @cached_property
    def _each(self) -> dict[str, dict[str, np.ndarray]]:
        each: dict[str, dict[str, np.ndarray]] = {kind: {} for kind in _KINDS}
        for path in sorted(self._folder.glob("*.*.*.npy")):
            name, split, kind, _ = path.name.split(".")
            each[kind][f"{name}/{split}"] = np.load(path, mmap_mode="r")
        return each


def _in(hashes: np.ndarray, ordered: np.ndarray) -> np.ndarray:
    """Those of the hashes that stand in an ordered array."""
    if not len(ordered):
        return hashes[:0]
    place = np.minimum(np.searchsorted(ordered, hashes), len(ordered) - 1)
    return hashes[ordered[place] == hashes]


# The leaks


@dataclass(slots=True)
class Leak:
    """What of one training conversation stands in held-out sets.

    Args:
        whole: the sets that have all of it, or its situation.
        turns: turn → the sets that have it.
        share: of its words, how many stand in those turns.
        translated: whether `whole` are sets that may have it in another language, which no comparison finds.
    """

    whole: set[str] = field(default_factory=set)
    turns: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    share: float = 0.0
    translated: bool = False

    @property
    def sets(self) -> set[str]:
        """All sets that have something of it."""
        return self.whole.union(*self.turns.values())


def leaks(batch: pa.RecordBatch, passage: Passages, fingerprints: Fingerprints, held_out: HeldOut) -> dict[int, Leak]:
    """The rows of a batch of training conversations that have something of a held-out set.

    Args:
        passage, fingerprints: the batch's passages, and their hashes.
    """
    found: dict[int, Leak] = defaultdict(Leak)
    for text, sets in _leaking(fingerprints, passage.run, passage.languages, held_out):
        leak = found[int(passage.row[text])]
        first, last = passage.turns[text].tolist()
        if first < 0:
            leak.whole |= sets
        for turn in range(first, last + 1) if first >= 0 else ():
            leak.turns[turn] |= sets
    for row, sets in _matches(_wholes(batch, fingerprints), held_out, _WHOLE):
        found[row].whole |= sets
    row, index, turns = turns_of(batch)
    _measure(found, row, index, fingerprints.lengths[: len(turns)])
    return found


def translations(ids: Sequence[str], corpus: str, held_out: HeldOut) -> dict[int, Leak]:
    """Of training conversations of a dataset, those that another one tests on in another language (`holds_out`)."""
    found: dict[int, Leak] = {}
    # The outside sets hold texts out, and are no datasets.
    for other in sorted(held_out.datasets & catalogue().keys()):
        if pattern := catalogue()[other].holds_out.get(corpus):
            rows = (row for row, id in enumerate(ids) if re.fullmatch(pattern, id.split("/", 2)[2]))
            found |= {row: Leak({f"{other}/test"}, translated=True) for row in rows}
    return found


def leaking_texts(texts: Sequence[str], languages: np.ndarray, held_out: HeldOut) -> dict[int, str]:
    """Of some texts, each by itself, those that stand in a held-out set: their index → one such set."""
    found = _leaking(Fingerprints.of(texts), np.arange(len(texts)), languages, held_out)
    return {text: min(sets) for text, sets in found}


def _leaking(
    fingerprints: Fingerprints, run: np.ndarray, languages: np.ndarray, held_out: HeldOut
) -> Iterator[tuple[int, frozenset[str]]]:
    yield from _matches(fingerprints.keys, held_out, _EXACT)
    near = near_windows(fingerprints, run, languages)
    for window, sets in _matches(near.hashes, held_out, _NEAR):
        for text in range(near.first[window], near.last[window] + 1):
            yield text, sets


def _matches(hashes: np.ndarray, held_out: HeldOut, kind: str) -> Iterator[tuple[int, frozenset[str]]]:
    sets = held_out.sets_with(kind, hashes)
    for place in np.flatnonzero(np.isin(hashes, np.fromiter(sets, np.uint64, len(sets)))).tolist():
        yield place, sets[int(hashes[place])]


def _measure(found: Mapping[int, Leak], row: np.ndarray, index: np.ndarray, lengths: np.ndarray) -> None:
    for number, leak in found.items():
        own = row == number
        withheld = own & np.isin(index, list(leak.turns))
        leak.share = lengths[withheld].sum() / max(1, lengths[own].sum())
