"""`pica judge SYSTEM OTHER`: a language model compares the replies of two systems, or of one with the datasets' own.

The judge is behind an OpenAI-compatible server (`--model`) or a model folder (`--local`). It is a command and no stage:
it costs money or hours, and a server does not answer the same twice. Figures go into metrics/judge.json, which the
report shows after the next `dvc repro`; raw answers, which hold text of the datasets, into .pica/judge.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.text import Text

from pica.cli.ask import written_file
from pica.errors import DataError, JudgeError
from pica.params import load
from pica.schema import INSTRUCTION, Prediction
from pica.stage import PARAMS
from pica.store import file_sha256, read_json, read_predictions, read_rows, write_json, write_table
from pica.workspace import STATE, from_here

PREDICTIONS = Path("data/predictions")
TEST = Path("data/instructions/test.parquet")
JUDGEMENTS = Path("data/judgements")
METRICS = Path("metrics/judge.json")
ANSWERS = STATE / "judge" / "answers.jsonl"


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    command = commands.add_parser("judge", help="a language model compares the replies of two systems")
    command.add_argument("system", help="such as tuned")
    command.add_argument("other", help="such as base, or gold: the datasets' own replies")
    who = command.add_mutually_exclusive_group()
    who.add_argument("--model", help="its name on the server of OPENAI_BASE_URL, with OPENAI_API_KEY")
    who.add_argument("--local", type=from_here, metavar="FOLDER", help="a model folder of this machine")
    who.add_argument(
        "--sheet", type=written_file, metavar="FILE", help="write the pairs for people to judge, and ask no model"
    )
    command.add_argument(
        "--human", type=from_here, metavar="FILE", help="a sheet that people filled in: corrects the judge"
    )
    command.add_argument("--views", default="", help="joined by +; by default all with replies")
    command.add_argument("--rows", type=int, default=25, help="of each view; 0 = all (default 25)")
    command.add_argument("--no-ratings", action="store_true", help="compare only: less than half of the questions")
    command.add_argument(
        "--samples", type=int, default=8, help="answers drawn where a server gives no log-probabilities (default 8)"
    )
    command.add_argument("--max-tokens", type=int, default=16, help="of an answer; more for a model that thinks first")
    command.add_argument("--parallel", type=int, default=8, help="requests at a time (default 8)")
    command.add_argument("--timeout", type=float, default=60, help="seconds a server may be silent (default 60)")
    command.add_argument("--retries", type=int, default=5, help="further attempts at a request (default 5)")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Ask what is not known yet, write the figures and print them."""
    from pica.judging.human import read_sheet, write_sheet
    from pica.judging.pairs import make_pairs, questions
    from pica.judging.summary import about, columns, details, pair_of, remarks, summarise
    from pica.judging.verdicts import judged

    _check(options)
    params = load(PARAMS)
    ours, theirs = _predictions(options.system), [] if options.other == "gold" else _predictions(options.other)
    views = [name for name in options.views.split("+") if name]
    pairs = make_pairs(ours, theirs, _chats(), views, options.rows, params.seed)
    if options.sheet:
        write_sheet(options.sheet, pairs)
        print(
            f"{options.sheet}: write first, second or tie under `better` and, to check the judge's ratings too, 1 to 5 "
            "under the last columns; then give it back with --human."
        )
        return
    human = read_sheet(options.human, pairs) if options.human else None
    asked = questions(pairs, not options.no_ratings, params.seed)
    judge = _judge(options, params.evaluate.batch_size)
    answers = judge.ask(list(asked.values()))
    rows = judged(pairs, asked, answers)
    found = {
        **pair_of(options.system, options.other, pairs),
        "predictions": {name: _sha256(name) for name in (options.system, options.other) if name != "gold"},
        "judge": about(judge),
        **summarise(rows, answers, human, params.evaluate.bootstrap, params.seed),
    }
    found["remarks"] = list(remarks(found))
    write_table(JUDGEMENTS / f"{options.system}-{options.other}.csv", details(rows), columns())
    _keep(found)
    Console().print(summary(found))


