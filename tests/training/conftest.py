"""A training small enough to run within a second or two: made-up rows, a base with random weights, and its config."""

from __future__ import annotations

from pathlib import Path

import pytest

from pica.schema import INSTRUCTION, Instruction, to_row
from pica.settings import Adapter, Train
from pica.store import write_rows
from pica.training.config import Config

TRAIN = Train(
    epochs=2,
    lr=1e-2,
    batch_tokens=256,
    batch_rows=0,
    max_length=128,
    warmup=0.1,
    weight_decay=0.0,
    loss_on="last_reply",
    validate_every=0,
    patience=0,
    checkpoint_every=0,
    gradient_checkpointing=False,
    liger=False,
    processes=1,
    launcher="ddp",
)
LORA = Adapter(kind="lora", r=4, alpha=8, dropout=0.0, targets="all-linear", virtual_tokens=None)


@pytest.fixture(autouse=True)
def _somewhere_else(tmp_path, monkeypatch):
    """A training keeps its tokens below the current folder: not in this repository, whose own they would mix with."""
    monkeypatch.chdir(tmp_path)


_REQUEST = "Which emotion does this text express? Choose one of: joy, anger, fear."
_MOODS = {"joy": ("won the cup", "is singing"), "anger": ("cut the hedge", "broke the cup"), "fear": ("saw a wolf",)}
_PEOPLE = ("Ana", "Bo", "Cyril", "Di", "Edwina", "Flo")


def instruction(number: int, text: str, answer: str) -> Instruction:
    """A row of the instruction set."""
    return Instruction(
        task_type="text_emotion",
        dataset="made",
        instruction=_REQUEST,
        instances=({"input": text, "output": answer},),
        is_classification=True,
        name="made-classification",
        id=f"made/train/{number}#made-classification",
        split="train",
        language="en",
        messages=({"role": "user", "content": f"{_REQUEST}\n\n{text}"}, {"role": "assistant", "content": answer}),
        candidates=tuple(_MOODS),
    )


@pytest.fixture
def rows() -> list[Instruction]:
    """Thirty rows of several lengths, and as many in a batch as do not divide by two."""
    said = [
        (f"{who} {deed}! " * (1 + len(who) % 3), mood)
        for mood, deeds in _MOODS.items()
        for deed in deeds
        for who in _PEOPLE
    ]
    return [instruction(number, text.strip(), mood) for number, (text, mood) in enumerate(said)]


@pytest.fixture
def folder(model, tokenizer, tmp_path) -> Path:
    """A base folder as base_model writes it."""
    model.save_pretrained(tmp_path / "base")
    tokenizer.save_pretrained(tmp_path / "base")
    return tmp_path / "base"


@pytest.fixture
def config(rows, folder, tmp_path) -> Config:
    """A training of these rows on that base."""
    write_rows(tmp_path / "train.parquet", map(to_row, rows), INSTRUCTION)
    write_rows(tmp_path / "validation.parquet", map(to_row, rows[::5]), INSTRUCTION)
    return Config(
        rows=str(tmp_path / "train.parquet"),
        validation=str(tmp_path / "validation.parquet"),
        base=str(folder),
        out=str(tmp_path / "out"),
        checkpoints=str(tmp_path / "checkpoints"),
        seed=3,
        adapter=LORA,
        train=TRAIN,
    )
