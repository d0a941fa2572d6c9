"""The last check before training: no training example may show text of a validation or test set.

It looks at the examples themselves, whatever the filter has done before. Compared is the running text that a model
reads or writes: turns, situation, and an answer that is a reply, a situation or a cause. Labels and personas are not
(`leakage` says why).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pica.cleaning import leakage
from pica.cleaning.fingerprints import Fingerprints, turns_of
from pica.cleaning.leakage import HELD_OUT, HeldOut
from pica.corpora import view_corpus
from pica.corpora import views as all_views
from pica.errors import DataError
from pica.schema import EXAMPLE
from pica.store import read_batches

_COLUMNS = ("id", "split", "language", "turns", "answer", "situation")
# How many leaks the message names.
_NAMED = 5
# How many texts of a dataset and a language are remembered, so that they are not looked at again where another example
# shows them.
_SEEN = 1_000_000


class _Texts(NamedTuple):
    """Different texts of one language, and the examples that they are taken from."""

    texts: list[str]
    languages: np.ndarray
    rows: pa.RecordBatch
    asks: str


def write_held_out(names: Sequence[str], views: Path, folder: Path) -> None:
    """Write the hashes of what some views, all of one dataset, hold out into `folder`."""

    def parts() -> Iterator[tuple[str, dict[str, np.ndarray]]]:
        for split in HELD_OUT:
            for found in _texts(names, views, split):
                fingerprints = Fingerprints.of(found.texts)
                yield split, leakage.of_texts(fingerprints, np.arange(len(found.texts)), found.languages)

    leakage.write_held_out(parts(), view_corpus(names[0]), folder)


def find_leaks(names: Sequence[str], views: Path, held_out: HeldOut) -> list[str]:
    """What training examples of some views, all of one dataset, show of held-out sets.

    Returns:
        `<example> (<dataset>/<split>)` for each text, of the first example that shows it.
    """
    return [
        f"{_shown_by(found, found.texts[text])} ({held_out_set})"
        for found in _texts(names, views, "train")
        for text, held_out_set in sorted(leakage.leaking_texts(found.texts, found.languages, held_out).items())
    ]


def require_no_leaks(leaks: Sequence[str]) -> None:
    """DataError that names the leaks, when there are some."""
    if leaks:
        more = f" and {len(leaks) - _NAMED} more" if len(leaks) > _NAMED else ""
        raise DataError(
            f"training examples show texts of held-out sets: {', '.join(leaks[:_NAMED])}{more}. "
            "Run `dvc repro -f filter`, which withholds them; data/filtered must not be changed by hand."
        )


def _texts(names: Sequence[str], views: Path, split: str) -> Iterator[_Texts]:
    """Batch by batch. Neighbouring examples and the views of a dataset share most of their texts: each comes once."""
    # By language, since each has its own limits to what counts as a leak.
    seen: dict[str, set[int]] = {}
    for name in names:
        asks = all_views()[name].asks
        for batch in read_batches(views / f"{name}.parquet", EXAMPLE, _COLUMNS):
            own = batch.filter(pc.equal(batch.column("split"), split))
            for language in own.column("language").unique().to_pylist():
                rows = own.filter(pc.equal(own.column("language"), language))
                columns = [running for running, _ in _running(rows, asks)]
                known = seen.setdefault(language, set())
                texts = [text for text in pa.concat_arrays(columns).unique().to_pylist() if hash(text) not in known]
                if len(known) < _SEEN:
                    known.update(map(hash, texts))
                if texts:
                    yield _Texts(texts, np.full(len(texts), language, dtype=object), rows, asks)


def _running(rows: pa.RecordBatch, asks: str) -> Iterator[tuple[pa.Array, np.ndarray]]:
    """All running text, and of each text its row."""
    row, _, turns = turns_of(rows)
    yield pc.struct_field(turns, "text"), row
    told = pc.is_valid(rows.column("situation"))
    yield rows.column("situation").filter(told), np.flatnonzero(told)
    if asks == "cause":  # several stand in one answer, one a line
        spans = pc.split_pattern(rows.column("answer"), "\n")
        yield spans.flatten(), pc.list_parent_indices(spans).to_numpy()
    elif asks in ("reply", "situation", "chat", "instruction"):
        yield rows.column("answer"), np.arange(rows.num_rows)


def _shown_by(found: _Texts, text: str) -> str:
    """The first example that shows a text."""
    rows = np.concatenate([row[_equal(running, text)] for running, row in _running(found.rows, found.asks)])
    return found.rows.column("id")[int(rows.min())].as_py()


def _equal(texts: pa.Array, text: str) -> np.ndarray:
    return pc.equal(texts, text).to_numpy(zero_copy_only=False)
