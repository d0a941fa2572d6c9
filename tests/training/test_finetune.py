from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from pica.errors import DataError, ModelError
from pica.schema import INSTRUCTION, to_row
from pica.store import read_json, write_rows
from pica.training import adapter as adapters
from pica.training.config import Config, dump
from pica.training.finetune import ADAPTER, LOG, METRICS, REJECTED, SPEED, finetune, identity
from tests.training.conftest import instruction

# Runs the core as on a GPU box that has only what it trains with: the rest of what the pipeline needs is not found.
ALONE = """
import runpy, sys
from importlib.machinery import PathFinder

class Finder(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        absent = {"dvc", "hydra", "omegaconf", "datasets", "pydantic", "pandas", "sklearn"}
        return None if name.partition(".")[0] in absent else super().find_spec(name, path, target)

sys.meta_path = [Finder if finder is PathFinder else finder for finder in sys.meta_path]
runpy.run_module("pica.training", run_name="__main__")
"""


def with_train(config: Config, **values) -> Config:
    return replace(config, train=replace(config.train, **values))


def log(config: Config) -> list[dict]:
    return [json.loads(line) for line in (Path(config.out) / LOG).read_text(encoding="utf-8").splitlines()]


def weights(config: Config) -> dict[str, torch.Tensor]:
    return load_file(Path(config.out) / ADAPTER / "adapter_model.safetensors")


def test_twice_the_same(config):
    finetune(config)
    again = replace(config, out=f"{config.out}-again", checkpoints=f"{config.checkpoints}-again")
    finetune(again)
    for name in (f"{ADAPTER}/adapter_model.safetensors", METRICS, LOG):
        assert (Path(config.out) / name).read_bytes() == (Path(again.out) / name).read_bytes()


def test_what_a_run_came_to(config):
    config = with_train(config, epochs=6)
    finetune(config)
    metrics, entries = read_json(Path(config.out) / METRICS), log(config)
    losses = [entry["loss"] for entry in entries if "loss" in entry]
    validated = {entry["step"]: entry["validation_loss"] for entry in entries if "validation_loss" in entry}
    assert losses[-1] < losses[0] / 2
    assert len(losses) == metrics["steps"]
    assert len(validated) == config.train.epochs
    assert metrics["validation_loss"] == pytest.approx(min(validated.values()), abs=1e-6)
    assert validated[metrics["best_step"]] == min(validated.values())
    assert metrics["rows"] == 30
    assert read_json(Path(config.out) / SPEED)["tokens_per_second"] > 0


def a_long_turn():
    """A question about a turn; of a text, words of its middle would go."""
    return replace(instruction(999, "so long a text " * 60, "joy"), id="made/train/999#classification-0")


def test_rows_that_are_cut_or_too_long_are_counted_by_view(config, rows):
    long = a_long_turn()
    said = ({"role": "assistant", "content": "And?"}, {"role": "user", "content": "We sang."})
    cut = replace(long, id="made/train/998#made-chat", name="made-chat")
    cut = replace(cut, messages=(long.messages[0], *said, long.messages[1]))
    write_rows(Path(config.rows), map(to_row, [*rows, long, cut]), INSTRUCTION)
    write_rows(Path(config.validation), map(to_row, [*rows[::5], long]), INSTRUCTION)
    finetune(with_train(config, epochs=1))
    metrics = read_json(Path(config.out) / METRICS)
    assert metrics["rows"] == len(rows) + 1
    assert metrics["shortened"] == {"rows": 1, "made-chat": 1}
    assert metrics["too_long"] == {"rows": 1, "made-classification": 1}
    assert metrics["validation_too_long"] == 1


def test_rows_that_cannot_be_trained_are_counted_and_named(config, rows, capsys):
    empty = [replace(instruction(n, "We won.", " "), id=f"made/train/{n}#x") for n in range(900, 905)]
    write_rows(Path(config.rows), map(to_row, [*rows, *empty]), INSTRUCTION)
    write_rows(Path(config.validation), map(to_row, [*rows[::5], empty[0]]), INSTRUCTION)
    finetune(with_train(config, epochs=1))
    metrics = read_json(Path(config.out) / METRICS)
    assert metrics["rows"] == len(rows)
    assert metrics["rejected"] == {"rows": 5, "made-classification": 5}
    assert metrics["validation_rejected"] == 1
    assert metrics["too_long"] == {"rows": 0}
    told = read_json(Path(config.out) / REJECTED)
    assert [fault.partition(":")[0] for fault in told] == [row.id for row in [*empty, empty[0]]]
    said = capsys.readouterr().err
    assert "made/train/900#x: no token to train" in said
    assert "and 3 more" in said


