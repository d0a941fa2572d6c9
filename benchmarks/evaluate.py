"""How fast this project scores labels and writes answers, beside other ways to ask the same model the same rows.

    OMP_WAIT_POLICY=passive GOMP_SPINCOUNT=1000 PYTHONPATH=src python benchmarks/evaluate.py \\
        --instructions data/instructions/test.parquet --base models/base --name tiny

    way                                                rows/s   of one forward pass
    this project, all labels scored                       210                  131 %
    one forward pass over the prompts                     160                  100 %
    …

Rows are closed ones, drawn evenly over the views (over some of them with `--views`: an evaluation has many rows of each
view, which begin alike), with their own candidates. Each way answers all of them once, in turn, `--repeats` times in
this one process; the table has medians. The clock is the one on the wall, which users wait by: let the machine do
nothing else.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

import torch
from report import keep, machine
from transformers import logging, pipeline

from pica.inference.runner import ModelRunner
from pica.output.labels import parse_label
from pica.schema import INSTRUCTION, Instruction
from pica.store import read_rows
from pica.training import adapter as adapters
from pica.training import base as bases
from pica.training.encode import answer_ids, end_token
from pica.training.template import prompt

LENGTH, NEW_TOKENS, PICA_BATCH = 512, 50, 6
# Prompts of the plain forward pass whose lengths are within so many tokens make a batch.
_LIKE = 16
FORWARD = "one forward pass over the prompts"
PICA = "text-generation pipeline, batch 6, 50 new tokens (PICA)"
SCORED, WRITTEN = "this project, all labels scored", "this project, free answers of at most 50 tokens"
BOTH = "this project, both from one reading of the prompt"
HARNESS = "lm-evaluation-harness, all labels scored"
Way = Callable[[], object]


def drawn(path: Path, rows: int, most: int) -> list[Instruction]:
    """So many closed rows, as many of each view, in their order.

    Args:
        most: of how many views, evenly spaced among them all; 0 = all.
    """
    views: dict[str, list[Instruction]] = {}
    for row in read_rows(path, INSTRUCTION):
        if row["is_classification"]:
            views.setdefault(row["name"], []).append(Instruction.from_row(row))
    names = list(views)
    most = min(most or len(names), len(names))
    chosen = [names[place * len(names) // most] for place in range(most)]
    each = -(-rows // len(chosen))
    return [row for name in chosen for row in views[name][:each]][:rows]


def ways(runner: ModelRunner, rows: Sequence[Instruction]) -> dict[str, Way]:
    """What is timed, by name."""
    made = {
        SCORED: lambda: scored(runner, rows),
        FORWARD: lambda: forward(runner, rows, {}),
        f"{FORWARD}, logits of the last token alone": lambda: forward(runner, rows, {"logits_to_keep": 1}),
        WRITTEN: lambda: runner.generate(prompts(runner, rows), NEW_TOKENS),
        BOTH: lambda: both(runner, rows),
        PICA: lambda: picas(runner, rows),
    }
    return made | ({HARNESS: lambda: harness(runner, rows)} if find_spec("lm_eval") else {})


def prompts(runner: ModelRunner, rows: Sequence[Instruction]) -> list[list[int]]:
    """Tokens, cut as evaluation cuts them."""
    return [runner.encode_prompt(row.instruction, row.messages[:-1], NEW_TOKENS) for row in rows]


def scored(runner: ModelRunner, rows: Sequence[Instruction]) -> list[list[float]]:
    """The log-probability of each candidate, with its end."""
    found = runner.score(prompts(runner, rows), labels(runner, rows), [end_token(runner.tokenizer)])
    return [[read.whole for read in reads] for reads in found]


def both(runner: ModelRunner, rows: Sequence[Instruction]) -> object:
    """Scores and free answers, as an evaluation has them."""
    end = [end_token(runner.tokenizer)]
    return runner.score_and_generate(prompts(runner, rows), labels(runner, rows), end, range(len(rows)), NEW_TOKENS)


def labels(runner: ModelRunner, rows: Sequence[Instruction]) -> list[list[list[int]]]:
    """The tokens of each row's candidates."""
    tokens = {label: answer_ids(label, runner.tokenizer)[:-1] for row in rows for label in row.candidates}
    return [[tokens[label] for label in row.candidates] for row in rows]


