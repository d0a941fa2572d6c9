from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pica.errors import ParamsError
from pica.training.config import Config, dump, load
from tests.training.conftest import LORA, TRAIN

CONFIG = Config("rows", "validation", "base", "out", "checkpoints", seed=3, adapter=LORA, train=TRAIN)


def problem(path: Path) -> str:
    with pytest.raises(ParamsError) as caught:
        load(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def written(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_config_survives_its_file(tmp_path):
    dump(CONFIG, tmp_path / "config.yaml")
    assert load(tmp_path / "config.yaml") == CONFIG


@pytest.mark.parametrize(
    ("section", "key", "value", "said"),
    [
        ("train", "lrr", 1, "train.lrr: unknown key"),
        ("train", "lr", None, "train.lr: should be a finite number, written with a point (0.0002, 2.0e-4), found None"),
        ("train", "lr", "2e-4", "train.lr: should be a finite number, written with a point (0.0002, 2.0e-4)"),
        ("train", "lr", 0, "train.lr: should be greater than 0, found 0"),
        ("train", "lr", math.nan, "train.lr: should be a finite number"),
        ("train", "epochs", True, "train.epochs: should be a whole number, found True"),
        ("train", "epochs", 1.0, "train.epochs: should be a whole number, found 1.0"),
        ("train", "max_length", 15, "train.max_length: should be greater than or equal to 16, found 15"),
        ("train", "liger", 1, "train.liger: should be true or false, found 1"),
        ("train", "launcher", "mpi", "train.launcher: should be one of ddp, fsdp, deepspeed, found 'mpi'"),
        ("adapter", "dropout", 1.0, "adapter.dropout: should be less than 1, found 1.0"),
        (None, "seed", -1, "seed: should be greater than or equal to 0, found -1"),
        (None, "base", 7, "base: should be text, found 7"),
        (None, "train", "fast", "train: should be a mapping of epochs, lr"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, section, key, value, said):
    values = asdict(CONFIG)
    (values[section] if section else values)[key] = value
    assert said in problem(written(tmp_path, yaml.safe_dump(values)))


def test_missing_keys_are_named_all_at_once(tmp_path):
    values = asdict(CONFIG)
    del values["seed"], values["train"]["lr"]
    said = problem(written(tmp_path, yaml.safe_dump(values)))
    assert "seed: missing" in said
    assert "train.lr: missing" in said


@pytest.mark.parametrize(
    ("text", "said"), [("a: [", "not readable YAML"), ("", "the file: should be a mapping of rows"), ("- a", "mapping")]
)
def test_a_file_that_is_no_config_is_said(tmp_path, text, said):
    assert said in problem(written(tmp_path, text))


def test_a_missing_file_is_said(tmp_path):
    assert "is missing" in problem(tmp_path / "config.yaml")


@settings(max_examples=60)
@given(
    lines=st.lists(
        st.one_of(st.text(max_size=12), st.sampled_from(yaml.safe_dump(asdict(CONFIG)).splitlines())), max_size=8
    )
)
def test_any_text_is_a_config_or_one_message(lines):
    with TemporaryDirectory() as folder, pytest.raises(ParamsError):  # a handful of lines lacks most keys
        load(written(Path(folder), "\n".join(lines)))
