from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from pica.errors import DataError
from pica.schema import INSTRUCTION, Instruction, to_row
from pica.store import write_rows
from pica.training import tokens
from pica.training.encode import encode
from pica.training.tokens import tokenise_file

ROW = Instruction(
    task_type="text_emotion",
    dataset="moods",
    instruction="Which emotion does this text express?",
    instances=(),
    is_classification=True,
    name="moods-classification",
    id="moods/train/1#moods-classification",
    split="train",
    language="en",
    messages=(
        {"role": "user", "content": "Which emotion does this text express?\n\nWe won the cup!"},
        {"role": "assistant", "content": "joy"},
    ),
    candidates=("joy", "anger"),
)
LONG = replace(
    ROW,
    id="moods/train/2#moods-classification-0",  # about a turn, and a turn is not cut
    messages=({"role": "user", "content": "We won the cup! " * 40}, {"role": "assistant", "content": "joy"}),
)
CUT = replace(
    ROW,
    id="moods/train/3#moods-chat",
    name="moods-chat",
    instruction="Continue.",
    messages=(
        {"role": "user", "content": "Continue.\n\n" + "We won the cup! " * 40},
        {"role": "assistant", "content": "And?"},
        {"role": "user", "content": "We sang."},
        {"role": "assistant", "content": "joy"},
    ),
)


@pytest.fixture
def made(workspace, tokenizer):
    """A function that tokenises a small instruction file."""
    tokenizer.save_pretrained("base")
    write_rows(workspace / "train.parquet", map(to_row, [ROW, LONG, CUT]), INSTRUCTION)

    def make(max_length: int = 64, loss_on: str = "last_reply"):
        return tokenise_file(workspace / "train.parquet", workspace / "base", tokenizer, max_length, loss_on)

    return make


@pytest.fixture
def calls(monkeypatch):
    """The files that were tokenised, one entry each time."""
    real, seen = tokens._made, []
    monkeypatch.setattr(tokens, "_made", lambda rows, *rest: (seen.append(rows), real(rows, *rest))[1])
    return seen


def test_what_is_kept_is_what_encode_makes(made, tokenizer, workspace):
    found = made()
    later = [{"role": "user", "content": CUT.instruction}, *CUT.messages[1:]]
    expected = [encode(messages, tokenizer) for messages in (ROW.messages, later)]
    assert [(tuple(e.ids), tuple(e.labels)) for e in found] == [(e.ids, e.labels) for e in expected]
    assert found.row_ids == [ROW.id, CUT.id]
    assert found.shortened == {"moods-chat": 1}
    assert found.too_long == {"moods-classification": 1}
    assert len(list((workspace / ".pica/tokens").iterdir())) == 1


def test_the_same_rows_are_tokenised_once(made, calls):
    first, again = made(), made()
    assert len(calls) == 1
    assert [e.ids.tolist() for e in first] == [e.ids.tolist() for e in again]
    assert first.row_ids == again.row_ids
    assert (first.shortened, first.too_long) == (again.shortened, again.too_long)


def test_other_rows_settings_or_tokenizers_are_tokenised_anew(made, calls, workspace):
    made()
    made(max_length=65)
    made(loss_on="all_replies")
    config = workspace / "base/tokenizer_config.json"
    config.write_text(config.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    made()
    write_rows(workspace / "train.parquet", [to_row(ROW)], INSTRUCTION)
    assert made().too_long == {}
    assert len(calls) == 5


def test_a_damaged_file_is_made_anew(made, calls, workspace):
    expected = made().row_ids
    (file,) = (workspace / ".pica/tokens").iterdir()
    file.write_bytes(file.read_bytes()[:-20])
    assert made().row_ids == expected
    assert len(calls) == 2


def used_long_ago(folder: Path, count: int) -> list[Path]:
    """Files of earlier trainings, each used after the one before it."""
    made = [folder / f"{number:02d}.parquet" for number in range(count)]
    for number, path in enumerate(made):
        path.write_bytes(b"tokens")
        os.utime(path, (number, number))
    return made


def test_what_was_used_longest_ago_goes(made, workspace):
    made()
    folder = workspace / ".pica/tokens"
    (mine,) = folder.iterdir()
    os.utime(mine, (0, 0))
    earlier = used_long_ago(folder, 20)
    made()  # uses it again
    assert set(folder.iterdir()) == {mine, *earlier[-7:]}


def test_what_a_living_training_has_read_stays_whoever_prunes(made, workspace):
    living = made()
    folder = workspace / ".pica/tokens"
    (mine,) = folder.iterdir()
    os.utime(mine, (0, 0))
    earlier = used_long_ago(folder, 20)
    prune = f"from pathlib import Path; from pica.training.tokens import _prune; _prune(Path({str(folder)!r}))"
    subprocess.run([sys.executable, "-c", prune], check=True)
    assert set(folder.iterdir()) == {mine, *earlier[-8:]}
    del living
    subprocess.run([sys.executable, "-c", prune], check=True)
    assert set(folder.iterdir()) == set(earlier[-8:])


def test_what_a_killed_process_left_goes_after_a_day(made, workspace):
    folder = workspace / ".pica/tokens"
    for name, age in ((".old.parquet.0a1b", 2 * 24 * 3600), (".new.parquet.0a1b", 0)):
        (folder / name).mkdir(parents=True)
        os.utime(folder / name, (time.time() - age,) * 2)
    made()
    assert [path.name for path in folder.glob(".*")] == [".new.parquet.0a1b"]


def test_no_rows_are_no_tokens(made, workspace):
    write_rows(workspace / "train.parquet", [], INSTRUCTION)
    assert list(made()) == []


def test_rows_that_are_not_there_are_named(made, workspace):
    (workspace / "train.parquet").unlink()
    with pytest.raises(DataError, match=r"train\.parquet is missing"):
        made()
