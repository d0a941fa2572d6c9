"""`pica compose | doctor | corpora | export | merge`: what a person runs beside `dvc`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from pica.params import compose, dump, load, typed
from pica.stage import CONF, PARAMS, one_message, warn_out_of_step
from pica.store import read_rows, replacing

FILTERED = Path("data/filtered")
INSTRUCTIONS = Path("data/instructions")
BASE = Path("models/base")
ADAPTER = Path("models/adapter")

Commands = argparse._SubParsersAction


def main(arguments: Sequence[str] | None = None) -> None:
    """The `pica` command; exits as a stage does."""
    options = _parser().parse_args(arguments)
    with one_message():
        options.run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pica", description="PICA's own commands; run the pipeline with `dvc repro`.")
    commands = parser.add_subparsers(required=True, metavar="command")
    for add in (_add_compose, _add_doctor, _add_corpora, _add_export, _add_merge):
        add(commands)
    return parser


def _add_compose(commands: Commands) -> None:
    command = commands.add_parser("compose", help="write params.yaml from conf/, as `dvc exp run` does")
    command.add_argument("overrides", nargs="*", help="Hydra overrides: train.lr=1e-4 model=qwen3-0.6b")
    command.add_argument("--check", action="store_true", help="write nothing; say how params.yaml differs from conf/")
    command.set_defaults(run=_compose)


def _add_doctor(commands: Commands) -> None:
    command = commands.add_parser("doctor", help="what is installed, which device and source, what is missing")
    command.set_defaults(run=_doctor)


def _add_corpora(commands: Commands) -> None:
    command = commands.add_parser(
        "corpora", help="the datasets: their views, rows, licences, and whether they are here"
    )
    command.add_argument(
        "--markdown", choices=("en", "zh"), nargs="?", const="en", help="the README's table, in English or Chinese"
    )
    command.set_defaults(run=_corpora)
    about = command.add_subparsers(metavar="about")

    command = about.add_parser("show", help="one row of a dataset at every stage, from raw to trained tokens")
    command.add_argument("dataset", help="meld")
    command.add_argument("--id", help="meld/train/12; without it, a row that has the most views")
    command.set_defaults(run=_show)

    command = about.add_parser("count", help="rows and labels by split, as the readers find them in the raw files")
    command.add_argument("datasets", nargs="*", help="meld esconv; without any, all whose files are here")
    command.set_defaults(run=_count)


def _add_export(commands: Commands) -> None:
    command = commands.add_parser("export", help="the instruction set for LLaMA-Factory, TRL and others")
    command.add_argument(
        "--format", choices=("alpaca", "sharegpt", "messages", "seed"), required=True, help="seed: PICA's six columns"
    )
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="a folder that is not there yet")
    command.set_defaults(run=_export)


def _add_merge(commands: Commands) -> None:
    command = commands.add_parser("merge", help="the adapter into its base: a model that needs no peft")
    command.add_argument("--out", type=Path, default=Path("models/merged"), metavar="FOLDER", help="models/merged")
    command.set_defaults(run=_merge)


def _compose(options: argparse.Namespace) -> None:
    if options.check:
        warn_out_of_step()
        return
    config = compose(CONF, options.overrides)
    typed(config, PARAMS)
    with replacing(PARAMS) as temporary:
        temporary.write_text(dump(config), encoding="utf-8")
    print(
        f"{PARAMS} is what {CONF}/ composes" + (f" with {' '.join(options.overrides)}." if options.overrides else ".")
    )


def _doctor(options: argparse.Namespace) -> None:
    from pica.doctor import examine  # it looks at torch, which takes seconds

    findings = examine(Path.cwd())
    print("\n".join(map(str, findings)))
    if any(finding.mend for finding in findings):
        sys.exit(1)


def _corpora(options: argparse.Namespace) -> None:
    from pica import listing, terminal  # with the readers of 26 datasets and the sources

    if options.markdown:
        print(listing.markdown(options.markdown))
        return
    source = load(PARAMS).source
    _print(terminal.catalogue(listing.entries(source, FILTERED), f"source={source.kind}"))


def _show(options: argparse.Namespace) -> None:
    from pica import terminal, trace
    from pica.corpora import corpus
    from pica.prompts import render
    from pica.training.pieces import pieces, tokenizer_of

    params = load(PARAMS)
    found = trace.follow(corpus(options.dataset), params, options.id)
    rows = {view.name: render(example) for view, example, _ in found.views if example}
    if tokenizer := tokenizer_of(BASE):
        chats = {name: pieces(row, tokenizer, params.train.loss_on) for name, row in rows.items()}
        note = ""
    else:
        chats = {name: terminal.answer_alone(row) for name, row in rows.items()}
        note = f"{BASE} is not there, so this is the answer, not its tokens. `dvc repro base_model` makes it."
    _print(terminal.trace(found, chats, note))


def _count(options: argparse.Namespace) -> None:
    from pica import listing, terminal, trace
    from pica.corpora import catalogue, corpus
    from pica.sources.raw import here

    source = load(PARAMS).source
    asked = [corpus(name) for name in options.datasets]
    for each in asked or [c for c in catalogue().values() if here(c, source)]:
        with trace.raw_files(each, source) as folder:
            _print(terminal.counts(each.name, listing.measure(each.read(folder))))


def _export(options: argparse.Namespace) -> None:
    from pica.export import export

    counts = export(INSTRUCTIONS, options.format, options.out, load(PARAMS).source)
    print(f"{sum(counts.values()):,} rows in {options.out}; README.md there says what they are.")


def _merge(options: argparse.Namespace) -> None:
    from pica.schema import INSTRUCTION
    from pica.training.merge import merge  # torch and peft, which take seconds

    rows = islice(read_rows(INSTRUCTIONS / "train.parquet", INSTRUCTION, columns=["messages"]), 4)
    merged = merge(BASE, ADAPTER, options.out, [row["messages"][:-1] for row in rows])
    print(
        f"{options.out}: {merged.dtype}. Its logits differ from those of base and adapter by {merged.exact:.2g}, "
        f"rounded to that dtype by {merged.rounded:.2g}."
    )


def _print(what: object) -> None:
    """To the terminal in colour and as wide as it is; piped, plain, and wide enough for a table."""
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else 200, highlight=False).print(what)


if __name__ == "__main__":
    main()
