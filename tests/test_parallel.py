"""Work for many datasets: in order, in processes or not, with failures and Ctrl-C as in one process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from pica.errors import CorpusError, ParamsError, PicaError
from pica.parallel import parallel_map
from tests.stages.imports import ROOT


def process_of(item: int) -> tuple[int, int]:
    return item, os.getpid()


def refuse(item: int) -> int:
    if item:
        raise CorpusError(Path("a.csv"), item, "no text")
    return item


def die(item: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_results_are_in_the_order_of_the_items(monkeypatch):
    monkeypatch.setenv("PICA_WORKERS", "2")
    results = parallel_map(process_of, range(20), "test")
    assert [item for item, _ in results] == list(range(20))
    assert os.getpid() not in {process for _, process in results}


@pytest.mark.parametrize(("workers", "items"), [("1", 3), ("0", 3), ("8", 1)])
def test_one_worker_is_this_process(monkeypatch, workers, items):
    monkeypatch.setenv("PICA_WORKERS", workers)
    assert parallel_map(process_of, range(items), "test") == [(item, os.getpid()) for item in range(items)]


def test_nothing_to_do_is_done():
    assert parallel_map(process_of, [], "test") == []


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_failure_keeps_its_kind_and_place(monkeypatch, workers):
    monkeypatch.setenv("PICA_WORKERS", workers)
    with pytest.raises(CorpusError, match=r"a\.csv, line 3: no text") as caught:
        parallel_map(refuse, [0, 3, 4], "test")
    assert (caught.value.path, caught.value.line) == (Path("a.csv"), 3)


def test_a_killed_worker_is_said_with_what_helps(monkeypatch):
    monkeypatch.setenv("PICA_WORKERS", "2")
    with pytest.raises(PicaError, match=r"memory.*PICA_WORKERS=1"):
        parallel_map(die, range(2), "test")


@pytest.mark.parametrize("workers", ["many", "-1", "1.5"])
def test_a_number_of_workers_that_is_none_is_said(monkeypatch, workers):
    monkeypatch.setenv("PICA_WORKERS", workers)
    with pytest.raises(ParamsError, match="PICA_WORKERS"):
        parallel_map(process_of, range(2), "test")


# As a stage: in a session of its own, as a terminal's foreground process has one.
STAGE = """
import time
from functools import partial
from pathlib import Path
from pica.errors import report_errors
from pica.parallel import parallel_map
from pica.stage import call
from pica.store import atomic_folder, write_json

def work(item, out):
    write_json(out / f"{item}.json", item)
    print("working", end="", flush=True)
    for _ in range(600):  # a signal that comes just before a sleep waits for its end
        time.sleep(0.1)

def run():
    with atomic_folder(Path("out")) as out:
        parallel_map(partial(work, out=out), range(8), "test")

if __name__ == "__main__":
    with report_errors():
        call(run)
"""


def to_all(process: int) -> None:
    """As Ctrl-C in a terminal."""
    os.killpg(process, signal.SIGINT)


def to_the_stage_alone(process: int) -> None:
    """As a scheduler, or `kill`."""
    os.kill(process, signal.SIGTERM)


@pytest.mark.parametrize(("send", "code", "word"), [(to_all, 130, "Ctrl-C"), (to_the_stage_alone, 143, "SIGTERM")])
def test_a_signal_ends_all_workers_at_once_and_leaves_nothing(workspace, send, code, word):
    (workspace / "stage.py").write_text(STAGE)
    before = set(workspace.rglob("*"))
    stage = subprocess.Popen(
        [sys.executable, "stage.py"],
        env={**os.environ, "PICA_WORKERS": "2", "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert stage.stdout.read(len("working" * 2)).count("w") == 2  # both are at it
        send(stage.pid)
        _, said = stage.communicate(timeout=20)  # a third of what one item takes
    finally:
        with suppress(ProcessLookupError):  # as it should be: nobody is left
            os.killpg(stage.pid, signal.SIGKILL)
    assert stage.returncode == code
    assert said.count(f"error: stopped by {word}") == 1
    assert "Traceback" not in said
    assert set(workspace.rglob("*")) == before
