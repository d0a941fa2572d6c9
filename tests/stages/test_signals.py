"""Ctrl-C and `kill` in the middle of every stage: one message, and outputs as they were before."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.stages.clone import Clone

# Each stage, and what shows that it is at work: a file under a temporary name, or the name of its progress bar.
WORKING = {
    ("download",): "data/.raw.*/*",
    ("filter",): "filter:",
    ("reformat",): "reformat:",
    ("template",): "template:",
    ("base_model",): "models/.base.*/*",
    ("finetune",): "finetune:",
    ("evaluate", "tfidf"): "tfidf:",
    ("evaluate", "tuned"): "score:",
    ("report",): "./.reports.*/*",
}
SECONDS = 120


def contents(folder: Path) -> dict[str, str]:
    """Every file that a stage may touch, with its hash; folders too, so that none is left over.

    Not those of Git and DVC, nor the checkpoints and logs of training in `.pica`, which are kept to go on from.
    """
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not name.startswith((".git/", ".dvc/", ".pica/")) and "__pycache__" not in name:
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
    return found


def interrupted(done: Clone, stage: tuple[str, ...], number: int, log: Path) -> tuple[int, str]:
    """Exit code and output of a stage that got a signal when it was at work, as a terminal sends it: to all."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "pica.stage", *stage],
            cwd=done.path,
            env=done.env(PYTHONPATH="src", PYTHONUNBUFFERED="1"),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            until = time.monotonic() + SECONDS
            while not working(done.path, WORKING[stage], log):
                assert process.poll() is None, f"it ended before it was interrupted: {log.read_text()}"
                assert time.monotonic() < until, f"it never began: {log.read_text()}"
                time.sleep(0.001)
            os.killpg(process.pid, number)
            process.wait(timeout=SECONDS)
        finally:
            with suppress(ProcessLookupError):  # as it should be: nobody is left
                os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, log.read_text(encoding="utf-8")


def working(folder: Path, sign: str, log: Path) -> bool:
    """Whether the sign is there: a path in the folder, or words in what was printed."""
    return any(folder.glob(sign)) if "/" in sign else sign in log.read_text(encoding="utf-8", errors="replace")


@pytest.mark.parametrize("stage", WORKING, ids="@".join)
def test_ctrl_c_in_a_stage_leaves_what_was_there(done, tmp_path, stage):
    before = contents(done.path)
    code, output = interrupted(done, stage, signal.SIGINT, tmp_path / "log")
    assert code == 130, output
    assert output.count("error: ") == 1
    assert "error: stopped by Ctrl-C" in output
    assert "Traceback" not in output
    assert contents(done.path) == before


def test_the_next_run_is_clean(done, tmp_path):
    before = contents(done.path)
    code, _ = interrupted(done, ("reformat",), signal.SIGTERM, tmp_path / "log")
    assert code == 143
    assert contents(done.path) == before
    done.run(sys.executable, "-m", "pica.stage", "reformat", PYTHONPATH="src")
    assert contents(done.path) == before
    assert "up to date" in done.run("dvc", "status")
