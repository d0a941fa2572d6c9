"""The same work for each of many datasets, in as many processes as there are cores, with a progress bar.

`PICA_WORKERS` overrides the number of processes; it changes no result, so it is no parameter.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")
R = TypeVar("R")


def each(work: Callable[[T], R], items: Iterable[T], what: str, unit: str = "dataset") -> list[R]:
    """`work(item)` for each item, results in the order of the items; the first failure stops the rest.

    Args:
        work: a module-level function, or a partial of one.
        what: the progress bar's title.
        unit: what an item is.
    """
    items = list(items)
    workers = min(int(os.environ.get("PICA_WORKERS", os.cpu_count() or 1)), len(items))
    if workers <= 1:
        return [work(item) for item in tqdm(items, desc=what, unit=unit)]
    # Not `fork`: Arrow's thread pools do not survive it.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("forkserver")) as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            return [future.result() for future in tqdm(futures, desc=what, unit=unit)]
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
