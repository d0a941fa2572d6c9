from __future__ import annotations

import os

import pytest
import torch

from pica.errors import ModelError
from pica.training.checkpoint import Checkpoint, Checkpoints, Identity

MINE = Identity(parameters="p", data="d", code="c")


def state(number: int) -> Checkpoint:
    return Checkpoint({"weights/a": torch.full((2, 2), float(number))}, {"step": number, "best": float("inf")})


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(tmp_path, MINE)


def test_the_latest_comes_back_as_it_was(checkpoints):
    for step in (5, 10):
        checkpoints.save(step, state(step))
    found = checkpoints.latest()
    assert found.facts == state(10).facts
    assert torch.equal(found.tensors["weights/a"], state(10).tensors["weights/a"])


def test_two_are_kept(checkpoints):
    for step in (5, 10, 15):
        checkpoints.save(step, state(step))
    assert [path.name for path in sorted(checkpoints.folder.glob("*.safetensors"))] == [
        "00000010.safetensors",
        "00000015.safetensors",
    ]


def test_there_is_none_before_the_first(checkpoints):
    assert checkpoints.latest() is None


@pytest.mark.parametrize("position", [0, 9, 60, -1])
def test_one_flipped_byte_and_the_one_before_it_serves(checkpoints, position, capsys):
    for step in (5, 10):
        checkpoints.save(step, state(step))
    path = checkpoints.folder / "00000010.safetensors"
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)
    assert checkpoints.latest().facts["step"] == 5
    assert "00000010 is damaged" in capsys.readouterr().err
    assert not path.exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"sha256": 1}', b"\xff"])
def test_a_damaged_manifest_is_no_checkpoint(checkpoints, content, capsys):
    checkpoints.save(5, state(5))
    (checkpoints.folder / "00000005.json").write_bytes(content)
    assert checkpoints.latest() is None
    assert "damaged" in capsys.readouterr().err


def test_without_its_manifest_it_is_not_there(checkpoints):
    checkpoints.save(5, state(5))
    (checkpoints.folder / "00000005.json").unlink()
    assert checkpoints.latest() is None


def test_a_full_disk_leaves_the_one_before(checkpoints, monkeypatch):
    checkpoints.save(5, state(5))

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        checkpoints.save(10, state(10))
    assert checkpoints.latest().facts["step"] == 5


@pytest.mark.parametrize("changed", ["parameters", "data", "code"])
def test_those_of_another_training_are_removed_and_why_is_said(tmp_path, changed, capsys):
    others = Checkpoints(tmp_path, MINE)
    others.save(5, state(5))
    others.close()
    mine = Checkpoints(tmp_path, Identity(**{"parameters": "p", "data": "d", "code": "c", changed: "other"}))
    assert mine.latest() is None
    assert not others.folder.exists()
    assert f"of other {changed}, so training does not go on from them" in capsys.readouterr().err


def test_those_of_a_living_training_stay(tmp_path, checkpoints, capsys):
    checkpoints.save(5, state(5))
    Checkpoints(tmp_path, Identity("other", "d", "c"))
    assert checkpoints.latest().facts["step"] == 5
    assert capsys.readouterr().err == ""


def test_the_same_training_twice_at_once_is_refused(tmp_path, checkpoints):
    with pytest.raises(ModelError, match="running already"):
        Checkpoints(tmp_path, MINE)


def test_nothing_is_left_when_a_run_ends_well(tmp_path, checkpoints):
    checkpoints.save(5, state(5))
    checkpoints.clear()
    assert list(tmp_path.iterdir()) == []
    Checkpoints(tmp_path, MINE)
