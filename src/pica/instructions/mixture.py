"""How many training rows each view gives, worked out from numbers alone: examples in, rows out.

    view                                 n     cap    temperature 1    temperature 3, max_epochs 4
    edos-fine-classification        45,000   5,000            5,000                          4,261
    meld-classification              9,989   5,000            5,000                          4,260
    mastodon-classification            505   5,000              505                          1,984

A view's weight is `min(n, cap)^(1/temperature)`, its bound `min(cap, max_epochs · n)`. Rows are shared out in
proportion to the weights, none above its bound, until there are as many as the caps alone would let through: a
temperature of 1 takes `min(n, cap)` of each, and a high one the same number of each, as far as they go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heapreplace
from math import inf

from pica.corpora import REPLAY, View, view_corpus
from pica.errors import DataError
from pica.params import Mixture


@dataclass(frozen=True, slots=True)
class Pool:
    """What there is to draw from.

    Args:
        view: the view's name.
        language: of its rows.
        cap: the most rows it may give; None for no limit.
        examples: its training examples by label; all under "" where labels do not count.
    """

    view: str
    language: str
    cap: int | None
    examples: Mapping[str, int]

    @property
    def total(self) -> int:
        """All its examples."""
        return sum(self.examples.values())

    def bound(self, epochs: int) -> int:
        """The most rows it can give when none is taken more than `epochs` times."""
        return min(self.total * epochs, inf if self.cap is None else self.cap)


def cap(view: View, mixture: Mixture) -> int | None:
    """The most training rows that a view may give; None for no limit."""
    if _replays(view.name):
        return None  # `mixture.replay` says how many
    limits = [view.rows] * (mixture.caps == "pica") + [mixture.rows_per_view] * (mixture.rows_per_view > 0)
    return min(limits, default=None)


def plan(pools: Sequence[Pool], mixture: Mixture) -> dict[str, dict[str, int]]:
    """The training rows of each view, by label: view → label → rows.

    Raises:
        DataError: a share is asked of what is not there.
    """
    rows = _by_view([pool for pool in pools if not _replays(pool.view)], mixture)
    general = [pool for pool in pools if _replays(pool.view)]
    rows |= _replayed(general, sum(rows.values()), mixture)
    return {pool.view: _by_label(pool, rows[pool.view], mixture.max_epochs) for pool in pools}


def apportion(weights: Sequence[float], bounds: Sequence[int], total: int) -> list[int]:
    """Whole numbers in proportion to the weights, none above its bound, that sum to `total` or else to all bounds.

    Jefferson's divisor method: unlike rounding to the largest remainders, more weight or a larger total takes from
    nobody. Of those that are equally due, the first comes first.
    """
    level = _level(weights, bounds, total)
    rows = [int(min(bound, level * weight)) for weight, bound in zip(weights, bounds, strict=True)]
    due = [((rows[i] + 1) / weights[i], i) for i in range(len(rows)) if rows[i] < bounds[i]]
    heapify(due)
    for _ in range(min(total, sum(bounds)) - sum(rows)):
        _, i = due[0]
        rows[i] += 1
        heapreplace(due, ((rows[i] + 1) / weights[i] if rows[i] < bounds[i] else inf, i))
    return rows


def _level(weights: Sequence[float], bounds: Sequence[int], total: int) -> float:
    """The rows for a weight of 1: what the bounded ones cannot take is shared by the others."""
    weight = sum(weights)
    for bound, own in sorted(zip(bounds, weights, strict=True), key=lambda pair: pair[0] / (pair[1] or inf)):
        if bound * weight > total * own:
            return total / weight
        total, weight = total - bound, weight - own
    return inf


def _by_view(pools: Sequence[Pool], mixture: Mixture) -> dict[str, int]:
    size = sum(pool.bound(1) for pool in pools)
    if not mixture.zh_share:
        return _shared(pools, size, mixture)
    chinese = [pool for pool in pools if pool.language == "zh"]
    others = [pool for pool in pools if pool.language != "zh"]
    # The share holds: where a language has too little for it, there is less of the other one too.
    most_chinese, most_others = (sum(p.bound(mixture.max_epochs) for p in part) for part in (chinese, others))
    size = min(size, int(most_chinese / mixture.zh_share), int(most_others / (1 - mixture.zh_share)))
    if not size:
        raise DataError(
            f"mixture.zh_share={mixture.zh_share}: there are rows in one language alone. Choose datasets of both, or "
            "mixture.zh_share=0."
        )
    rows = round(size * mixture.zh_share)
    return _shared(chinese, rows, mixture) | _shared(others, size - rows, mixture)


def _shared(pools: Sequence[Pool], total: int, mixture: Mixture) -> dict[str, int]:
    weights = [pool.bound(1) ** (1 / mixture.temperature) for pool in pools]
    rows = apportion(weights, [pool.bound(mixture.max_epochs) for pool in pools], total)
    return {pool.view: count for pool, count in zip(pools, rows, strict=True)}


def _replayed(pools: Sequence[Pool], others: int, mixture: Mixture) -> dict[str, int]:
    """Rows of general text, so many that they are `mixture.replay` of all."""
    rows = round(others * mixture.replay / (1 - mixture.replay))
    most = sum(pool.total for pool in pools) * mixture.max_epochs
    if rows > most:
        raise DataError(
            f"mixture.replay={mixture.replay} asks for {rows:,} rows of general text, and there are {most:,}. Give "
            f"(more of) your own as source.manual.{REPLAY}=/path/to/folder, add +{REPLAY} to datasets for the made-up "
            "rows of the sample, raise mixture.max_epochs, or lower mixture.replay."
        )
    return {pool.view: rows for pool in pools}


def _replays(view: str) -> bool:
    return view_corpus(view) == REPLAY


def _by_label(pool: Pool, rows: int, epochs: int) -> dict[str, int]:
    """A view's rows by label, as many of each as it has."""
    labels = sorted(pool.examples)
    bounds = [pool.examples[label] * epochs for label in labels]
    return dict(zip(labels, apportion([1] * len(labels), bounds, rows), strict=True))
