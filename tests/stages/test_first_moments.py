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
from pica.store import write_json, write_rows
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
    for split in ("validation", "test"):
        write_rows(workspace / f"data/instructions/{split}.parquet", [], INSTRUCTION)
    write_json(workspace / "data/outside.json", [])
    dump(Config("rows", "validation", "base", "out", "checkpoints", 3, LORA, TRAIN), workspace / "training.yaml")
    return workspace


def slow(repository: Path, package: str) -> None:
    """A package that says that it is being imported, and takes long.

    It sleeps in short pieces: a signal that comes between Python's look at signals and the kernel's sleep waits for the
    end of that sleep.
    """
    (repository / "src" / package).mkdir()
    (repository / "src" / package / "__init__.py").write_text(
        f"import time\nopen('importing', 'w').close()\nfor _ in range({20 * SECONDS}):\n    time.sleep(0.1)\n", "utf-8"
    )


def interrupted(repository: Path, command: list[str], number: int) -> tuple[int, str]:
    """Exit code and stderr of a command that gets a signal when it says that it imports."""
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
        while not (repository / "importing").exists():
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < until
            time.sleep(0.01)
        os.killpg(process.pid, number)
        _, said = process.communicate(timeout=SECONDS)
    finally:
        with suppress(ProcessLookupError):  # as it should be: nobody is left
            os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, said


@pytest.mark.parametrize(("command", "package"), named(STAGES + MODEL + OTHERS))
def test_ctrl_c_while_a_command_imports_is_one_message(repository, command, package):
    slow(repository, package)
    code, said = interrupted(repository, command, signal.SIGINT)
    assert code == 130, said
    assert "Traceback" not in said
    assert said.count("error:") == said.count("error: stopped by Ctrl-C") == 1


def test_so_it_is_where_a_class_is_being_made(repository):
    """Python would end by the signal, as dataclasses and named tuples are made by an `exec` of a text."""
    made = "import signal\ndef run(seed):\n    exec('signal.raise_signal(signal.SIGINT)')\n"
    (repository / "stages/classes.py").write_text(made, encoding="utf-8")
    command = [sys.executable, "-m", "pica.stage", "classes"]
    done = subprocess.run(command, cwd=repository, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr.count("error: stopped by Ctrl-C")) == (130, 1)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_so_it_is_while_the_shell_looks_for_a_python(repository, number, code):
    """It asks each Python for a package by `-c`, which may take its time to start."""
    (repository / "src/sitecustomize.py").write_text(
        "import sys, time\nif sys.argv == ['-c']:\n    open('importing', 'w').close()\n    time.sleep(0.5)\n", "utf-8"
    )
    code_found, said = interrupted(repository, ["sh", "stages/run", "download"], number)
    assert (code_found, said.count("error: stopped by")) == (code, 1), said
    assert "Traceback" not in said


@pytest.mark.parametrize(("command", "package"), named(MODEL))
def test_so_is_sigterm(repository, command, package):
    slow(repository, package)
    code, said = interrupted(repository, command, signal.SIGTERM)
    assert code == 143, said
    assert "Traceback" not in said
    assert said.count("error:") == said.count("error: stopped by SIGTERM") == 1
