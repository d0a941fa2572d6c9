"""The same work for each of many datasets, in as many processes as there are cores, or on Ray, with a progress bar.

    PICA_WORKERS=4 dvc repro                              # four processes of this machine
    PICA_ENGINE=ray dvc repro                             # a Ray of its own on this machine
    PICA_ENGINE=ray RAY_ADDRESS=10.0.0.7:6379 dvc repro   # the cluster that is there

Who does the work changes no result, so neither variable is a parameter: a parameter would make stages run again. The
machines of a cluster need the repository at the same path, on storage that they share, and the same packages.
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from pica.errors import ParamsError, PicaError

T = TypeVar("T")
R = TypeVar("R")


def parallel_map(work: Callable[[T], R], items: Iterable[T], what: str, unit: str = "dataset") -> list[R]:
    """`work(item)` for each item, results in the order of the items; the first failure stops the rest.

    Args:
        work: a module-level function, or a partial of one.
        what: the progress bar's title.
        unit: what an item is.

    Raises:
        PicaError: a worker was killed, mostly because memory ran out, or there is no Ray where one was asked for.
    """
    items = list(items)
    engine = os.environ.get("PICA_ENGINE", "local")
    if engine not in ("local", "ray"):
        raise ParamsError(f"PICA_ENGINE={engine}: give local or ray.")
    workers = min(_workers(), len(items))
    if engine == "ray" and items:
        return _on_ray(work, items, what, unit)
    if workers <= 1:
        return [_done(Path.cwd(), _own(), work, item) for item in tqdm(items, desc=what, unit=unit)]
    pool = _pool(_workers())  # the same one for few items; it starts no more processes than it needs
    try:
        with _ctrl_c_held_back():
            futures = [pool.submit(_done, Path.cwd(), _own(), work, item) for item in items]
        return [future.result() for future in tqdm(futures, desc=what, unit=unit)]
    except BaseException as error:
        _pool.cache_clear()
        for worker in multiprocessing.active_children():
            worker.terminate()
        pool.shutdown(wait=True, cancel_futures=True)
        if not isinstance(error, BrokenProcessPool):
            raise
        raise PicaError(
            f"{what}: a worker process was killed, mostly because memory ran out. "
            f"Run again with fewer at a time: PICA_WORKERS={workers // 2}."
        ) from None


@cache
def _pool(workers: int) -> ProcessPoolExecutor:
    """Processes for the rest of this one: what they have imported takes a second."""
    # Not `fork`: Arrow's thread pools do not survive it.
    return ProcessPoolExecutor(workers, multiprocessing.get_context("forkserver"))


@contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    """Until the block ends; and for good from the processes that it starts, which inherit the mask.

    A terminal sends Ctrl-C to them too. Left to Python, each would report it, or take the next item that is waiting;
    whoever started them ends them. The mask is this thread's alone, so the handler waits as well.
    """
    pressed = []
    handler = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, handler)
    if pressed:
        signal.raise_signal(signal.SIGINT)


def _workers() -> int:
    asked = os.environ.get("PICA_WORKERS", "")
    if asked and not asked.isdecimal():
        raise ParamsError(f"PICA_WORKERS={asked}: give a whole number of processes.")
    return int(asked) if asked else os.cpu_count() or 1


def _on_ray(work: Callable[[T], R], items: list[T], what: str, unit: str) -> list[R]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # Ray reports home by default
    try:
        import ray
    except ModuleNotFoundError:
        raise PicaError("PICA_ENGINE=ray needs Ray: pip install 'pica-pipeline[ray]'.") from None
    _connect()
    # A worker that dies would die again, of the same lack of memory.
    remote = ray.remote(_done).options(max_retries=0)
    futures = [remote.remote(Path.cwd(), _own(), work, item) for item in items]
    try:
        return [ray.get(future) for future in tqdm(futures, desc=what, unit=unit)]
    except BaseException as error:
        # Ends the workers: none may go on writing to a folder that its failed stage takes away. Not `ray.cancel`, with
        # which Ray 2.60 ends this process as well when a task is just done.
        ray.shutdown()
        if isinstance(error, ray.exceptions.RayTaskError):
            raise error.cause from None
        if not isinstance(error, ray.exceptions.RayError):
            raise
        raise PicaError(
            f"{what}: a Ray worker was lost, mostly because memory ran out ({str(error).splitlines()[0]}). "
            "Run again with fewer at a time (PICA_WORKERS, or a cluster of fewer CPUs)."
        ) from None


def _connect() -> None:
    """Ray for the rest of this process, since starting takes seconds: the cluster at RAY_ADDRESS, or one of its own."""
    import ray

    if ray.is_initialized():
        return
    quiet = {"include_dashboard": False, "log_to_driver": False, "logging_level": logging.ERROR}
    if "RAY_ADDRESS" not in os.environ:
        ray.init("local", num_cpus=max(1, _workers()), **quiet)
        return
    try:
        # Workers of a cluster were started elsewhere, and know nothing of where this code is.
        ray.init(runtime_env={"env_vars": {"PYTHONPATH": str(Path(__file__).resolve().parents[1])}}, **quiet)
    except ConnectionError as error:
        raise PicaError(f"RAY_ADDRESS={os.environ['RAY_ADDRESS']}: no Ray cluster answers there ({error}).") from None


def _own() -> dict[str, str]:
    """PICA's own variables."""
    return {name: value for name, value in os.environ.items() if name.startswith("PICA_")}


def _done(folder: Path, own: Mapping[str, str], work: Callable[[T], R], item: T) -> R:
    # A stage's paths are relative to the repository, and a worker may have been started elsewhere, or before.
    os.chdir(folder)
    os.environ.update(own)
    # Rows are many small objects without a cycle; to look for one at every 700th takes a sixth of the time.
    gc.set_threshold(100_000)
    return work(item)
