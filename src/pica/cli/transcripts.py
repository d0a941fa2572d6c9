"""`pica transcripts FILE`: user turns from a file, answered turn by turn, as Markdown with the state beside them."""

from __future__ import annotations

import argparse
from pathlib import Path

from pica.cli.ask import add_model, written_file
from pica.cli.chat import seed
from pica.workspace import from_here


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "transcripts", help="user turns from a file, answered: Markdown with the state by turn"
    )
    command.add_argument("file", type=from_here, metavar="FILE", help="dialogues as in docs/dialogues.yaml")
    command.add_argument(
        "--out", type=written_file, default=Path("transcripts.md"), metavar="FILE", help="transcripts.md"
    )
    command.add_argument("--seed", type=seed, default=1)
    add_model(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Answer all turns with the tuned model and with its base, and write both side by side."""
    from pica.chat.dialogues import read_dialogues

    dialogues = read_dialogues(options.file)

    from pica.chat.loading import load_chatbot  # torch, which takes seconds, after the file was read
    from pica.chat.transcripts import write_transcripts
    from pica.inference.decoding import Decoding

    bot = load_chatbot(options.base, options.adapter)
    turns = write_transcripts(bot, dialogues, options.out, Decoding(temperature=0, seed=options.seed))
    print(f"{turns} turns of {len(dialogues)} dialogues in {options.out}")
