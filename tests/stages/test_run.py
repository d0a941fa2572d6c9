"""`stages/run` finds a Python with the packages: DVC's own, that of an activated environment, or the repository's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stages.clone import clone
from tests.stages.imports import ROOT

# A PATH without this environment.
BARE = {"PATH": "/usr/bin:/bin", "VIRTUAL_ENV": "", "CONDA_PREFIX": ""}


def test_dvc_by_its_path_runs_stages_in_its_own_python_in_a_folder_of_any_name(tmp_path):
    made = clone(tmp_path / "有 空格的文件夹", "experiment=smoke")
    made.run(str(Path(sys.executable).parent / "dvc"), "repro", "download", **BARE)
    assert any((made.path / "data/raw/meld").iterdir())


@pytest.fixture
def stage(tmp_path) -> Path:
    """A folder whose stages say which Python they run in, and with what."""
    (tmp_path / "stages").mkdir()
    shutil.copy(ROOT / "stages/run", tmp_path / "stages/run")
    (tmp_path / "src/pica").mkdir(parents=True)
    (tmp_path / "src/pica/__init__.py").touch()
    (tmp_path / "src/pica/stage.py").write_text(
        "import os, sys\nprint(sys.executable, os.environ['PYTHONPATH'], *sys.argv[1:], sep='\\n')\n", "utf-8"
    )
    return tmp_path


def without_python_above(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the stage as a DVC does that is no Python program, through its shell."""
    nested = ["sh", "-c", "sh -c \"sh stages/run which 'a b'; exit \\$?\"; exit $?"]
    return subprocess.run(nested, cwd=folder, env=os.environ | BARE | env, capture_output=True, text=True, check=False)


def test_a_dvc_that_lives_alone_uses_the_python_of_the_activated_environment(stage):
    done = without_python_above(stage, PATH=f"{Path(sys.executable).parent}:/usr/bin:/bin")
    assert done.stdout.splitlines()[1:] == ["src", "which", "a b"]
    assert Path(done.stdout.splitlines()[0]).parent == Path(sys.executable).parent


def test_or_that_of_the_repository_also_for_its_copy_in_an_experiment(stage):
    (stage / ".venv").symlink_to(sys.prefix)
    for root in (stage, stage / ".dvc/tmp/exps/tmp0a1b2c"):
        done = without_python_above(stage, DVC_ROOT=str(root))
        assert done.stdout.splitlines()[1:] == ["src", "which", "a b"], done.stderr


def test_without_any_it_says_what_to_do(stage):
    done = without_python_above(stage)
    assert done.returncode == 1
    assert "`make install`" in done.stderr
