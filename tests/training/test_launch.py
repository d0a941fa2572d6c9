"""Two processes come to the weights of one, and none outlives the one that started them."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import get_args, get_type_hints

import psutil
import pytest
import torch
import yaml
from accelerate import DeepSpeedPlugin
from accelerate.commands.config import load_config_from_file
from safetensors.torch import load_file

from pica.errors import ModelError
from pica.settings import Train
from pica.training.config import Config, dump
from pica.training.finetune import ADAPTER, LOG, METRICS, finetune
from pica.training.launch import launch
from pica.training.loop import no_dataloader
from tests.stages.imports import ROOT

CONFIGS = ROOT / "conf/accelerate"

# Sums of floats in another order; measured: 3e-7 after some 50 steps.
TOLERANCE = 1e-5


@pytest.fixture
def config(config) -> Config:
    """A training that is still far from its end when it has written its first checkpoint."""
    return replace(config, train=replace(config.train, epochs=6))


@pytest.fixture
def two(config) -> Config:
    """Two processes, in a place of their own."""
    train = replace(config.train, processes=2, checkpoint_every=2)
    return replace(config, train=train, out=f"{config.out}-two")


def assert_same(one: Config, two: Config) -> None:
    """The same adapter and the same curve, within the tolerance."""
    there = load_file(Path(two.out) / ADAPTER / "adapter_model.safetensors")
    for name, weight in load_file(Path(one.out) / ADAPTER / "adapter_model.safetensors").items():
        torch.testing.assert_close(there.pop(name), weight, rtol=0, atol=TOLERANCE)
    assert there == {}
    curves = [(Path(c.out) / LOG).read_text(encoding="utf-8").splitlines() for c in (one, two)]
    for mine, theirs in zip(*curves, strict=True):
        assert json.loads(mine) == pytest.approx(json.loads(theirs), rel=1e-3)
    metrics = [json.loads((Path(c.out) / METRICS).read_text(encoding="utf-8")) for c in (one, two)]
    assert metrics[0]["trainable_parameters"] == metrics[1]["trainable_parameters"]


def workers(config: Config) -> list[psutil.Process]:
    """The processes of a training that are alive, whoever their parent is."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        mine = f"{config.out}/config.yaml" in (process.info["cmdline"] or ())
        if mine and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def wait(until, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.2)  # a look at all processes takes as long as a step of theirs


@pytest.mark.parametrize("launcher", ["ddp", "fsdp"])
def test_killed_it_leaves_no_process_and_goes_on_to_the_weights_of_one(config, two, launcher, capfd):
    two = replace(two, train=replace(two.train, launcher=launcher))
    starter = multiprocessing.get_context("forkserver").Process(target=launch, args=(two, CONFIGS))
    starter.start()
    wait(lambda: len(workers(two)) == 3)  # accelerate's launcher and two that train
    wait(lambda: list(Path(two.checkpoints).glob("*/[0-9]*.json")))
    starter.kill()
    wait(lambda: not workers(two), seconds=20)
    launch(two, CONFIGS)
    assert "finetune: goes on from step" in capfd.readouterr().err
    finetune(config)
    assert_same(config, two)


STARTER = """
import sys
from pathlib import Path
from pica.errors import report_errors

with report_errors():
    from pica.training.config import load
    from pica.training.launch import launch

    launch(load(Path(sys.argv[1])), Path(sys.argv[2]))
"""


def test_ctrl_c_is_one_message_of_all_processes_and_leaves_none(two, tmp_path):
    dump(two, tmp_path / "two.yaml")
    with (tmp_path / "said").open("w") as said:
        command = [sys.executable, "-c", STARTER, "two.yaml", str(CONFIGS)]
        starter = subprocess.Popen(command, stderr=said, cwd=tmp_path, start_new_session=True)
    wait(lambda: len(workers(two)) == 3)
    os.killpg(starter.pid, signal.SIGINT)
    assert starter.wait(timeout=20) == 130
    wait(lambda: not workers(two), seconds=20)
    said = (tmp_path / "said").read_text(encoding="utf-8")
    assert "Traceback" not in said
    assert said.count("error:") == said.count("error: stopped by Ctrl-C") == 1


def test_processes_that_fail_are_one_clear_error(two, tmp_path):
    with pytest.raises(ModelError, match="the training in 2 processes failed"):
        launch(two, tmp_path / "no-such-folder")


@pytest.mark.parametrize("name", get_args(get_type_hints(Train)["launcher"]))
def test_accelerate_knows_every_key_of_a_launchers_file(name):
    kinds = {"ddp": "MULTI_GPU", "fsdp": "FSDP", "deepspeed": "DEEPSPEED"}
    assert load_config_from_file(str(CONFIGS / f"{name}.yaml")).distributed_type == kinds[name]


def test_deepspeed_needs_no_dataloader():
    """accelerate asks for one where this is left to be read off it, and the loop has none."""
    file = yaml.safe_load((CONFIGS / "deepspeed.yaml").read_text(encoding="utf-8"))["deepspeed_config"]
    plugin = DeepSpeedPlugin(zero_stage=file["zero_stage"], gradient_clipping=file["gradient_clipping"])
    assert plugin.is_auto("train_micro_batch_size_per_gpu")
    no_dataloader(plugin)
    assert not plugin.is_auto("train_micro_batch_size_per_gpu")


def test_every_launcher_has_its_file_and_no_file_is_left_over():
    assert {path.stem for path in CONFIGS.iterdir()} == set(get_args(get_type_hints(Train)["launcher"]))
