"""`pica errors VIEW`: the answers of a system that were wrong with the most confidence, and which labels it confuses.

93 %  joy, not anger   meld/test/dialogue_12#classification-3
      Ruth: You sold the piano, and you told nobody?
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.text import Text

from pica.cli.terminal import plain_table
from pica.errors import DataError
from pica.params import load
from pica.schema import INSTRUCTION, Prediction
from pica.stage import PARAMS
from pica.store import read_predictions, read_rows

PREDICTIONS = Path("data/predictions")
TEST = Path("data/instructions/test.parquet")
# Characters of an input that are shown: its end, where a dialogue asks about its last turn.
_SHOWN = 600
_PAIRS = 12


@dataclass(frozen=True, slots=True)
class Mistake:
    """A wrong label, and how sure the system was: the probability of each candidate, most probable first; empty where
    the system gives none."""

    prediction: Prediction
    chances: Sequence[tuple[str, float]]

    @property
    def confidence(self) -> float:
        """Of the label that was given, 0 to 1; 0 where it is not known."""
        return dict(self.chances).get(self.prediction.label, 0.0)


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    command = commands.add_parser("errors", help="a system's confident mistakes in one view")
    command.add_argument("view", metavar="VIEW", help="such as meld-classification")
    command.add_argument("--system", default="tuned", help="whose (default tuned)")
    command.add_argument("--number", "-n", type=int, default=10, metavar="N", help="how many; 0 = all (default 10)")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print them."""
    rows = _predictions(options.system, options.view)
    wrong = mistakes(rows, load(PARAMS).evaluate.label_scores)
    shown = wrong[: options.number] if options.number > 0 else wrong
    inputs = _inputs(options.view, {mistake.prediction.id for mistake in shown})
    Console().print(_page(options, rows, wrong, shown, inputs), soft_wrap=False)


def mistakes(rows: Sequence[Prediction], variant: str) -> list[Mistake]:
    """The wrong ones of a closed view, the most confident first.

    Args:
        variant: of the label scores, which decided on the labels.
    """
    wrong = [Mistake(row, _chances(row, variant)) for row in rows if row.label != row.gold]
    return sorted(wrong, key=lambda mistake: (-mistake.confidence, mistake.prediction.id))


def _chances(row: Prediction, variant: str) -> list[tuple[str, float]]:
    """The candidates' probabilities among each other, at the temperature that was fitted on validation rows."""
    if not row.log_probs:
        return []
    from pica.evaluation import label_scores  # it loads scipy, which most commands do without

    scores = label_scores.chosen(row, variant)
    weights = [math.exp(value) for value in (scores - scores.max()) / (row.temperature or 1.0)]
    chances = zip(row.candidates, (weight / sum(weights) for weight in weights), strict=True)
    return sorted(chances, key=lambda item: -item[1])


def _predictions(system: str, view: str) -> list[Prediction]:
    """Of a closed view.

    Raises:
        DataError: there is no such system or view, or the view has no labels.
    """
    systems = sorted(path.stem for path in PREDICTIONS.glob("*.parquet"))
    if systems and system not in systems:
        raise DataError(f"{system} is no system of this run. It has: {', '.join(systems)}.")
    rows = read_predictions(PREDICTIONS / f"{system}.parquet")
    closed = sorted({row.name for row in rows if row.label is not None})
    if view not in closed:
        kind = "answers in free text, which is neither right nor wrong" if view in {r.name for r in rows} else "no view"
        raise DataError(f"{view}: {kind}. Views with labels in this run: {', '.join(closed) or 'none'}.")
    return [row for row in rows if row.name == view]


def _inputs(view: str, ids: set[str]) -> dict[str, str]:
    """What was asked about, by id."""
    rows = read_rows(TEST, INSTRUCTION, columns=("id", "name", "instances"))
    return {row["id"]: row["instances"][0]["input"] for row in rows if row["name"] == view and row["id"] in ids}


def _page(
    options: argparse.Namespace,
    rows: Sequence[Prediction],
    wrong: Sequence[Mistake],
    shown: Sequence[Mistake],
    inputs: Mapping[str, str],
) -> RenderableType:
    share = 100 * len(wrong) / len(rows)
    head = Text.assemble(
        (f"{options.view}, {options.system}: ", "bold"),
        f"{len(wrong):,} of {len(rows):,} answers wrong ({share:.1f} %)",
    )
    if not wrong:
        return head
    parts = [head, Rule("gold → predicted", align="left"), _confusions(rows, wrong)]
    known = any(mistake.chances for mistake in shown)
    parts.append(
        Rule(f"{len(shown):,} of {len(wrong):,}, " + ("most confident first" if known else "by id"), align="left")
    )
    if not known:
        parts.append(Text(f"{options.system} gives no probabilities", style="dim"))
    return Group(*parts, *(line for mistake in shown for line in _lines(mistake, inputs)))


def _confusions(rows: Sequence[Prediction], wrong: Sequence[Mistake]) -> RenderableType:
    golds = Counter(row.gold for row in rows)
    pairs = Counter((m.prediction.gold, m.prediction.label) for m in wrong)
    table = plain_table("gold", "predicted", "rows", "of its gold rows", right=("rows", "of its gold rows"))
    ordered = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
    for (gold, label), number in ordered[:_PAIRS]:
        table.add_row(Text(gold), Text(label), f"{number:,}", f"{100 * number / golds[gold]:.0f} %")
    if len(ordered) > _PAIRS:
        table.add_row(Text(f"… {len(ordered) - _PAIRS} more pairs", style="dim"), "", "", "")
    return table


def _lines(mistake: Mistake, inputs: Mapping[str, str]) -> Iterator[RenderableType]:
    row = mistake.prediction
    sure = f"{100 * mistake.confidence:3.0f} %  " if mistake.chances else ""
    yield Text()
    yield Text.assemble(
        (sure, "bold red"), (row.label or "", "red"), ", not ", (row.gold, "green"), (f"   {row.id}", "dim")
    )
    others = [f"{label} {100 * chance:.0f} %" for label, chance in mistake.chances[:4]]
    if others:
        yield Text("  " + " · ".join(others), style="dim")
    text = inputs.get(row.id, "(not among the test instructions; run `dvc repro`)")
    cut = "… " + text[-_SHOWN:] if len(text) > _SHOWN else text
    yield Text("\n".join(f"  {line}" for line in cut.splitlines()))
    if row.output != row.label:
        yield Text.assemble(("  free answer: ", "dim"), " ".join(row.output.split()) or "(nothing)")
