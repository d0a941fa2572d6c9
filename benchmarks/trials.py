"""Short trainings that choose the numbers of `experiment=smollm2`: learning rate, rank of LoRA, rows of a view.

    OMP_WAIT_POLICY=passive GOMP_SPINCOUNT=1000 PYTHONPATH=src python benchmarks/trials.py \\
        --instructions data/instructions --base models/base --name smollm2-135m

    learning rate   rank   rows of a view   rows   tokens   steps   weights     validation loss   minutes
            0.002      4                6    246   34 512      35   1 221 120             1.842       3.1
    …

Each trial is one epoch of the first rows of each view, by a hash of their ids, with this project's own loop and the
schedule of the long training. One number changes at a time, against the first trial. The loss is that of the validation
rows after the last step, in nats: the mean over rows of their loss a trained token. Test rows play no part.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq
import torch
from report import keep, machine
from transformers import logging

from pica.sampling import sample_each
from pica.settings import Adapter
from pica.training import adapter as adapters
from pica.training import base as bases
from pica.training import precision
from pica.training.encode import Encoded
from pica.training.loop import Schedule, train
from pica.training.tokens import Tokens, tokenise_file

BATCH_TOKENS, MAX_LENGTH, WARMUP, SEED = 1024, 256, 0.1, 42


@dataclass(frozen=True)
class Trial:
    """What is tried."""

    lr: float
    r: int
    rows_per_view: int


@dataclass(frozen=True)
class Result:
    """What came of it. `weights` are those of the adapter."""

    trial: Trial
    rows: int
    tokens: int
    steps: int
    weights: int
    validation_loss: float
    minutes: float


def trials(rows: int) -> list[Trial]:
    """The settings of `experiment=smollm2`, and one number changed at a time."""
    ours = Trial(2e-3, 4, rows)
    rates = [replace(ours, lr=lr) for lr in (5e-4, 1e-3, 4e-3)]
    ranks = [replace(ours, r=r) for r in (2, 8, 16)]
    return [ours, *rates, *ranks, replace(ours, rows_per_view=2 * rows)]


def run(trial: Trial, known: Tokens, views: Sequence[str], held_out: Tokens, base: Path) -> Result:
    """One trial."""
    places = list(zip(views, known.row_ids, strict=True))
    chosen = set(sample_each(places, trial.rows_per_view, SEED))
    picked = [i for i, place in enumerate(places) if place in chosen]
    examples: list[Encoded] = [known[i] for i in picked]
    model, tokenizer = bases.load(base)
    settings = Adapter("lora", r=trial.r, alpha=2 * trial.r, dropout=0.0, targets="all-linear", virtual_tokens=None)
    torch.manual_seed(SEED)
    model = adapters.attach(model, settings)
    schedule = Schedule(1, trial.lr, BATCH_TOKENS, WARMUP, weight_decay=0.0, seed=SEED, validate_every=1 << 30)
    names = [known.row_ids[i] for i in picked]
    done = train(model, examples, names, tokenizer.pad_token_id, schedule, held_out).progress
    weights = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return Result(trial, len(examples), done.tokens, done.step, weights, done.best_loss, done.seconds / 60)


def table(results: Sequence[Result]) -> str:
    """In Markdown."""
    lines = [
        "| learning rate | rank | rows of a view | rows | tokens | steps | weights | validation loss | minutes |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {r.trial.lr:g} | {r.trial.r} | {r.trial.rows_per_view} | {r.rows:,} | {r.tokens:,} | {r.steps} "
        f"| {r.weights:,} | {r.validation_loss:.3f} | {r.minutes:.1f} |"
        for r in results
    ]
    return "\n".join(lines)


def main() -> None:
    """Try all, print the table after each, write the results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--instructions", type=Path, default=Path("data/instructions"), help="folder of the stage")
    parser.add_argument("--base", type=Path, default=Path("models/base"))
    parser.add_argument("--name", default="tiny", help="what the results are called: trials-<name>.json")
    parser.add_argument("--rows-per-view", type=int, default=6)
    given = parser.parse_args()
    logging.set_verbosity_error()
    tokenizer = bases.load_tokenizer(given.base)
    train_rows = given.instructions / "train.parquet"
    known, held_out = (
        tokenise_file(path, given.base, tokenizer, MAX_LENGTH, "last_reply")
        for path in (train_rows, given.instructions / "validation.parquet")
    )
    names = pq.read_table(train_rows, columns=["id", "name"])
    view = dict(zip(names["id"].to_pylist(), names["name"].to_pylist(), strict=True))
    views = [view[id] for id in known.row_ids]
    results: list[Result] = []
    for trial in trials(given.rows_per_view):
        results.append(run(trial, known, views, held_out, given.base))
        facts = {
            **machine("torch", "transformers", "peft"),
            **{
                "precision": precision.name(bases.size(given.base)),
                "seed": SEED,
                "batch_tokens": BATCH_TOKENS,
                "max_length": MAX_LENGTH,
            },
            "validation_rows": len(held_out),
        }
        made = [asdict(result) for result in results]
        keep(f"trials-{given.name}", table(results), facts, results=made)


if __name__ == "__main__":
    main()
