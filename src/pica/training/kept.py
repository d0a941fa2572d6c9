"""The folder of a run that can be killed: what it goes on from, and nothing else ever does.

    .pica/checkpoints/3f0c…/identity.json   what the run is: hashes of its parameters, data and code
                            lock            held while the run is alive
                            finished        there when the run has ended well
                            …               what the run keeps: see checkpoint.py, and pica/inference/work.py

The next run of the kind removes what a finished one has left, and keeps what the last few killed ones go on from. The
folders lie outside DVC's outputs, which DVC deletes before each run.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from pica.errors import ModelError
from pica.store import file_sha256

# Of how many other runs that were killed the folders stay: enough for a queue that a power cut has ended.
_OTHERS = 4
_IDENTITY, _LOCK, _FINISHED = "identity.json", "lock", "finished"


@dataclass(frozen=True, slots=True)
class RunKey:
    """What a run is made of, as hashes: only the same of all three may go on from what it has left."""

    parameters: str
    data: str
    code: str

    @property
    def fingerprint(self) -> str:
        """The name of the run's folder."""
        return hashlib.sha256("".join(asdict(self).values()).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Kind:
    """What messages call a run: its stage, what it does, and what it keeps."""

    stage: str
    work: str
    keeps: str

    def say(self, message: str) -> None:
        """A line for the person who waits, beside the progress bars."""
        print(f"{self.stage}: {message}", file=sys.stderr, flush=True)


class RunFolder:
    """The folder of one run, below that of all runs of its kind."""

    def __init__(self, root: Path, identity: RunKey, wait: bool, kind: Kind) -> None:
        """Take the run's folder, and remove what finished runs and all but the last few killed ones have left.

        Args:
            wait: where the same run is alive in another process, wait until it ends, and go on from what it left.

        Raises:
            ModelError: it is alive, and not to be waited for.
        """
        self.folder = root / identity.fingerprint
        self._kind = kind
        self._lock = self._taken(wait)
        write_whole(self.folder / _IDENTITY, json.dumps(asdict(identity), indent=2).encode())
        others = [path for path in root.iterdir() if path.is_dir() and path != self.folder]
        for age, other in enumerate(sorted(others, key=_last_used, reverse=True)):
            _prune(other, identity, age < _OTHERS, kind)

    def finish(self) -> None:
        """The run has ended well: the next one may remove its folder. Until then, should what follows it be killed, it
        goes on from its end."""
        (self.folder / _FINISHED).touch()

    def close(self) -> None:
        """Let go of the folder; a process that is killed does so too."""
        os.close(self._lock)

    def _taken(self, wait: bool) -> int:
        """The lock of the run's folder, which another run may remove until it is locked."""
        while True:
            self.folder.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                lock = _locked(self.folder, wait, self._kind)
                if lock is None:
                    raise ModelError(
                        f"this very {self._kind.work} is running already: it holds {self.folder}. Wait for it, or "
                        "stop it."
                    )
                if os.path.samestat(os.fstat(lock), (self.folder / _LOCK).stat()):
                    return lock
                os.close(lock)


def digest(parts: Iterable[str]) -> str:
    """One hash of several texts."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def files(paths: Iterable[Path]) -> list[str]:
    """The name and the hash of each file."""
    return [f"{path.name} {file_sha256(path)}" for path in paths]


def libraries(names: Sequence[str]) -> list[str]:
    """The name and the version of each package."""
    return [f"{name} {version(name)}" for name in names]


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file whole, and on the disk before the next one is begun."""
    temporary = path.with_name(f".{path.name}")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _locked(folder: Path, wait: bool, kind: Kind) -> int | None:
    """An open file that holds the folder's lock until it is closed or the process ends.

    None when another holds it and is not to be waited for.

    Raises:
        FileNotFoundError: there is no such folder.
    """
    lock = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if not wait:
            os.close(lock)
            return None
        kind.say(f"this very {kind.work} is running already: it holds {folder}. Waits for it, to take what it comes to")
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def _last_used(folder: Path) -> float:
    try:
        return (folder / _IDENTITY).stat().st_mtime
    except OSError:
        return 0.0


def _prune(folder: Path, identity: RunKey, keep: bool, kind: Kind) -> None:
    """Remove another run's folder if that run has ended well, or if it was killed and is not to be kept.

    What differs from this run is said where someone might expect it to go on from there.
    """
    try:
        lock = _locked(folder, False, kind)
    except FileNotFoundError:  # yet another run has removed it
        return
    if lock is None:  # alive
        return
    finished = (folder / _FINISHED).exists()
    if not finished:
        what = " and ".join(_differences(folder, identity)) or "runs"
        then = "they stay for that one" if keep else "they are removed"
        kind.say(f"{folder} holds {kind.keeps} of other {what}, so {kind.work} does not go on from them; {then}")
    if finished or not keep:
        shutil.rmtree(folder, ignore_errors=True)  # that run may be beginning anew
    os.close(lock)


def _differences(folder: Path, identity: RunKey) -> list[str]:
    try:
        theirs = json.loads((folder / _IDENTITY).read_text(encoding="utf-8"))
        return [name for name, mine in asdict(identity).items() if theirs.get(name) != mine]
    except (OSError, ValueError, AttributeError):
        return []
