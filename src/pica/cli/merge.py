"""`pica merge`: the adapter merged into its base, a model folder that needs no peft."""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path

from pica.store import read_rows
from pica.workspace import from_here

TRAIN = Path("data/instructions/train.parquet")
BASE = Path("models/base")
ADAPTER = Path("models/adapter")


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    command = commands.add_parser("merge", help="the adapter into its base: a model that needs no peft")
    command.add_argument("--out", type=from_here, default=Path("models/merged"), metavar="FOLDER", help="models/merged")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Merge, and say how far the merged model's logits are from those of base and adapter."""
    from pica.cards import merged_card
    from pica.schema import INSTRUCTION
    from pica.training.merge import merge  # torch and peft, which take seconds

    rows = islice(read_rows(TRAIN, INSTRUCTION, columns=["messages"]), 4)
    chats = [row["messages"][:-1] for row in rows]
    merged = merge(BASE, ADAPTER, options.out, chats, merged_card(ADAPTER))
    print(
        f"{options.out}: {merged.dtype}. Its logits differ from those of base and adapter by {merged.exact:.2g}, "
        f"rounded to that dtype by {merged.rounded:.2g}."
    )