@pytest.mark.parametrize("name", ["rows", "validation"])
def test_rows_that_can_none_be_trained_are_an_error(config, name):
    write_rows(Path(getattr(config, name)), [to_row(instruction(1, "We won.", " "))], INSTRUCTION)
    with pytest.raises(ModelError, match=r"no (training|validation) row can be trained .* made/train/1.*: no token"):
        finetune(config)


def test_rows_that_are_all_too_long_are_an_error(config):
    with pytest.raises(ModelError, match=r"no training row fits into train\.max_length=16"):
        finetune(with_train(config, max_length=16))


def test_validation_rows_that_are_all_too_long_are_an_error(config):
    long = a_long_turn()
    write_rows(Path(config.validation), [to_row(long)], INSTRUCTION)
    with pytest.raises(ModelError, match=r"no validation row fits into train\.max_length=128"):
        finetune(config)


def test_without_validation_rows_the_last_weights_are_kept(config):
    write_rows(Path(config.validation), [], INSTRUCTION)
    finetune(config)
    metrics = read_json(Path(config.out) / METRICS)
    assert metrics["validation_loss"] is None
    assert metrics["best_step"] == metrics["steps"]


@pytest.mark.parametrize("name", ["rows", "validation"])
def test_a_missing_file_is_one_clear_error(config, name):
    Path(getattr(config, name)).unlink()
    with pytest.raises(DataError, match="is missing"):
        finetune(config)


def test_a_failed_run_can_be_run_again(config):
    with pytest.raises(ModelError):
        finetune(with_train(config, lr=1e30))
    finetune(with_train(config, epochs=1))


def test_liger_without_a_gpu_is_one_clear_error(config):
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(ModelError, match=r"train\.liger=true needs a GPU"):
        finetune(with_train(config, liger=True))


def test_other_processes_than_asked_for_are_one_clear_error(config):
    with pytest.raises(ModelError, match=r"train\.processes=2, and there are 1\. Start it as `accelerate launch"):
        finetune(with_train(config, processes=2))


def test_too_little_memory_is_one_clear_error(config, monkeypatch):
    def attach(*given):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nmore")

    monkeypatch.setattr(adapters, "attach", attach)
    with pytest.raises(ModelError, match=r"Tried to allocate 2\.00 GiB\.\)\. Lower train\.batch_tokens"):
        finetune(config)


def test_gradient_checkpointing_changes_memory_not_weights(config):
    finetune(with_train(config, epochs=1))
    plain = weights(config)
    finetune(with_train(config, epochs=1, gradient_checkpointing=True))
    for name, weight in weights(config).items():
        torch.testing.assert_close(weight, plain[name], rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["rows", "validation", "base", "train", "adapter", "seed"])
def test_another_training_has_another_identity(config, name):
    before = identity(config)
    if name in ("rows", "validation"):
        write_rows(Path(getattr(config, name)), [to_row(instruction(1, "another", "joy"))], INSTRUCTION)
    elif name == "base":
        (Path(config.base) / "tokenizer_config.json").write_text("{}", encoding="utf-8")
    elif name == "seed":
        config = replace(config, seed=4)
    elif name == "train":
        config = with_train(config, lr=1e-3)
    else:
        config = replace(config, adapter=replace(config.adapter, alpha=9))
    after = identity(config)
    data = name in ("rows", "validation", "base")
    assert (after.data != before.data, after.parameters != before.parameters) == (data, not data)
    assert after.code == before.code


def test_the_same_content_elsewhere_has_the_same_identity(config, tmp_path):
    moved = Path(config.rows).rename(tmp_path / "moved.parquet")
    Path(config.rows).with_name("train.parquet").write_bytes(moved.read_bytes())
    assert identity(replace(config, rows=str(moved))) == identity(config)


def test_the_core_trains_without_the_pipelines_libraries(config, tmp_path):
    dump(with_train(config, epochs=1), tmp_path / "config.yaml")
    command = [sys.executable, "-c", ALONE, str(tmp_path / "config.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (Path(config.out) / ADAPTER / "adapter_model.safetensors").is_file()


@pytest.mark.parametrize("fault", ["no such config", "a file where its folder should be"])
def test_the_commands_error_is_one_message(config, tmp_path, fault):
    if fault != "no such config":
        (tmp_path / "taken").touch()
        dump(replace(config, out=str(tmp_path / "taken/out")), tmp_path / "config.yaml")
    done = subprocess.run(
        [sys.executable, "-m", "pica.training", str(tmp_path / "config.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: ")
    assert "Traceback" not in done.stderr
