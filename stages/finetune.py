"""finetune: instructions and base → models/adapter, metrics/train.json, and the curves in plots/training."""

from __future__ import annotations

import json
import os
from pathlib import Path

from dvclive import Live

from pica.cards import CARD, adapter_card
from pica.settings import Adapter, Train
from pica.stage import main
from pica.store import atomic_path, read_json, write_json
from pica.training import finetune as core
from pica.training.config import Config
from pica.training.launch import launch
from pica.workspace import STATE, repository

TRAIN = Path("data/instructions/train.parquet")
VALIDATION = Path("data/instructions/validation.parquet")
SOURCES = Path("data/instructions/sources.json")
BASE = Path("models/base")
LAUNCHERS = Path("conf/accelerate")
ADAPTER = Path("models/adapter")
METRICS = Path("metrics/train.json")
CURVES = Path("plots/training")
SPEED = "speed.json"


def run(train: Train, adapter: Adapter, seed: int) -> None:
    """Train the adapter, from the last checkpoint if this very training was killed."""
    out = STATE / "finetune"
    checkpoints = repository() / STATE / "checkpoints"
    launch(Config(str(TRAIN), str(VALIDATION), str(BASE), str(out), str(checkpoints), seed, adapter, train), LAUNCHERS)
    card = adapter_card(BASE, adapter, train, seed, read_json(SOURCES), read_json(out / core.METRICS))
    (out / core.ADAPTER / CARD).write_text(card, encoding="utf-8")
    with atomic_path(ADAPTER) as temporary:
        os.replace(out / core.ADAPTER, temporary)
    with atomic_path(CURVES) as temporary:
        _write_curves(out / core.LOG, temporary)
        # Seconds differ from run to run, so they are no metric; the report shows them.
        write_json(temporary / SPEED, read_json(out / core.SPEED))
    write_json(METRICS, read_json(out / core.METRICS))


def _write_curves(log: Path, folder: Path) -> None:
    """The log of a training as DVCLive's curves, a file each."""
    # dvcyaml=None: DVCLive would rewrite the hand-written dvc.yaml.
    with Live(str(folder), dvcyaml=None, report=None, save_dvc_exp=False, monitor_system=False) as live:
        for line in log.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            live.step = entry.pop("step")
            for name, value in entry.items():
                live.log_metric(name, value)
        live.make_summary()


if __name__ == "__main__":
    main(run)
