"""base_model: a model folder in the Hugging Face layout at models/base, trained here or fetched."""

from __future__ import annotations

from pathlib import Path

from pica.params import Model
from pica.schema import INSTRUCTION, Instruction
from pica.store import atomic_folder, read_rows
from pica.training import scratch
from pica.training.origin import Origin
from pica.training.pretrained import fetch, is_scratch

TRAIN = Path("data/instructions/train.parquet")
BASE = Path("models/base")


def run(model: Model, seed: int) -> None:
    """Make the tiny base from the training text, copy the hub's or a local one, or convert a GGUF file."""
    with atomic_folder(BASE) as out:
        if not is_scratch(model):
            fetch(model, out)
            return
        instructions = [Instruction.from_row(row) for row in read_rows(TRAIN, INSTRUCTION)]
        made, tokenizer = scratch.train_from_scratch(instructions, model.scratch, seed)
        made.save_pretrained(out)
        tokenizer.save_pretrained(out)
        Origin(model.source).write(out)
