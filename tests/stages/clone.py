"""A copy of the repository to run DVC in: what Git tracks or would track, committed, with small parameters.

Without what was run in it last: no dvc.lock, no metrics, and params.yaml as conf/ composes it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from tests.defaults import defaults
from tests.isolation import LEFT_BY_RUNS
from tests.stages.imports import ROOT


@dataclass(frozen=True)
class Clone:
    """A repository in a temporary folder."""

    path: Path

    def run(self, *command: str, code: int | None = 0, **env: str) -> str:
        """The output of a command, stdout and stderr together; fails unless it exits with `code`."""
        done = subprocess.run(
            command, cwd=self.path, env=self.env(**env), capture_output=True, text=True, timeout=1800, check=False
        )
        output = done.stdout + done.stderr
        assert code is None or done.returncode == code, output
        return output

    def env(self, **more: str) -> dict[str, str]:
        """The environment of an activated virtual environment."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return os.environ | {"PATH": path} | more

    def commit(self, message: str) -> None:
        """Commit all that Git does not ignore."""
        self.run("git", "add", "--all")
        self.run(
            "git",
            "-c",
            "user.name=test",
            "-c",
            "user.email=test@localhost",
            "commit",
            "--quiet",
            "--allow-empty",
            "-m",
            message,
        )


def clone(path: Path, *overrides: str) -> Clone:
    """Copy the repository to `path`, with params.yaml composed with `overrides`, and commit it."""
    return _begun(_copied(path), *overrides)


def small(path: Path, systems: Sequence[str] = tuple(defaults().systems)) -> Clone:
    """Likewise, but conf/ composes the smoke experiment with these systems, without being asked to."""
    made = _copied(path)
    config, listed = (made.path / "conf" / name for name in ("config.yaml", "systems/default.yaml"))
    config.write_text(config.read_text(encoding="utf-8").replace("experiment: null", "experiment: smoke"), "utf-8")
    known = yaml.safe_load(listed.read_text(encoding="utf-8"))
    listed.write_text(yaml.safe_dump({name: known[name] for name in systems}, sort_keys=False), "utf-8")
    return _begun(made)


def _copied(path: Path) -> Clone:
    for name in _listed():
        if (ROOT / name).is_file() and Path(name).parts[0] not in {"tests", *LEFT_BY_RUNS}:
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, path / name)
    return Clone(path)


def _begun(made: Clone, *overrides: str) -> Clone:
    made.run("pica", "compose", *overrides)
    made.run("git", "init", "--quiet")
    made.commit("copy")
    return made


def link_environment(path: Path) -> None:
    """A virtual environment at `path`/.venv that is this one, and that `make` finds up to date.

    With its `pyvenv.cfg` and `lib`: an interpreter without them beside it is the one it was made from, which may have
    no packages.
    """
    (path / ".venv").mkdir()
    for part in Path(sys.prefix).iterdir():
        if not part.name.startswith("installed"):
            (path / ".venv" / part.name).symlink_to(part)
    (path / ".venv" / "installed-{}.{}".format(*sys.version_info)).touch()


def _listed() -> list[str]:
    """What Git tracks or would track; a folder from "Download ZIP" has no Git of its own, so one is lent to it."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    with TemporaryDirectory() as lent:
        if not (ROOT / ".git").exists():
            subprocess.run(["git", "init", "--quiet", "--bare", lent], check=True)
            command[1:1] = [f"--git-dir={lent}", f"--work-tree={ROOT}"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return list(filter(None, listed.split("\0")))
