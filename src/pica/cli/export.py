"""`pica export --format FORMAT --out FOLDER`: the instruction set for other trainers."""

from __future__ import annotations

import argparse
from pathlib import Path

from pica.params import load
from pica.stage import PARAMS
from pica.workspace import from_here

INSTRUCTIONS = Path("data/instructions")
DECLARED = Path("data/declared.json")


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    command = commands.add_parser("export", help="the instruction set for LLaMA-Factory, TRL and others")
    command.add_argument(
        "--format", choices=("alpaca", "sharegpt", "messages", "seed"), required=True, help="seed: PICA's six columns"
    )
    command.add_argument(
        "--out", type=from_here, required=True, metavar="FOLDER", help="a folder that is not there yet"
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Write the folder, and say how many rows are in it."""
    from pica.corpora import declared_at
    from pica.export import export

    if DECLARED.is_file():
        declared_at(DECLARED)
    counts = export(INSTRUCTIONS, options.format, options.out, load(PARAMS).source)
    print(f"{sum(counts.values()):,} rows in {options.out}; README.md there says what they are.")
