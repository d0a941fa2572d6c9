"""`make`: which Python it takes, when it makes the virtual environment anew, and what `make clean` leaves alone."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.stages.imports import ROOT

# A Python of some version that makes virtual environments of itself, and whose pip says how often it was called. The
# commands in such an environment say where they are found.
PYTHON = """#!/bin/sh
case "$1$2" in
-c*) echo {version} ;;
-mvenv)
    rm -rf .venv && mkdir -p .venv/bin
    cp "$0" .venv/bin/python && cp "$0" .venv/bin/python{version}
    printf '#!/bin/sh\\necho "$0 $* by $(command -v dvc)"\\n' | tee .venv/bin/pica > .venv/bin/dvc
    chmod +x .venv/bin/* ;;
-mpip) echo "$*" >> pip.log ;;
-mpytest) echo "pytest by $(command -v dvc)" ;;
esac
"""


@pytest.fixture
def repository(tmp_path) -> Path:
    """A folder with what `make` reads, and with blanks and Chinese letters in its name."""
    folder = tmp_path / "my 数据 folder"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "constraints.txt", ".gitignore"):
        shutil.copy(ROOT / name, folder)
    return folder


def python(version: str, folder: Path, script: str = PYTHON) -> Path:
    """An interpreter `python<version>` in a folder."""
    path = folder / f"python{version}"
    path.write_text(script.format(version=version), encoding="utf-8")
    path.chmod(0o755)
    return path


def make(repository: Path, *arguments: str, code: int = 0, first: Path | None = None) -> str:
    """What `make` says; `first` is a folder whose commands are found before all others."""
    path = os.environ["PATH"] if first is None else f"{first}{os.pathsep}{os.environ['PATH']}"
    # Of a `make test PYTHON=…` that runs this, a make within it would take PYTHON over.
    own = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "PYTHON")}
    done = subprocess.run(
        ["make", *arguments],
        cwd=repository,
        env=own | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def installed(repository: Path) -> list[str]:
    """The arguments of every call of pip."""
    return (repository / "pip.log").read_text(encoding="utf-8").splitlines()


def test_it_installs_all_once_in_a_folder_with_blanks(repository):
    asked = f"PYTHON={python('3.12', repository)}"
    make(repository, "install", asked)
    make(repository, "install", asked)
    (pip,) = installed(repository)
    assert "--constraint constraints.txt" in pip
    assert ".[train,test]" in pip


def test_the_demo_installs_once_what_it_needs_and_opens_the_page(repository):
    asked = f"PYTHON={python('3.12', repository)}"
    for _ in range(2):
        assert ".venv/bin/pica demo --adapter adapters/smollm2-135m" in make(repository, "demo", asked)
    (pip,) = installed(repository)
    assert ".[train,demo]" in pip
    make(repository, "install", asked)
    assert ".[train,test]" in installed(repository)[-1]


def test_commands_are_those_of_the_virtual_environment_in_a_folder_with_blanks(repository):
    asked = f"PYTHON={python('3.12', repository)}"
    assert ".venv/bin/dvc repro by" in make(repository, "repro", asked)
    # Tests look commands up on the PATH, as users do.
    assert f"by {repository}/.venv/bin/dvc" in make(repository, "test", asked)


def test_another_version_that_is_asked_for_is_installed_anew(repository):
    make(repository, "install", f"PYTHON={python('3.11', repository)}")
    make(repository, "install", f"PYTHON={python('3.13', repository)}")
    assert sorted(path.name for path in (repository / ".venv/bin").glob("python3*")) == ["python3.13"]
    assert len(installed(repository)) == 2


def test_unasked_the_virtual_environment_that_is_there_stays(repository, tmp_path):
    make(repository, "install", f"PYTHON={python('3.11', repository)}")
    python("3.13", tmp_path)
    make(repository, "install", first=tmp_path)
    assert len(installed(repository)) == 1


def test_unasked_the_newest_that_runs_makes_the_virtual_environment(repository, tmp_path):
    python("3.13", tmp_path, script="#!/bin/sh\nexit 127\n")  # as pyenv's name for a version that is switched off
    python("3.12", tmp_path)
    python("3.11", tmp_path)
    make(repository, "install", first=tmp_path)
    assert (repository / ".venv/bin/python3.12").exists()


def test_a_virtual_environment_that_is_too_old_is_made_anew(repository, tmp_path):
    old = repository / ".venv/bin/python"
    old.parent.mkdir(parents=True)
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    python("3.13", tmp_path)
    make(repository, "install", first=tmp_path)
    assert (repository / ".venv/bin/python3.13").exists()


def test_a_python_that_does_not_run_is_one_message_and_takes_nothing_away(repository):
    make(repository, "install", f"PYTHON={python('3.12', repository)}")
    said = make(repository, "install", "PYTHON=python3.99", code=2)
    assert "needs Python 3.11 or newer" in said
    assert "python3.99" in said
    assert (repository / ".venv/bin/python3.12").exists()


def test_clean_takes_what_git_does_not_keep_and_nothing_else(repository):
    for folder in ("data", "models", "metrics", "tables", "plots", "reports", ".venv", "src"):
        (repository / folder).mkdir()
        (repository / folder / "made").touch()
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@localhost", "-C", str(repository)]
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "all"]):
        subprocess.run([*git, *command], check=True)
    make(repository, "clean")
    status = subprocess.run([*git, "status", "--porcelain", "--ignored"], capture_output=True, text=True, check=True)
    assert status.stdout == ""
