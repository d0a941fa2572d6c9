"""`pica corpora [show | count]`: the datasets, one row of one at every stage, and counts of the raw files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pica.params import load
from pica.stage import PARAMS

FILTERED = Path("data/filtered")
BASE = Path("models/base")


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command and those under it."""
    command = commands.add_parser(
        "corpora", help="the datasets: their views, rows, licences, and whether they are here"
    )
    command.add_argument(
        "--markdown", choices=("en", "zh"), nargs="?", const="en", help="the README's table, in English or Chinese"
    )
    command.set_defaults(run=run)
    about = command.add_subparsers(metavar="about")

    command = about.add_parser("show", help="one row of a dataset at every stage, from raw to trained tokens")
    command.add_argument("dataset", help="meld")
    command.add_argument("--id", help="meld/train/12; without it, a row that has the most views")
    command.set_defaults(run=show)

    command = about.add_parser("count", help="rows and labels by split, as the readers find them in the raw files")
    command.add_argument("datasets", nargs="*", help="meld esconv; without any, all whose files are here")
    command.set_defaults(run=count)


def run(options: argparse.Namespace) -> None:
    """The table of datasets."""
    from pica.cli import catalogue, terminal  # with the readers of 26 datasets and the sources

    if options.markdown:
        print(catalogue.markdown(options.markdown))
        return
    source = load(PARAMS).source
    _print(terminal.catalogue(catalogue.entries(source, FILTERED), f"source={source.kind}"))


def show(options: argparse.Namespace) -> None:
    """One row at every stage."""
    from pica.cli import terminal, trace
    from pica.corpora import corpus
    from pica.prompts import render
    from pica.training.segments import segments, tokenizer_of

    params = load(PARAMS)
    found = trace.trace_row(corpus(options.dataset), params, options.id)
    rows = {view.name: render(example) for view, example, _ in found.views if example}
    if tokenizer := tokenizer_of(BASE):
        chats = {name: segments(row, tokenizer, params.train.loss_on) for name, row in rows.items()}
        note = ""
    else:
        chats = {name: terminal.answer_alone(row) for name, row in rows.items()}
        note = f"{BASE} is not there, so this is the answer, not its tokens. `dvc repro base_model` makes it."
    _print(terminal.trace(found, chats, note))


def count(options: argparse.Namespace) -> None:
    """Rows and labels of raw files."""
    from pica.cli import catalogue, terminal, trace
    from pica.corpora import catalogue as all_corpora
    from pica.corpora import corpus
    from pica.sources.raw import is_available

    source = load(PARAMS).source
    asked = [corpus(name) for name in options.datasets]
    for each in asked or [c for c in all_corpora().values() if is_available(c, source)]:
        with trace.raw_files(each, source) as folder:
            _print(terminal.counts(each.name, catalogue.count_statistics(each.read(folder))))


def _print(what: object) -> None:
    """To the terminal in colour and as wide as it is; piped, plain, and wide enough for a table."""
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else 200, highlight=False).print(what)