def _check(options: argparse.Namespace) -> None:
    if not (options.model or options.local or options.sheet):
        raise JudgeError(
            "who judges? --model NAME on a server, or --local FOLDER with a model; --sheet FILE for people."
        )
    if options.system == options.other:
        raise JudgeError(f"{options.system} is compared with itself. Name another system, or gold.")
    for name in ("samples", "max_tokens", "parallel", "timeout"):
        if getattr(options, name) <= 0:
            raise JudgeError(f"--{name.replace('_', '-')} must be more than 0.")
    for name in ("rows", "retries"):
        if getattr(options, name) < 0:
            raise JudgeError(f"--{name} must not be below 0.")


def _predictions(system: str) -> list[Prediction]:
    path = PREDICTIONS / f"{system}.parquet"
    there = sorted(path.stem for path in PREDICTIONS.glob("*.parquet"))
    if there and system not in there:
        raise DataError(f"{system} is no system of this run. It has: {', '.join(there)}; OTHER may be gold.")
    if not (found := read_predictions(path)):
        raise DataError(f"{system} has no answers in this run, so there is no reply of it to judge.")
    return found


def _chats() -> dict[tuple[str, str], Any]:
    rows = read_rows(TEST, INSTRUCTION, columns=("id", "name", "messages"))
    return {(row["name"], row["id"]): row["messages"][:-1] for row in rows}


def _judge(options: argparse.Namespace, batch_size: int):
    if options.local:
        from pica.judging.local import LocalJudge

        return LocalJudge(options.local, batch_size)
    from pica.judging.server import ServerJudge

    return ServerJudge(
        options.model,
        options.samples,
        ANSWERS,
        parallel=options.parallel,
        timeout=options.timeout,
        retries=options.retries,
        max_tokens=options.max_tokens,
    )


def _sha256(system: str) -> str:
    return file_sha256(PREDICTIONS / f"{system}.parquet")


def _keep(found: Mapping[str, Any]) -> None:
    """Beside the comparisons of other pairs, in place of an older one of this pair."""
    kept = read_json(METRICS) if METRICS.is_file() else {}
    write_json(METRICS, {**kept, f"{found['system']} vs {found['other']}": found})


def summary(found: Mapping[str, Any]) -> RenderableType:
    """A comparison in the terminal."""
    return Group(*_lines(found))


def _lines(found: Mapping[str, Any]) -> Iterator[RenderableType]:
    from pica.cli.terminal import plain_table

    judge, answers = found["judge"], found["answers"]
    yield Text(f"{found['system']} against {found['other']}, judged by {judge['name']}", style="bold")
    if not found["pairwise"]:
        yield Text("no pair has a verdict", style="red")
    else:
        yield _table(plain_table, found["pairwise"], "group", n="n", wins="wins", ties="ties", losses="losses")
    yield from map(Text, found["remarks"])
    if found["length"]:
        yield Text("")
        yield _table(plain_table, found["length"], "length", n="n")
    if found["ratings"]:
        yield Text("")
        table = plain_table("rating", "n", found["system"], found["other"], "difference", right=("n",))
        for row in found["ratings"]:
            table.add_row(row["rating"], f"{row['n']:,}", f"{row['ours']:.2f}", f"{row['theirs']:.2f}", _signed(row))
        yield table
    asked = ", ".join(f"{number:,} by {name}" for name, number in answers["estimators"].items()) or "none"
    yield Text(f"\nanswers: {asked}; {answers['invalid']:,} of {answers['raw']:,} raw ones invalid", style="dim")


def _table(plain_table, rows, first: str, **numbers: str) -> RenderableType:
    table = plain_table(first, *numbers, "win rate", right=(*numbers, "win rate"))
    for row in rows:
        cells = [f"{row[name]:,}" if name == "n" else f"{row[name]:.1f}" for name in numbers]
        table.add_row(row[first], *cells, f"{row['win_rate']:.1f}{_range(row)}")
    return table


def _range(row: Mapping[str, Any], digits: int = 1) -> str:
    return f" [{row['low']:.{digits}f}, {row['high']:.{digits}f}]" if "low" in row else ""


def _signed(row: Mapping[str, Any]) -> str:
    return f"{row['difference']:+.2f}{_range(row, 2)}"
