"""A training that is killed at random moments comes to the weights and the curve of one that is not."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from pica.training.config import Config
from pica.training.finetune import ADAPTER, LOG, METRICS, finetune

# Ten were asked for, and are run by hand: PICA_KILLS=10 pytest tests/training/test_resume.py
KILLS = int(os.environ.get("PICA_KILLS", "2"))


@pytest.fixture
def config(config) -> Config:
    """A training of some seconds, with dropout, whose checkpoints come fast."""
    train = replace(config.train, epochs=12, validate_every=7, checkpoint_every=2)
    return replace(config, train=train, adapter=replace(config.adapter, dropout=0.1))


def start(config: Config) -> multiprocessing.Process:
    """The training in a process of its own, which has loaded torch before it starts; what it says goes to a file."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pica.training.finetune"])
    process = context.Process(target=_run, args=(config,))
    process.start()
    return process


def _run(config: Config) -> None:
    with said(config).open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), sys.stderr.fileno())
    finetune(config)


def said(config: Config) -> Path:
    """Where the last process of a training speaks to."""
    return Path(f"{config.out}.err")


def files(config: Config) -> dict[str, bytes]:
    names = (f"{ADAPTER}/adapter_model.safetensors", LOG, METRICS)
    return {name: (Path(config.out) / name).read_bytes() for name in names}


def kill(config: Config, after: float) -> int:
    """Start the training and kill it with -9 some seconds after it has taken a step more; its last step then."""
    log = Path(config.out) / LOG
    before = log.read_bytes().count(b"\n") if log.exists() else 0
    process = start(config)
    while process.is_alive() and (not log.exists() or log.read_bytes().count(b"\n") <= before):
        time.sleep(0.001)
    time.sleep(after)
    process.kill()
    process.join()
    return process.exitcode


def test_kills_change_nothing(config):
    undisturbed = replace(config, out=f"{config.out}-undisturbed", checkpoints=f"{config.checkpoints}-undisturbed")
    process = start(undisturbed)
    process.join()
    assert process.exitcode == 0
    draw = random.Random(11)
    killed = [kill(config, draw.uniform(0, 0.3)) for _ in range(KILLS)]
    assert killed == [-9] * KILLS, "it had ended before"
    process = start(config)
    process.join()
    assert process.exitcode == 0
    assert files(config) == files(undisturbed)
    assert "finetune: goes on from step" in said(config).read_text(encoding="utf-8")


def test_a_kill_after_the_last_step_costs_no_training(config, capfd):
    config = replace(config, train=replace(config.train, epochs=2))
    finetune(config)
    before = files(config)
    shutil.rmtree(config.out)  # as the stage would leave it, killed before its outputs are in place
    finetune(config)
    assert files(config) == before
    assert ", its last" in capfd.readouterr().err


def test_a_changed_parameter_starts_clean_and_says_so(config, capfd):
    kill(config, 0.1)
    changed = replace(config, seed=4)
    finetune(changed)
    message = capfd.readouterr().err
    assert "holds checkpoints of other parameters, so training does not go on from them" in message
    assert "goes on from" not in message
