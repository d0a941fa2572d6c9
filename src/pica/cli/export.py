"""`pica export --format FORMAT --out FOLDER`: the instruction set for other trainers."""

from __future__ import annotations

import argparse
from pathlib import Path

from pica.params import Params, load
from pica.stage import PARAMS
from pica.workspace import from_here

INSTRUCTIONS = Path("data/instructions")
BASE = Path("models/base")
LM_EVAL = "lm-eval"


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "export", help="the instruction set for LLaMA-Factory, TRL and others, or for lm-eval"
    )
    command.add_argument(
        "--format",
        choices=("alpaca", "sharegpt", "messages", "seed", LM_EVAL),
        required=True,
        help="seed: PICA's six columns; lm-eval: test rows as tasks of lm-evaluation-harness",
    )
    command.add_argument(
        "--out", type=from_here, required=True, metavar="FOLDER", help="a folder that is not there yet"
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Write the folder, and say how many rows are in it."""
    params = load(PARAMS)
    if options.format == LM_EVAL:
        _tasks(options.out, params)
        return
    from pica.corpora import declared_by_run
    from pica.export import export

    declared_by_run(Path())
    counts = export(INSTRUCTIONS, options.format, options.out, params.source)
    print(f"{sum(counts.values()):,} rows in {options.out}; README.md there says what they are.")


def _tasks(out: Path, params: Params) -> None:
    from pica.export.lm_eval import export_tasks

    made = export_tasks(INSTRUCTIONS / "test.parquet", BASE, out, params.evaluate, params.seed)
    left = "".join(f" {rows:,} left out: {why}." for why, rows in made.left_out.items())
    rows = sum(made.rows.values())
    print(f"{rows:,} rows of {len(made.rows)} views in {out}; README.md there says how to run them.{left}")
