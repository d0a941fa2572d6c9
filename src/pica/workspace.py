"""Where the repository is, also from inside a queued experiment, and where fetched files stay."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

# What stages keep between runs (checkpoints, tokens); neither Git nor DVC looks at it.
STATE = Path(".pica")


def repository(here: Path | None = None) -> Path:
    """The user's repository: the folder with `.dvc`.

    `dvc exp run --queue` and `--temp` work in a copy under `.dvc/tmp/exps/…`, which holds neither a relative mirror
    folder nor what Git ignores. Paths that a user gave relative to the repository are resolved against this one.
    """
    here = (here or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if folder.parts[-3:-1] == ("tmp", "exps") and folder.parts[-4] == ".dvc":
            return folder.parents[3]
    return next((folder for folder in (here, *here.parents) if (folder / ".dvc").is_dir()), here)


def from_here(path: str) -> Path:
    """A path that a command was given, which means the same after `enter_repository`."""
    return Path(path) if Path("params.yaml").exists() else Path(path).absolute()


def enter_repository() -> None:
    """Go up to the folder with dvc.yaml when this one is inside it, and say so; an experiment's copy is one, too."""
    here = Path.cwd()
    if (here / "params.yaml").exists():
        return
    root = next((folder for folder in (here, *here.parents) if (folder / "dvc.yaml").is_file()), here)
    if root != here:
        print(f"in {root}:", file=sys.stderr)
        os.chdir(root)


def cache_folder() -> Path:
    """Where fetched files stay, one a sha256: `$PICA_HOME/files`, by default `~/.cache/pica/files`."""
    return Path(os.environ.get("PICA_HOME", Path.home() / ".cache" / "pica")).expanduser() / "files"


def speed_of(metrics: Path) -> Path:
    """Where, in the repository, the speed of the training with these metrics is kept.

    The name holds a hash of the metrics, so that a report which DVC brings back does not show the speed of another run.
    """
    return STATE / "speed" / f"{hashlib.sha256(metrics.read_bytes()).hexdigest()[:16]}.txt"


def resolve_path(path: str) -> Path:
    """A path that a user gave in the parameters, absolute; `~` is the home folder."""
    return (repository() / Path(path).expanduser()).resolve()
