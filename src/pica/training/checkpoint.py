"""Checkpoints of a run: what a killed training goes on from, and nothing else ever does.

    .pica/checkpoints/3f0c…/00000400.safetensors    weights, best weights, optimizer, log, and where the run stands
                            00000400.json           {"sha256": …}, written last: without it, there is no checkpoint
                            …                       what every run that can be killed has there: see kept.py

Only tensors and JSON are read, never a pickle.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save

from pica.training.kept import Kind, RunFolder, RunKey, write_whole

# The newest, and the one before it, should the newest be damaged.
_KEPT = 2
_TRAINING = Kind("finetune", "training", "checkpoints")

# A line for the person who waits, beside the progress bars.
say = _TRAINING.say


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A run at the end of a step: tensors by name, and `facts`, which JSON can hold."""

    tensors: Mapping[str, torch.Tensor]
    facts: Mapping[str, Any]


class Checkpoints(RunFolder):
    """The checkpoints of one run, in a folder of its own below `root`."""

    def __init__(self, root: Path, identity: RunKey, wait: bool) -> None:
        """As a `RunFolder` of trainings."""
        super().__init__(root, identity, wait, _TRAINING)

    def save(self, step: int, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint; it is there whole, or not at all, whenever the process is killed."""
        content = save(dict(checkpoint.tensors), metadata={"facts": json.dumps(checkpoint.facts)})
        write_whole(self.folder / f"{step:08d}.safetensors", content)
        write_whole(
            self.folder / f"{step:08d}.json", json.dumps({"sha256": hashlib.sha256(content).hexdigest()}).encode()
        )
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

    def _manifests(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*.json"))


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
