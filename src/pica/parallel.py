"""The same work for each of many datasets, in as many processes as there are cores, with a progress bar.

`PICA_WORKERS` overrides the number of processes; it changes no result, so it is no parameter.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from tqdm import tqdm

from pica.errors import ParamsError, PicaError

T = TypeVar("T")
R = TypeVar("R")


def each(work: Callable[[T], R], items: Iterable[T], what: str, unit: str = "dataset") -> list[R]:
    """`work(item)` for each item, results in the order of the items; the first failure stops the rest.

    Args:
        work: a module-level function, or a partial of one.
        what: the progress bar's title.
        unit: what an item is.

    Raises:
        PicaError: a worker was killed, mostly because memory ran out.
    """
    items = list(items)
    workers = min(_workers(), len(items))
    if workers <= 1:
        return [work(item) for item in tqdm(items, desc=what, unit=unit)]
    # Not `fork`: Arrow's thread pools do not survive it.
    context = multiprocessing.get_context("forkserver")
    # Ctrl-C reaches the workers too. Left to Python, each would report it and take the next item that is waiting.
    with ProcessPoolExecutor(workers, context, signal.signal, (signal.SIGINT, signal.SIG_DFL)) as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            return [future.result() for future in tqdm(futures, desc=what, unit=unit)]
        except BrokenProcessPool:
            raise PicaError(
                f"{what}: a worker process was killed, mostly because memory ran out. "
                f"Run again with fewer at a time: PICA_WORKERS={workers // 2}."
            ) from None
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _workers() -> int:
    asked = os.environ.get("PICA_WORKERS", "")
    if asked and not asked.isdecimal():
        raise ParamsError(f"PICA_WORKERS={asked}: give a whole number of processes.")
    return int(asked) if asked else os.cpu_count() or 1
