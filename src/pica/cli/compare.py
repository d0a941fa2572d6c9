"""`pica compare`: after `dvc exp run --queue -S seed=1,2,3 …`, means over seeds and what is more than seed noise."""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console, RenderableType
from rich.console import Group as Lines
from rich.text import Text

from pica.cli.seeds import Difference, Group, differences, groups_of, needed, runs_of, spread
from pica.cli.terminal import plain_table
from pica.errors import DataError

_HOW = "`dvc exp run --queue -S seed=1,2,3 -S train.lr=…`, then `dvc queue start`"


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    command = commands.add_parser("compare", help="experiments over seeds: what is more than seed noise")
    command.add_argument("--system", default="tuned", help="whose metrics (default tuned)")
    command.add_argument(
        "--num", "-n", type=int, default=1, metavar="N", help="experiments of the last N commits, as in dvc exp show"
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print a table of means and one of differences."""
    metrics = f"metrics/{options.system}.json"
    runs, others = runs_of(_shown(options.num), metrics)
    left = ", ".join(f"{number:,} {state.lower()}" for state, number in sorted(others.items()))
    if not any(run.name != run.commit for run in runs):
        print(f"No finished experiments with {metrics} on this commit{f' ({left})' if left else ''}: {_HOW}.")
        return
    groups, repeats = groups_of(runs)
    notes = [f"not counted: {left}"] if left else []
    if repeats:
        notes.append(f"{repeats:,} older runs of the same setting and seed left out")
    Console().print(Lines(*_page(groups, notes)))


def _shown(commits: int) -> list[Mapping[str, Any]]:
    """`dvc exp show --json`.

    Raises:
        DataError: DVC says why not.
    """
    command = [sys.executable, "-m", "dvc", "exp", "show", "--json", "--num", str(commits)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise DataError(f"DVC shows no experiments: {(said or ['no reason given'])[0].removeprefix('ERROR: ')}")
    return json.loads(done.stdout)


def _page(groups: Sequence[Group], notes: Sequence[str]) -> Iterator[RenderableType]:
    metrics = sorted({name for group in groups for run in group.runs for name in run.metrics})
    for group in groups:
        seeds = ", ".join(map(str, group.seeds))
        yield Text.assemble(
            (group.letter, "bold"), f"  {group.label or 'all settings alike'}", (f"   seeds {seeds}", "dim")
        )
    yield Text("\nmean ± standard deviation over seeds")
    yield _means(groups, metrics)
    if len(groups) > 1:
        yield from _differences(groups, differences(groups, metrics))
    for note in notes:
        yield Text(note, style="dim")


def _means(groups: Sequence[Group], metrics: Sequence[str]) -> RenderableType:
    letters = [group.letter for group in groups]
    table = plain_table("metric", *letters, right=letters)
    for metric in metrics:
        table.add_row(metric, *(_mean(group, metric) for group in groups))
    return table


def _mean(group: Group, metric: str) -> str:
    values = list(group.values(metric).values())
    if not values:
        return "–"
    mean, deviation = spread(values)
    return f"{mean:.2f} ± " + ("–" if math.isnan(deviation) else f"{deviation:.2f}")


def _differences(groups: Sequence[Group], found: Sequence[Difference]) -> Iterator[RenderableType]:
    if not found:
        yield Text("\nno group has two seeds to be compared by")
        return
    yield Text("\ndifferences, with their 95 % interval")
    right = ("difference", "interval", "p (Holm)")
    table = plain_table("metric", "", *right, "", right=right)
    for each in found:
        said, style = ("larger than seed noise", "bold") if each.beyond_noise else ("within seed noise", "dim")
        table.add_row(
            each.metric,
            f"{each.group.letter} - {groups[0].letter}",
            f"{each.value:+.2f}",
            f"[{each.low:+.2f}, {each.high:+.2f}]".replace("[", r"\["),
            f"{each.p:.3f}",
            Text(said, style=style),
        )
    yield table
    yield Text(_method(groups, found))


def _method(groups: Sequence[Group], found: Sequence[Difference]) -> str:
    """Which test, and how little few seeds can tell."""
    paired = [each for each in found if each.paired]
    tests = ["paired t-test by seed"] * bool(paired) + ["Welch's t-test"] * (len(paired) < len(found))
    fewest = min(len(group.runs) for group in groups if len(group.runs) > 1)
    return (
        f"{' and '.join(tests)}; p by Holm over {len(found)} differences. {fewest} seeds tell a paired difference from "
        f"noise when it is {needed(fewest):.1f} times its standard deviation over seeds, 5 when it is {needed(5):.1f} "
        f"times, 10 when it is {needed(10):.1f} times (without Holm)."
    )
