"""How many examples a view has to give, by split and label, and how long their texts are.

    Counted("meld-classification", {"train": {"joy": 1743, "anger": 1109, …}, "validation": {"": 1109}, "test": …})

A pool is what rows are drawn from: the examples of one split and, where the mixture balances labels, of one label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pica.corpora import corpus, view_corpus, views
from pica.instructions.mixture import Pool, cap
from pica.params import Mixture
from pica.schema import EXAMPLE, SPLITS
from pica.store import read_batches

# Examples that are read at a time.
_READ = 10_000
# What says whether an example is drawn, and from which pool.
POOLED = ("split", "language", "answer")

_BLANK, _WORD, _MARK = range(3)
# Han and kana: characters that are written without blanks around them.
_BY_THEMSELVES = ((0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF))
# Beyond the basic plane are emoji and rare Han.
_LAST = 0xFFFF


@dataclass(frozen=True, slots=True)
class Counted:
    """A view's examples by split and label; all under "" where labels do not count."""

    view: str
    examples: Mapping[str, Mapping[str, int]]

    def pool(self, mixture: Mixture) -> Pool:
        """What it has to give for training."""
        spoken = corpus(view_corpus(self.view)).languages
        language = "+".join(spoken) if mixture.language == "all" else mixture.language
        return Pool(self.view, language, cap(views()[self.view], mixture), self.examples["train"])

    def rows(self, train: Mapping[str, int], mixture: Mixture) -> dict[str, Mapping[str, int]]:
        """How many rows of each split and label are taken: for training as planned, and every test row."""
        validation = min(mixture.validation_rows, self.examples["validation"].get("", 0))
        return {"train": train, "validation": {"": validation}, "test": self.examples["test"]}


def count(name: str, folder: Path, mixture: Mixture) -> Counted:
    """The examples of the view `name` in `folder/<name>.parquet`, with labels where the mixture balances them."""
    found = {split: Counter() for split in SPLITS}
    for _, pools in read_pools(name, folder, mixture):
        for pool in pc.value_counts(pools).to_pylist():
            split, _, label = pool["values"].partition("/")
            found[split][label] += pool["counts"]
    return Counted(name, found)


def read_examples(
    name: str, folder: Path, mixture: Mixture, columns: Sequence[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """The examples of a view, some columns of them, in the mixture's language; general text is in several."""
    for batch in read_batches(folder / f"{name}.parquet", EXAMPLE, columns, rows=_READ):
        yield batch if mixture.language == "all" else batch.filter(pc.equal(batch["language"], mixture.language))


def read_pools(
    name: str, folder: Path, mixture: Mixture, columns: Sequence[str] = POOLED
) -> Iterator[tuple[pa.RecordBatch, pa.StringArray]]:
    """The examples of a view, some columns of them, and of each the pool it is drawn from: `<split>/<label>`."""
    balanced = mixture.balance and bool(views()[name].labels)
    for batch in read_examples(name, folder, mixture, columns):
        counts = pc.equal(batch["split"], "train") if balanced else pa.scalar(False)
        yield batch, pc.binary_join_element_wise(batch["split"], pc.if_else(counts, batch["answer"], ""), "/")


def count_tokens(texts: pa.StringArray) -> int:
    """Their length before there is a tokenizer: words, punctuation marks, and Chinese characters one by one."""
    plain = pc.string_is_ascii(texts)
    # Of most texts a character is a byte, and need not be decoded.
    narrow = np.frombuffer(_one_text(texts.filter(plain)), np.uint8)
    wide = np.frombuffer(str(_one_text(texts.filter(pc.invert(plain))), "utf-8").encode("utf-32-le"), np.uint32)
    return _tokens(_kinds()[narrow]) + _tokens(_kinds()[np.minimum(wide, _LAST)])


def _one_text(texts: pa.StringArray) -> pa.Buffer:
    """All of them, a line each."""
    return pc.binary_join(pa.ListArray.from_arrays([0, len(texts)], texts), "\n")[0].as_buffer()


def _tokens(kinds: np.ndarray) -> int:
    """Of characters of these kinds."""
    words = kinds == _WORD
    begin = np.concatenate([words[:1], words[1:] > words[:-1]])
    return int(np.count_nonzero(begin) + np.count_nonzero(kinds == _MARK))


@cache
def _kinds() -> np.ndarray:
    """Of each character, whether it is blank, part of a word, or counts by itself; the last entry is for all beyond."""
    kinds = np.full(_LAST + 1, _MARK, np.int8)
    for code in range(_LAST):
        character = chr(code)
        if character.isspace():
            kinds[code] = _BLANK
        elif character.isalnum() or character == "_":
            kinds[code] = _WORD
    for first, last in _BY_THEMSELVES:
        kinds[first : last + 1] = _MARK
    return kinds
