"""How near a model's label scores in bf16 are to those in fp32, and how long each takes.

    OMP_WAIT_POLICY=passive GOMP_SPINCOUNT=1000 PYTHONPATH=src:benchmarks python benchmarks/precision.py \\
        --instructions data/instructions/test.parquet --base models/base --adapter models/adapter --name smollm2-135m

    scores of labels     rows/s   another label than in fp32   correct   difference: median   largest
    fp32                    5.1                         0 %      38 %                   –         –
    bf16                    9.8                         4 %      38 %                0.03      0.41
    …

Closed rows, drawn evenly over the views, asked as an evaluation asks them, in turn in this one process. A difference is
that of the log-probability of a label, in nats, between the two. On a CPU without bf16 it is emulated: the scores are
the same, and the seconds say nothing.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

from evaluate import LENGTH, drawn, scored
from report import keep, machine
from transformers import logging

from pica.inference.runner import ModelRunner
from pica.schema import Instruction
from pica.training import adapter as adapters
from pica.training import base as bases
from pica.training import precision

KINDS = ("fp32", "bf16")


def measure(
    base: Path, adapter: Path | None, kind: str, rows: Sequence[Instruction], batch_size: int
) -> tuple[list[list[float]], float]:
    """The log-probability of each candidate of each row, computed in `kind`, and the seconds that it took."""
    with patch.dict(os.environ, {precision.ASKED: kind}):
        model, tokenizer = bases.load(base)
        if adapter:
            model = adapters.merged(adapters.load(model, base, adapter))
        runner = ModelRunner(model, tokenizer, LENGTH, batch_size)
        scored(runner, rows[:batch_size])
        started = time.perf_counter()
        return scored(runner, rows), time.perf_counter() - started


def compared(
    rows: Sequence[Instruction], scores: Sequence[Sequence[float]], exact: Sequence[Sequence[float]], seconds: float
) -> dict[str, float]:
    """What a precision's scores come to, beside those that are exact."""
    best = [max(range(len(row)), key=row.__getitem__) for row in scores]
    same = [max(range(len(row)), key=row.__getitem__) for row in exact]
    apart = [abs(a - b) for one, other in zip(scores, exact, strict=True) for a, b in zip(one, other, strict=True)]
    return {
        "rows_per_second": len(rows) / seconds,
        "another_label": statistics.mean(map(int.__ne__, best, same)),
        "correct": statistics.mean(
            row.candidates[place] == row.messages[-1]["content"] for row, place in zip(rows, best, strict=True)
        ),
        "median_difference": statistics.median(apart),
        "largest_difference": max(apart),
    }


def table(found: dict[str, dict[str, float]]) -> str:
    """In Markdown."""
    lines = [
        "| scores of labels in | rows/s | another label than in fp32 | correct | difference: median | largest |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for kind, row in found.items():
        apart = f"{row['median_difference']:.3f} | {row['largest_difference']:.3f}" if kind != "fp32" else "– | –"
        lines.append(
            f"| {kind} | {row['rows_per_second']:.1f} | {row['another_label']:.1%} | {row['correct']:.1%} | {apart} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure, print the table, write the results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--instructions", type=Path, default=Path("data/instructions/test.parquet"))
    parser.add_argument("--base", type=Path, default=Path("models/base"), help="model folder")
    parser.add_argument("--adapter", type=Path, help="an adapter's folder: the base is asked with it")
    parser.add_argument("--name", default="base", help="what the results are called: precision-<name>.json")
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--batch-size", type=int, default=32)
    given = parser.parse_args()
    logging.set_verbosity_error()
    rows = drawn(given.instructions, given.rows, most=0)
    asked = {kind: measure(given.base, given.adapter, kind, rows, given.batch_size) for kind in KINDS}
    found = {kind: compared(rows, scores, asked["fp32"][0], seconds) for kind, (scores, seconds) in asked.items()}
    instructions = precision.instructions()
    facts = {
        **machine("torch", "transformers"),
        "instructions for bf16": ", ".join(instructions) or "none, emulated",
        "rows": len(rows),
        "views": len({row.name for row in rows}),
        "labels": sum(len(row.candidates) for row in rows),
    }
    keep(f"precision-{given.name}", table(found), facts, found=found)


if __name__ == "__main__":
    main()
