from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
import torch

from pica.errors import ModelError
from pica.training.checkpoint import Checkpoint, Checkpoints
from pica.training.kept import RunKey

MINE = RunKey(parameters="p", data="d", code="c")


def state(number: int) -> Checkpoint:
    return Checkpoint({"weights/a": torch.full((2, 2), float(number))}, {"step": number, "best": float("inf")})


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(tmp_path, MINE, wait=False)


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
def test_those_of_another_training_stay_for_it_and_what_differs_is_said(tmp_path, changed, capsys):
    others = Checkpoints(tmp_path, MINE, wait=False)
    others.save(5, state(5))
    others.close()
    mine = Checkpoints(tmp_path, RunKey(**{"parameters": "p", "data": "d", "code": "c", changed: "other"}), wait=False)
    assert mine.latest() is None
    assert f"of other {changed}, so training does not go on from them" in capsys.readouterr().err
    mine.close()
    assert Checkpoints(tmp_path, MINE, wait=False).latest().facts["step"] == 5


def test_of_many_killed_trainings_the_last_few_stay(tmp_path, capsys):
    for number in range(7):
        other = Checkpoints(tmp_path, RunKey(f"{number}", "d", "c"), wait=False)
        other.save(5, state(5))
        os.utime(other.folder / "identity.json", (number, number))
        other.close()
    Checkpoints(tmp_path, MINE, wait=False)
    left = {json.loads((path / "identity.json").read_text())["parameters"] for path in tmp_path.iterdir()}
    assert left == {"3", "4", "5", "6", "p"}
    assert "they are removed" in capsys.readouterr().err


def test_a_strange_file_beside_them_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    Checkpoints(tmp_path, MINE, wait=False)
    assert (tmp_path / "notes.txt").exists()


def test_those_of_a_living_training_stay(tmp_path, checkpoints, capsys):
    checkpoints.save(5, state(5))
    Checkpoints(tmp_path, RunKey("other", "d", "c"), wait=False)
    assert checkpoints.latest().facts["step"] == 5
    assert capsys.readouterr().err == ""


def test_the_same_training_twice_at_once_is_refused_where_it_cannot_wait(tmp_path, checkpoints):
    with pytest.raises(ModelError, match="running already"):
        Checkpoints(tmp_path, MINE, wait=False)


@pytest.fixture
def waiting(tmp_path, checkpoints, capsys) -> Iterator[Future[Checkpoints]]:
    """The same training once more, when it has begun to wait for the first."""
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(Checkpoints, tmp_path, MINE, wait=True)
        try:
            while not (said := capsys.readouterr().err) and not second.done():
                time.sleep(0.001)
            assert "Waits for it" in said
            yield second
        finally:
            if not second.done():
                checkpoints.close()


def test_the_same_training_waits_for_the_first_and_goes_on_from_its_last_step(checkpoints, waiting):
    checkpoints.save(5, state(5))
    checkpoints.finish()
    assert not waiting.done()
    checkpoints.close()
    assert waiting.result().latest().facts["step"] == 5


def test_a_folder_that_goes_away_while_it_waits_is_made_anew(tmp_path, checkpoints, waiting):
    shutil.rmtree(checkpoints.folder)  # as a third training does with what the first has left
    checkpoints.close()
    second = waiting.result()
    second.save(5, state(5))
    assert second.latest().facts["step"] == 5
    with pytest.raises(ModelError, match="running already"):
        Checkpoints(tmp_path, MINE, wait=False)


def test_what_a_finished_training_has_left_serves_itself_alone(tmp_path, checkpoints, capsys):
    checkpoints.save(5, state(5))
    checkpoints.finish()
    checkpoints.close()
    again = Checkpoints(tmp_path, MINE, wait=False)
    assert again.latest().facts["step"] == 5
    again.close()
    other = Checkpoints(tmp_path, RunKey("other", "d", "c"), wait=False)
    assert list(tmp_path.iterdir()) == [other.folder]
    assert capsys.readouterr().err == ""
