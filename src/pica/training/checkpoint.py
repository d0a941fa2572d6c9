"""Checkpoints of a run: what a killed training goes on from, and nothing else ever does.

    .pica/checkpoints/3f0c…/identity.json           what the run is: hashes of its parameters, data and code
                            lock                    held while the run is alive
                            00000400.safetensors    weights, best weights, optimizer, log, and where the run stands
                            00000400.json           {"sha256": …}, written last: without it, there is no checkpoint
                            finished                there when the run has ended well

The next training removes what a finished one has left, and keeps what the last few killed ones go on from. They lie
outside DVC's outputs, which DVC deletes before each run. Only tensors and JSON are read, never a pickle.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save

from pica.errors import ModelError

# The newest, and the one before it, should the newest be damaged.
_KEPT = 2
# Of how many other trainings that were killed the checkpoints stay: enough for a queue that a power cut has ended.
_OTHERS = 4
_IDENTITY, _LOCK, _FINISHED = "identity.json", "lock", "finished"


@dataclass(frozen=True, slots=True)
class RunKey:
    """What a run is made of, as hashes: only the same of all three may go on from a checkpoint."""

    parameters: str
    data: str
    code: str

    @property
    def fingerprint(self) -> str:
        """The name of the run's folder."""
        return hashlib.sha256("".join(asdict(self).values()).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A run at the end of a step: tensors by name, and `facts`, which JSON can hold."""

    tensors: Mapping[str, torch.Tensor]
    facts: Mapping[str, Any]


class Checkpoints:
    """The checkpoints of one run, in a folder of its own below `root`."""

    def __init__(self, root: Path, identity: RunKey, wait: bool) -> None:
        """Take the run's folder, and remove what finished runs and all but the last few killed ones have left.

        Args:
            wait: where the same run is alive in another process, wait until it ends, and go on from what it left.

        Raises:
            ModelError: it is alive, and not to be waited for.
        """
        self.folder = root / identity.fingerprint
        self._lock = self._taken(wait)
        _write(self.folder / _IDENTITY, json.dumps(asdict(identity), indent=2).encode())
        others = [path for path in root.iterdir() if path.is_dir() and path != self.folder]
        for age, other in enumerate(sorted(others, key=_last_used, reverse=True)):
            _prune(other, identity, keep=age < _OTHERS)

    def save(self, step: int, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint; it is there whole, or not at all, whenever the process is killed."""
        content = save(dict(checkpoint.tensors), metadata={"facts": json.dumps(checkpoint.facts)})
        _write(self.folder / f"{step:08d}.safetensors", content)
        _write(self.folder / f"{step:08d}.json", json.dumps({"sha256": hashlib.sha256(content).hexdigest()}).encode())
        for manifest in self._manifests()[:-_KEPT]:
            _remove(manifest)

    def latest(self) -> Checkpoint | None:
        """The newest checkpoint that is whole; None when there is none. Those that are not are said and removed."""
        for manifest in reversed(self._manifests()):
            if (found := _read(manifest)) is not None:
                return found
            say(f"the checkpoint {manifest.with_suffix('')} is damaged, so it is not used")
            _remove(manifest)
        return None

    def finish(self) -> None:
        """The run has ended well: the next one may remove its folder. Until then, should what follows the training be
        killed, it goes on from its last step."""
        (self.folder / _FINISHED).touch()

    def close(self) -> None:
        """Let go of the folder; a process that is killed does so too."""
        os.close(self._lock)

    def _taken(self, wait: bool) -> int:
        """The lock of the run's folder, which another training may remove until it is locked."""
        while True:
            self.folder.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                lock = _locked(self.folder, wait)
                if lock is None:
                    raise ModelError(
                        f"this very training is running already: it holds {self.folder}. Wait for it, or stop it."
                    )
                if os.path.samestat(os.fstat(lock), (self.folder / _LOCK).stat()):
                    return lock
                os.close(lock)

    def _manifests(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*.json"))


def say(message: str) -> None:
    """A line for the person who waits, beside the progress bars."""
    print(f"finetune: {message}", file=sys.stderr, flush=True)


def _read(manifest: Path) -> Checkpoint | None:
    path = manifest.with_suffix(".safetensors")
    try:
        expected = json.loads(manifest.read_text(encoding="utf-8"))["sha256"]
        with path.open("rb") as content:
            if hashlib.file_digest(content, "sha256").hexdigest() != expected:
                return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    with safe_open(path, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no mapping)
        return Checkpoint(tensors, json.loads(file.metadata()["facts"]))


def _remove(manifest: Path) -> None:
    # The manifest first, since a checkpoint without one is none.
    manifest.unlink()
    manifest.with_suffix(".safetensors").unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
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


def _locked(folder: Path, wait: bool = False) -> int | None:
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
        say(f"this very training is running already: it holds {folder}. Waits for it, to take what it comes to")
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def _last_used(folder: Path) -> float:
    try:
        return (folder / _IDENTITY).stat().st_mtime
    except OSError:
        return 0.0


def _prune(folder: Path, identity: RunKey, keep: bool) -> None:
    """Remove another run's folder if that run has ended well, or if it was killed and is not to be kept.

    What differs from this run is said where someone might expect it to go on from there.
    """
    try:
        lock = _locked(folder)
    except FileNotFoundError:  # yet another run has removed it
        return
    if lock is None:  # alive
        return
    finished = (folder / _FINISHED).exists()
    if not finished:
        what = " and ".join(_differences(folder, identity)) or "runs"
        then = "they stay for that one" if keep else "they are removed"
        say(f"{folder} holds checkpoints of other {what}, so training does not go on from them; {then}")
    if finished or not keep:
        shutil.rmtree(folder, ignore_errors=True)  # that run may be beginning anew
    os.close(lock)


def _differences(folder: Path, identity: RunKey) -> list[str]:
    try:
        theirs = json.loads((folder / _IDENTITY).read_text(encoding="utf-8"))
        return [name for name, mine in asdict(identity).items() if theirs.get(name) != mine]
    except (OSError, ValueError, AttributeError):
        return []
