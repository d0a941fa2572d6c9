"""That no held-out text is left in a training example: looked for in the examples, whatever the filter did before.

Of an example it is compared what a model reads and writes in running text: the turns, the situation, and an answer that
is a reply, a situation or a cause. Labels and personas are not (`leakage`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pica.cleaning import leakage
from pica.cleaning.leakage import HELD_OUT, HeldOut
from pica.cleaning.prints import Prints, texts_of, turns_of
from pica.corpora import views as all_views
from pica.errors import DataError
from pica.schema import EXAMPLE
from pica.store import read_batches

_COLUMNS = ("id", "split", "language", "turns", "answer", "situation")
_RUNNING = {"reply", "situation", "cause"}
# How many leaks the message names.
_NAMED = 5


class _Texts(NamedTuple):
    """The different texts of some examples, their languages, and the first example of each."""

    texts: list[str]
    languages: np.ndarray
    ids: list[str]


def write_held_out(name: str, views: Path, folder: Path) -> None:
    """Write the hashes of what the view `name` holds out into `folder`."""

    def parts() -> Iterator[tuple[str, dict[str, np.ndarray]]]:
        for split in HELD_OUT:
            for found in _texts(name, views, split):
                prints = Prints.of(found.texts)
                yield split, leakage.of_texts(prints, np.arange(len(found.texts)), found.languages)

    leakage.write_held_out(parts(), name, folder)


def leaks_left(name: str, views: Path, held_out: HeldOut) -> list[str]:
    """What training examples of the view `name` show of held-out sets, as `<example> (<view>/<split>)`."""
    return [
        f"{found.ids[text]} ({held_out_set})"
        for found in _texts(name, views, "train")
        for text, held_out_set in sorted(leakage.leaking_texts(found.texts, found.languages, held_out).items())
    ]


def require_none(leaks: list[str]) -> None:
    """DataError that names the leaks, when there are some."""
    if leaks:
        more = f" and {len(leaks) - _NAMED} more" if len(leaks) > _NAMED else ""
        raise DataError(
            f"training examples show texts of held-out sets: {', '.join(leaks[:_NAMED])}{more}. "
            "Run `dvc repro -f filter`, which withholds them; data/filtered must not be changed by hand."
        )


def _texts(name: str, views: Path, split: str) -> Iterator[_Texts]:
    """Batch by batch; the windows of neighbouring examples share most of their turns, which are looked at once."""
    asks = all_views()[name].asks
    for batch in read_batches(views / f"{name}.parquet", EXAMPLE, _COLUMNS):
        rows = batch.filter(pc.equal(batch.column("split"), split))
        ids, languages = (rows.column(column).to_pylist() for column in ("id", "language"))
        first: dict[tuple[str, str], int] = {}
        for text, row in _running(rows, asks):
            first.setdefault((text, languages[row]), row)
        if first:
            texts, spoken = zip(*first, strict=True)
            yield _Texts(list(texts), np.array(spoken, dtype=object), [ids[row] for row in first.values()])


def _running(rows: pa.RecordBatch, asks: str) -> Iterator[tuple[str, int]]:
    """Text and row of all running text."""
    row, _, _ = turns_of(rows)
    yield from zip(texts_of(rows), row.tolist(), strict=True)
    yield from ((text, row) for row, text in enumerate(rows.column("situation").to_pylist()) if text is not None)
    for row, answer in enumerate(rows.column("answer").to_pylist() if asks in _RUNNING else ()):
        # Several causes stand in one answer, one a line.
        yield from ((text, row) for text in (answer.split("\n") if asks == "cause" else (answer,)))
