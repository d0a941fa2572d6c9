"""Ctrl-C and `kill` while a command is still importing: one message, as later."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from pica.schema import INSTRUCTION
from pica.store import write_rows
from pica.training.config import Config, dump
from tests.stages.imports import ROOT, SRC
from tests.training.conftest import LORA, TRAIN

PICA = str(Path(sys.executable).parent / "pica")
# Each command, and a package that it imports: all wait for parameters' types, and those that need a model for torch.
STAGES = [(["sh", "stages/run", path.stem], "omegaconf") for path in sorted((ROOT / "stages").glob("*.py"))]
MODEL = [
    (["sh", "stages/run", "base_model"], "torch"),
    (["sh", "stages/run", "finetune"], "torch"),
    (["sh", "stages/run", "evaluate", "tuned"], "torch"),
    ([PICA, "merge"], "torch"),
    ([PICA, "doctor"], "torch"),
    ([sys.executable, "-m", "pica.training", "training.yaml"], "torch"),
]
OTHERS = [
    ([PICA, "compose"], "omegaconf"),
    ([PICA, "corpora"], "rich"),
    ([PICA, "export", "--format", "seed", "--out", "out"], "jinja2"),
    ([sys.executable, "-m", "pica.cli", "compose"], "omegaconf"),
    ([sys.executable, "-m", "pica.training", "training.yaml"], "yaml"),
]
SECONDS = 60


def named(commands: list) -> list:
    return [pytest.param(*case, id=f"{' '.join(case[0][1:])} in {case[1]}") for case in commands]


@pytest.fixture
def repository(workspace) -> Path:
    """Stages, parameters and what is read before torch is imported."""
    shutil.copytree(ROOT / "stages", workspace / "stages", ignore=shutil.ignore_patterns("__pycache__"))
    (workspace / "src").mkdir()
    (workspace / "src/pica").symlink_to(SRC / "pica")
    write_rows(workspace / "data/instructions/test.parquet", [], INSTRUCTION)
    dump(Config("rows", "validation", "base", "out", "checkpoints", 3, LORA, TRAIN), workspace / "training.yaml")
    return workspace


def interrupted(repository: Path, command: list[str], slow: str, number: int) -> tuple[int, str]:
    """Exit code and stderr of a command that gets a signal while it imports the package `slow`."""
    importing = repository / "importing"
    (repository / "src" / slow).mkdir()
    (repository / "src" / slow / "__init__.py").write_text(
        f"import time\nopen({str(importing)!r}, 'w').close()\ntime.sleep({2 * SECONDS})\n", encoding="utf-8"
    )
    process = subprocess.Popen(
        command,
        cwd=repository,
        env=os.environ | {"PYTHONPATH": "src"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        until = time.monotonic() + SECONDS
        while not importing.exists():
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < until
            time.sleep(0.01)
        os.killpg(process.pid, number)
        _, said = process.communicate(timeout=SECONDS)
    finally:
        with suppress(ProcessLookupError):  # as it should be: nobody is left
            os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, said


@pytest.mark.parametrize(("command", "slow"), named(STAGES + MODEL + OTHERS))
def test_ctrl_c_while_a_command_imports_is_one_message(repository, command, slow):
    code, said = interrupted(repository, command, slow, signal.SIGINT)
    assert code == 130, said
    assert "Traceback" not in said
    assert said.count("error:") == said.count("error: stopped by Ctrl-C") == 1


@pytest.mark.parametrize(("command", "slow"), named(MODEL))
def test_so_is_sigterm(repository, command, slow):
    code, said = interrupted(repository, command, slow, signal.SIGTERM)
    assert code == 143, said
    assert "Traceback" not in said
    assert said.count("error:") == said.count("error: stopped by SIGTERM") == 1
