"""Bootstrap confidence intervals: how much a score would vary over other dialogues of the same kind.

Turns of one dialogue resemble each other, so whole dialogues are drawn, not rows. The draws follow from the dialogues'
ids and the seed alone: two systems that answered the same rows see the same draws, and the difference of their
figures, draw by draw, is a paired one.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

import numpy as np


def dialogue(row_id: str) -> str:
    """The dialogue a row belongs to: `meld/test/12#3` asks about a turn of `meld/test/12`."""
    return row_id.partition("#")[0]


def several_dialogues(ids: Iterable[str]) -> bool:
    """Whether rows are of more dialogues than one."""
    return len({dialogue(row_id) for row_id in ids}) > 1


def resample(rows: np.ndarray, ids: Sequence[str], draws: int, seed: int) -> np.ndarray:
    """Sums over resampled dialogues, `[draws, …]`.

    Args:
        rows: what each row adds to the sum, `[n, …]`.
        ids: of the rows.
        draws: how often the dialogues are drawn, each time as many as there are, with replacement.
    """
    names, group = np.unique([dialogue(row_id) for row_id in ids], return_inverse=True)
    sums = np.zeros((len(names), *rows.shape[1:]))
    np.add.at(sums, group, rows)
    # Not of the seed alone: views of as many dialogues would be drawn alike, and their mean vary as if they were one.
    rng = np.random.default_rng([seed, zlib.crc32("\n".join(names).encode())])
    resampled = np.empty((draws, *rows.shape[1:]))
    # One draw at a time: a matrix of all draws would be draws x dialogues, gigabytes on the large review corpora.
    for draw in range(draws):
        times = np.bincount(rng.integers(len(names), size=len(names)), minlength=len(names))
        resampled[draw] = np.tensordot(times, sums, axes=1)
    return resampled


def interval(values: np.ndarray, ids: Iterable[str]) -> tuple[float, float]:
    """The 95 % percentile interval of a figure's values `[draws]`.

    NaN when nothing was drawn, and when all rows are of one dialogue: how others would differ it does not tell.

    Args:
        ids: of the rows that the figure is of.
    """
    if not len(values) or not several_dialogues(ids):
        return np.nan, np.nan
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
