"""`pica merge`: the adapter merged into its base, a model folder that needs no peft."""

from __future__ import annotations

import argparse
from pathlib import Path

from pica.cli.ask import add_model
from pica.errors import ModelError
from pica.workspace import from_here

# What both models are asked, to compare their logits.
_ASKED = (
    "What is the emotion of this text? Options: joy, anger, sadness, fear.\n\nThe bread burnt again.",
    "Reply to the other person.\n\nI failed my driving test, and I do not dare to tell my father.",
    "下面这段文字的情绪是什么？选项有：高兴、愤怒、悲伤、害怕。\n\n面包又烤焦了。",
)


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    command = commands.add_parser("merge", help="the adapter into its base: a model that needs no peft")
    command.add_argument("--out", type=from_here, default=Path("models/merged"), metavar="FOLDER", help="models/merged")
    add_model(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Merge, and say how far the merged model's logits are from those of base and adapter."""
    if options.adapter is None:
        raise ModelError("there is nothing to merge without an adapter. Give its folder with --adapter.")
    from pica.cards import merged_card
    from pica.chat.loading import base_folder  # torch and peft, which take seconds
    from pica.training.merge import merge
    from pica.training.template import user

    base = base_folder(options.base, options.adapter)
    chats = [[user(text)] for text in _ASKED]
    merged = merge(base, options.adapter, options.out, chats, merged_card(options.adapter))
    print(
        f"{options.out}: {merged.dtype}. Its logits differ from those of base and adapter by {merged.exact:.2g}, "
        f"rounded to that dtype by {merged.rounded:.2g}."
    )
