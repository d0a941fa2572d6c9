"""Texts as arrays of 64-bit hashes, so that millions of them are compared without holding one.

    ["Hm.", "You sold the piano?"]  →  keys [0x5c…, 0x1f…], lengths [1, 4], words [0x5c…, 0x81…, 0x0b…, 0x77…, 0x3e…]

Hashes depend on the text alone, not on the process. Two different ones of ten million share one with a chance of 1 in
400,000; what is done on the word of one hash (a training text left out) is no loss then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pandas.util import hash_array

from pica.cleaning.text import comparable, words

# Odd, so that multiplying by it loses nothing; 2^64 over the golden ratio.
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """Some texts as hashes.

    Args:
        keys: of each text, the same for its copies.
        lengths: of each text, in words.
        words: of each word of all texts, one text after the other.
    """

    keys: np.ndarray
    lengths: np.ndarray
    words: np.ndarray

    @classmethod
    def of(cls, texts: Sequence[str]) -> Fingerprints:
        """The hashes of texts."""
        said = [words(text) for text in texts]
        return cls(
            keys=hashed("".join(w) or comparable(text) for text, w in zip(texts, said, strict=True)),
            lengths=np.fromiter(map(len, said), np.int64, len(said)),
            words=hashed(chain.from_iterable(said)),
        )

    def head(self, count: int) -> Fingerprints:
        """Those of the first `count` texts alone."""
        lengths = self.lengths[:count]
        return Fingerprints(self.keys[:count], lengths, self.words[: lengths.sum()])

    @property
    def text(self) -> np.ndarray:
        """Of each word, the text it stands in."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)


def hashed(strings: Iterable[str | None]) -> np.ndarray:
    """A hash a string [uint64]."""
    return hash_array(np.array(list(strings), dtype=object), categorize=False)


def labelled(column: pa.Array) -> np.ndarray:
    """A hash a value of a column of strings that has few different ones; null is one of them."""
    coded = column.dictionary_encode(null_encoding="encode")
    return hashed(repr(value) for value in coded.dictionary.to_pylist())[coded.indices.to_numpy()]


def joined(hashes: np.ndarray, rows: np.ndarray, count: int) -> np.ndarray:
    """A hash a row for the hashes that belong to it, in their order.

    Args:
        hashes: of all rows, one row after the other.
        rows: of each hash, its row, from 0.
        count: how many rows there are; one without hashes gets 0, one with a single hash gets that.
    """
    sizes = np.bincount(rows, minlength=count)
    ends = np.cumsum(sizes)
    place = (np.arange(len(rows)) - np.repeat(ends - sizes, sizes)).astype(np.uint64)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(hashes * _MULTIPLIER**place)])
    return sums[ends] - sums[ends - sizes]


def mixed(*hashes: np.ndarray) -> np.ndarray:
    """A hash a row out of several columns of them."""
    total = np.zeros_like(hashes[0])
    for column in hashes:
        total = total * _MULTIPLIER + column
    return total


def windows(hashes: np.ndarray, size: int) -> np.ndarray:
    """A hash for each `size` neighbours: entry i is that of entries i to i + size - 1."""
    count = max(0, len(hashes) - size + 1)
    return mixed(*(hashes[i : i + count] for i in range(size)))


def turns_of(batch: pa.RecordBatch) -> tuple[np.ndarray, np.ndarray, pa.StructArray]:
    """The turns of a batch of conversations: of each its row and its index there, and all of them."""
    column = batch.column("turns")
    counts = pc.list_value_length(column).to_numpy(zero_copy_only=False)
    rows = np.repeat(np.arange(len(counts)), counts)
    index = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    return rows, index, column.flatten()


def texts_of(batch: pa.RecordBatch) -> list[str]:
    """What is said in all turns of a batch of conversations."""
    return pc.struct_field(batch.column("turns").flatten(), "text").to_pylist()
