"""Which examples of a view are taken, and how often: those that come first by a hash of the seed and their id.

    rows asked for   {"train": {"joy": 830, …}}     →     times of each example   [1, 0, 2, 1, …]

An example that is taken more than once gets ids of its own, `<id>~2`, `<id>~3`, which may also give it other words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pica.instructions.counting import POOLED, Counted, read_pools
from pica.params import Mixture
from pica.sampling import ranks


def times_drawn(
    counted: Counted, folder: Path, rows: Mapping[str, Mapping[str, int]], mixture: Mixture, seed: int
) -> np.ndarray:
    """How often each example is taken, in the order of the file: all of a pool alike, and those that come first in the
    draw once more."""
    asked = {
        f"{split}/{label}": divmod(rows[split].get(label, 0), examples)
        for split, pool in counted.examples.items()
        for label, examples in pool.items()
    }
    names = pa.array(asked, pa.string())
    often, rest = np.array(list(asked.values()), np.int64).reshape(-1, 2).T
    pools, places = [np.empty(0, np.int32)], [np.empty(0, np.uint64)]
    for batch, pool in read_pools(counted.view, folder, mixture, ("id", *POOLED)):
        pools.append(pc.index_in(pool, names).to_numpy())
        places.append(np.zeros(len(batch), np.uint64))
        drawn = rest[pools[-1]] > 0
        places[-1][drawn] = ranks(batch["id"].filter(pa.array(drawn)).to_pylist(), seed)
    pool, place = np.concatenate(pools), np.concatenate(places)
    times = often[pool]
    for number in np.flatnonzero(rest):
        members = np.flatnonzero(pool == number)
        times[members[np.argsort(place[members], kind="stable")[: rest[number]]]] += 1
    return times


def draw_examples(examples: Iterable[pa.RecordBatch], times: np.ndarray, size: int) -> Iterator[pa.RecordBatch]:
    """The examples that are taken, in batches of at most `size` rows.

    Args:
        times: how often each is taken, over all batches.
    """
    start = 0
    for batch in examples:
        rows = _repeated(batch, times[start : start + len(batch)])
        start += len(batch)
        yield from (rows.slice(first, size) for first in range(0, len(rows), size))


def _repeated(examples: pa.RecordBatch, times: np.ndarray) -> pa.RecordBatch:
    """Each as often as it is taken, from the second time on with an id of its own, which may give it other words."""
    if (times == 1).all():
        return examples
    rows = examples.take(pa.array(np.repeat(np.arange(len(times)), times)))
    if times.max() <= 1:
        return rows
    ids = zip(examples["id"].to_pylist(), times.tolist(), strict=True)
    names = [id if n == 1 else f"{id}~{n}" for id, most in ids for n in range(1, most + 1)]
    return rows.set_column(0, "id", pa.array(names, pa.string()))
