"""`pica corpora [show | count | new | check]`: the datasets, rows and counts of them, and ways to one of your own."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pica.errors import DataError
from pica.params import Source, load
from pica.stage import PARAMS
from pica.workspace import from_here

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

    command = about.add_parser("new", help="look at data of your own and write the YAML that declares it")
    command.add_argument("data", type=_data, help="a file, owner/name on the hub, or a folder in the hub's layout")
    command.set_defaults(run=new)

    command = about.add_parser("check", help="what a run would make of a dataset: rows, labels, rejections, leaks")
    command.add_argument("dataset", type=_dataset, help="diary, or the YAML file that declares it")
    command.set_defaults(run=check)


def _data(given: str) -> str:
    """A file or a folder as `from_here` has it, the name of a dataset of the hub as it is."""
    path = Path(given).expanduser()
    return str(from_here(str(path))) if path.exists() else given


def _dataset(given: str) -> str:
    """A YAML file as `from_here` has it, the name of a dataset as it is."""
    return str(from_here(str(Path(given).expanduser()))) if given.endswith(".yaml") else given


def run(options: argparse.Namespace) -> None:
    """The table of datasets."""
    from pica.cli import catalogue, terminal  # with the readers of 26 datasets and the sources

    if options.markdown:
        print(catalogue.markdown(options.markdown))
        return
    source = load(PARAMS).source
    _declare(source)
    _print(terminal.catalogue(catalogue.entries(source, FILTERED), f"source={source.kind}"))


def show(options: argparse.Namespace) -> None:
    """One row at every stage."""
    from pica.cli import terminal, trace
    from pica.corpora import corpus
    from pica.prompts import render
    from pica.training.segments import segments, tokenizer_of

    params = load(PARAMS)
    _declare(params.source)
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
    _declare(source)
    asked = [corpus(name) for name in options.datasets]
    for each in asked or [c for c in all_corpora().values() if is_available(c, source)]:
        with trace.raw_files(each, source) as folder:
            _print(terminal.counts(each.name, catalogue.count_statistics(each.read(folder))))


def new(options: argparse.Namespace) -> None:
    """The YAML file that declares some data."""
    from pica.cli.guess import declare_data

    path = declare_data(options.data)
    print(path.read_text(encoding="utf-8"), end="")
    print(f"\n{path} is written. What a run would make of it: pica corpora check {path}")


def check(options: argparse.Namespace) -> None:
    """What a run would make of a dataset."""
    from dataclasses import replace

    from pica.cli import preview, terminal
    from pica.corpora import corpus, declared_at
    from pica.prompts import render

    params, name = load(PARAMS), options.dataset
    if name.endswith(".yaml"):
        path = Path(name).resolve()
        if not path.is_file():
            raise DataError(f"{path} is not there. `pica corpora new` writes one for a file of data.")
        params, name = replace(params, source=replace(params.source, own=str(path.parent))), path.stem
        declared_at(path)
    else:
        _declare(params.source)
    found = preview.of(corpus(name), params)
    _print(preview.drawn(found))
    if not found.kept:
        raise DataError(f"no row of {name} is left, so there is nothing to learn from it.")
    chats = {view.name: terminal.answer_alone(render(example)) for view, example, _ in found.row.views if example}
    _print(terminal.trace(found.row, chats, ""))


def _declare(source: Source) -> None:
    from pica.sources.own import declare

    declare(source)


def _print(what: object) -> None:
    """To the terminal in colour and as wide as it is; piped, plain, and wide enough for a table."""
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else 200, highlight=False).print(what)