@torch.no_grad()
def forward(runner: ModelRunner, rows: Sequence[Instruction], given: dict[str, int]) -> None:
    """The prompts once through the model, in batches of like lengths: hardly a place is padding."""
    for _, group in groupby(sorted(prompts(runner, rows), key=len), key=lambda ids: len(ids) // _LIKE):
        ids = list(group)
        for start in range(0, len(ids), runner.batch_size):
            batch = runner.tokenizer.pad({"input_ids": ids[start : start + runner.batch_size]}, return_tensors="pt")
            runner.model(**batch.to(runner.model.device), use_cache=False, **given)


def picas(runner: ModelRunner, rows: Sequence[Instruction]) -> list[str | None]:
    """The label that each free answer names."""
    runner.tokenizer.padding_side = "left"
    texts = [prompt(row.messages[:-1], runner.tokenizer) for row in rows]
    ask = pipeline("text-generation", model=runner.model, tokenizer=runner.tokenizer, batch_size=PICA_BATCH)
    said = ask(
        texts,
        max_new_tokens=NEW_TOKENS,
        do_sample=False,
        return_full_text=False,
        eos_token_id=end_token(runner.tokenizer),
        pad_token_id=runner.tokenizer.pad_token_id,
    )
    return [
        parse_label(answer["generated_text"], row.candidates, row.language)
        for row, (answer,) in zip(rows, said, strict=True)
    ]


def harness(runner: ModelRunner, rows: Sequence[Instruction]) -> list[list[float]]:
    """As `scored`, by the harness's own model class."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    end = runner.tokenizer.convert_ids_to_tokens(end_token(runner.tokenizer))
    asked = [
        Instance("loglikelihood", {}, (prompt(row.messages[:-1], runner.tokenizer), label + end), place)
        for row in rows
        for place, label in enumerate(row.candidates)
    ]
    model = HFLM(
        pretrained=runner.model,
        tokenizer=runner.tokenizer,
        batch_size=runner.batch_size,
        max_length=LENGTH,
        add_bos_token=False,
    )
    found = iter(model.loglikelihood(asked, disable_tqdm=True))
    return [[next(found)[0] for _ in row.candidates] for row in rows]


def clock(runner: ModelRunner) -> float:
    """Seconds, with all that a GPU was told done."""
    if runner.model.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def measure(
    runner: ModelRunner, rows: Sequence[Instruction], repeats: int
) -> tuple[dict[str, list[float]], dict[str, object]]:
    """Way → seconds of each run, after one over two rows that is not counted; and what the last run found.

    The two are the shortest and the longest, on which a runner sees once what its model can do.
    """
    ordered = sorted(rows, key=lambda row: len(prompts(runner, [row])[0]))
    for way in ways(runner, [ordered[0], ordered[-1]]).values():
        way()
    seconds: dict[str, list[float]] = {}
    found: dict[str, object] = {}
    for _ in range(repeats):
        for name, way in ways(runner, rows).items():
            start = clock(runner)
            found[name] = way()
            seconds.setdefault(name, []).append(clock(runner) - start)
            print(f"{name}: {seconds[name][-1]:.1f} s", flush=True)
    return seconds, found


def agreement(ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]]) -> dict[str, float]:
    """How far the harness's log-probabilities are off ours, at most, and on how many rows the best label differs."""
    pairs = list(zip(ours, theirs, strict=True))
    apart = max(
        abs((a - b) - (ours[0] - theirs[0])) for ours, theirs in pairs for a, b in zip(ours, theirs, strict=True)
    )
    other = sum(ours.index(max(ours)) != theirs.index(max(theirs)) for ours, theirs in pairs)
    return {"largest_difference_of_label_differences": apart, "rows_with_another_label": other}


def table(seconds: dict[str, list[float]], rows: int) -> str:
    """In Markdown."""
    medians = {way: statistics.median(runs) for way, runs in seconds.items()}
    lines = ["| way | rows/s | of one forward pass | of PICA's way |", "|---|---:|---:|---:|"]
    for way, median in medians.items():
        share, times = medians[FORWARD] / median, medians[PICA] / median
        lines.append(f"| {way} | {rows / median:,.1f} | {share:.0%} | {times:.1f} × |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print the table, write the results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--instructions", type=Path, default=Path("data/instructions/test.parquet"))
    parser.add_argument("--base", type=Path, default=Path("models/base"), help="model folder")
    parser.add_argument("--adapter", type=Path, help="an adapter's folder: the base is asked with it, merged")
    parser.add_argument("--name", default="base", help="what the results are called: evaluate-<name>.json")
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--views", type=int, default=0, help="take them from so many views; 0 = from all")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    logging.set_verbosity_error()
    rows = drawn(given.instructions, given.rows, given.views)
    model, tokenizer = bases.load(given.base)
    if given.adapter:
        model = adapters.merged(adapters.load(model, given.base, given.adapter))
    runner = ModelRunner(model, tokenizer, LENGTH, given.batch_size)
    seconds, found = measure(runner, rows, given.repeats)
    cuda = runner.model.device.type == "cuda"
    peak = torch.cuda.max_memory_allocated() if cuda else 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    lengths = [len(ids) for ids in prompts(runner, rows)]
    facts = {
        **machine("torch", "transformers"),
        "parameters": sum(p.numel() for p in runner.model.parameters()),
        "rows": len(rows),
        "views": len({row.name for row in rows}),
        "labels": sum(len(row.candidates) for row in rows),
        "prompt_tokens": sum(lengths),
        "batch_size": given.batch_size,
        "peak_memory_gib": round(peak / 2**30, 2),
    }
    if find_spec("lm_eval"):
        facts |= {"lm_eval": version("lm_eval")} | agreement(found[SCORED], found[HARNESS])
    keep(f"evaluate-{given.name}", table(seconds, len(rows)), facts, seconds=seconds)


if __name__ == "__main__":
    main()
