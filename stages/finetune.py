"""finetune: instructions and base → models/adapter, metrics/train.json, and the curves in plots/training.

How fast it was goes to .pica/speed, where the report finds it: seconds differ from run to run, and what DVC hashes must
not.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from pica.cards import CARD, adapter_card
from pica.settings import Adapter, Train
from pica.store import atomic_path, read_json, write_json, write_table
from pica.training import finetune as core
from pica.training.config import Config
from pica.training.launch import launch
from pica.workspace import STATE, repository, speed_of

TRAIN = Path("data/instructions/train.parquet")
VALIDATION = Path("data/instructions/validation.parquet")
SOURCES = Path("data/instructions/sources.json")
BASE = Path("models/base")
LAUNCHERS = Path("conf/accelerate")
ADAPTER = Path("models/adapter")
METRICS = Path("metrics/train.json")
LOSS = Path("plots/training/loss.csv")
VALIDATION_LOSS = Path("plots/training/validation_loss.csv")

# What is trained and chosen by, a mean over examples; and the mean over tokens, in which long answers weigh more.
_LOSSES = ("loss", "loss_per_token")


def run(train: Train, adapter: Adapter, seed: int) -> None:
    """Train the adapter, from the last checkpoint if this very training was killed."""
    out = STATE / "finetune"
    checkpoints = repository() / STATE / "checkpoints"
    launch(Config(str(TRAIN), str(VALIDATION), str(BASE), str(out), str(checkpoints), seed, adapter, train), LAUNCHERS)
    made = out / core.ADAPTER
    card = adapter_card(BASE, adapter, train, seed, read_json(SOURCES), read_json(out / core.METRICS), made)
    (made / CARD).write_text(card, encoding="utf-8")
    with atomic_path(ADAPTER) as temporary:
        os.replace(made, temporary)
    _write_curves(out / core.LOG)
    write_json(METRICS, read_json(out / core.METRICS))
    _write_speed(read_json(out / core.SPEED))


def _write_curves(log: Path) -> None:
    """The log of a training as tables, which `dvc plots` draws."""
    entries = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    write_table(LOSS, [entry for entry in entries if "loss" in entry], ["step", *_LOSSES, "lr", "grad_norm"])
    validations = [entry for entry in entries if "validation_loss" in entry]
    write_table(VALIDATION_LOSS, validations, ["step", *(f"validation_{name}" for name in _LOSSES)])


def _write_speed(speed: Mapping[str, float]) -> None:
    """A line a figure, in the user's repository also from a queued experiment, whose folder goes away."""
    with atomic_path(repository() / speed_of(METRICS)) as temporary:
        temporary.write_text("".join(f"{name:<26}{value:>12,}\n" for name, value in speed.items()), encoding="utf-8")
