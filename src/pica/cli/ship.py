"""`pica ship NAME`: the trained adapter with what talking to it takes, as adapters/NAME, small enough for Git.

pica ship smollm2-135m
adapters/smollm2-135m: 5.2 MB. `pica chat --adapter adapters/smollm2-135m` talks to it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

ADAPTER, ADAPTERS, RESULTS = Path("models/adapter"), Path("adapters"), Path("docs/results")


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    command = commands.add_parser("ship", help="the adapter with its tables and scores, to hand on: adapters/NAME")
    command.add_argument("name", metavar="NAME", help="that of its scores, which `pica results --keep NAME` kept")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Write the folder, and say how large it is."""
    from pica.chat import shipped
    from pica.params import load
    from pica.results.model_run import card_scores

    folder = ADAPTERS / options.name
    scores = card_scores(RESULTS / options.name, ADAPTER)
    transcript = folder / shipped.TRANSCRIPT
    stale = transcript.is_file() and not shipped.is_of(folder, ADAPTER)
    shipped.ship(ADAPTER, folder, load(Path("params.yaml")), scores)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder}: {size / 1e6:.1f} MB. `pica chat --adapter {folder}` talks to it.")
    if stale:
        print(
            f"{transcript} was of the adapter before and is gone: `pica transcripts docs/ten_turns.yaml --adapter "
            f"{folder} --out {transcript}` makes it anew."
        )
