"""How fast this project fine-tunes, beside other ways to do it: the same model, LoRA, rows and tokens a step.

    OMP_WAIT_POLICY=passive GOMP_SPINCOUNT=1000 PYTHONPATH=src:benchmarks python benchmarks/train.py \\
        --instructions data/instructions/train.parquet --base models/base

    way                                 real tokens/s   answer tokens/s   padding   ours is   share of peak
    this project                               21 840             2 130      0 %        1 x            61 %
    Trainer, dynamic padding (PICA)             4 210               411     59 %      5.2 x            12 %
    …

Real tokens are those of the rows, padding left out; what this project reads once for several rows of a pass counts in
each of them. Each way trains once over the same rows, in turn, `--repeats`
times, in this one process but for the way that is of two; the table has medians, and results/train-<name>.json every
run. Rows are tokenised before, and the clock runs from the first step to the last: loading a model and building a
trainer are not timed.

The share of peak is 4 · weights outside the embeddings · real tokens/s, of the operations a second that plain matrix
products of the model's own shapes reach here, in the precision that a way trains in: bf16 where this project does, and
on a CPU ours and PICA's in fp32 too; PICA_PRECISION=fp32 asks for that alone. The peak is measured before each round
of all ways, and each run is held against that of its round: a machine shared with others is not as fast at every hour.

`--model-config FOLDER` takes a config.json (say, of a 7B model) with random weights in place of `--base`'s model, for a
GPU; the table then has the peak memory too.
"""

from __future__ import annotations

import argparse
import bisect
import copy
import gc
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from unittest.mock import patch

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from datasets import Dataset
from peft import PeftModel
from report import keep, machine
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    DataCollatorForSeq2Seq,
    PreTrainedTokenizerBase,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    logging,
)
from trl import SFTConfig, SFTTrainer

from pica.settings import Adapter
from pica.store import write_json
from pica.training import adapter as adapters
from pica.training import base as bases
from pica.training import precision, processes
from pica.training.batches import Layout, collate
from pica.training.encode import IGNORED, Encoded
from pica.training.loop import Schedule, train
from pica.training.tokens import tokenise_file

DDP = Path(__file__).parents[1] / "conf" / "accelerate" / "ddp.yaml"
# What the processes of `ours_in_two` leave beside what they were asked.
MEASURED = "measured.json"
LORA = Adapter("lora", r=8, alpha=16, dropout=0.0, targets="all-linear", virtual_tokens=None)
LR, WARMUP, CLIP = 1e-3, 0.1, 1.0
MAX_LENGTH = 512


@dataclass(frozen=True)
class Source:
    """Where the rows and the model are: `--instructions`, `--base` and `--model-config`."""

    instructions: str
    base: str
    model_config: str | None


@dataclass(frozen=True)
class Work:
    """What is to be trained, the same for every way.

    Args:
        step_rows: rows a step of the ways that pad; the others get as many tokens.
    """

    make: Callable[[], PeftModel]
    tokenizer: PreTrainedTokenizerBase
    examples: list[Encoded]
    step_rows: int
    source: Source

    @property
    def tokens(self) -> int:
        """Of all rows, without padding."""
        return sum(len(example.ids) for example in self.examples)

    @property
    def precision(self) -> str:
        """What the ways train in that ask for nothing else: bf16 or fp32."""
        return precision.name(bases.size(Path(self.source.base)))

    @property
    def batch_tokens(self) -> int:
        """What the rows of a step have on average."""
        return self.step_rows * self.tokens // len(self.examples)


@dataclass(frozen=True)
class Measured:
    """One run of one way. `padding` is its share of what the model computed; memory in bytes, of the GPU."""

    seconds: float
    steps: int
    padding: float
    peak_memory: int


def ours(work: Work) -> Measured:
    """this project"""
    return trained(work)


def ours_in_two(work: Work) -> Measured:
    """this project, two processes"""
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder) / "work.json"
        write_json(asked, {"source": asdict(work.source), "rows": len(work.examples), "step_rows": work.step_rows})
        processes.run("train_process", asked, 2, DDP, "training")
        return Measured(**json.loads(asked.with_name(MEASURED).read_text(encoding="utf-8")))


def ours_unshared(work: Work) -> Measured:
    """this project, what rows begin with read anew in each"""
    with patch("pica.training.loop.collate", lambda examples, pad, layout: collate(examples, pad, Layout.PACKED)):
        return trained(work)


def ours_with_pefts_layers(work: Work) -> Measured:
    """this project, peft's LoRA layers in place of its own"""
    with patch("pica.training.loop.in_place", nullcontext):
        return trained(work)


def ours_in_fp32(work: Work) -> Measured:
    """this project, in fp32"""
    return in_fp32(trained, work)


def trained(work: Work, on: Accelerator | None = None) -> Measured:
    """One run of this project's loop, in this process or its share of it."""
    schedule = Schedule(1, LR, work.batch_tokens, WARMUP, weight_decay=0.0, seed=1)
    model, names = work.make(), [str(index) for index in range(len(work.examples))]
    done = train(model, work.examples, names, work.tokenizer.pad_token_id, schedule, on=on).progress
    return Measured(done.seconds, done.step, done.padding, _peak())


def padded_trainer(work: Work) -> Measured:
    """Trainer, dynamic padding, loss on everything (PICA)"""
    rows = [{"input_ids": e.ids, "labels": e.ids} for e in work.examples]
    collator = DataCollatorForSeq2Seq(work.tokenizer, padding=True, label_pad_token_id=IGNORED)
    return _timed(work, lambda args: Trainer(work.make(), args, collator, rows), TrainingArguments, work.step_rows)


def padded_trainer_in_fp32(work: Work) -> Measured:
    """the same (PICA), in fp32"""
    return in_fp32(padded_trainer, work)


def trl_padded(work: Work) -> Measured:
    """TRL SFTTrainer, packing off"""
    return _trl(work, work.step_rows, packing=False)


def trl_packed(work: Work) -> Measured:
    """TRL SFTTrainer, packing on (bfd)"""
    return _trl(work, _bins(work), packing=True)


def neat_packing(work: Work) -> Measured:
    """knapsack, 4-D mask, Trainer (LLaMA-Factory's neat packing, re-created)"""
    collator = _NeatCollator(work.tokenizer.pad_token_id)
    packs = [[work.examples[i] for i in pack] for pack in _knapsacks(work.examples)]
    # As one column, so that Trainer looks at none of it.
    rows = [{"pack": pack} for pack in packs]
    return _timed(
        work,
        lambda args: Trainer(work.make(), args, collator, rows),
        lambda **given: TrainingArguments(remove_unused_columns=False, **given),
        _bins(work),
    )


def in_fp32(way: Callable[[Work], Measured], work: Work) -> Measured:
    """One run of a way in fp32, where the others are in bf16."""
    with patch.dict(os.environ, {precision.ASKED: "fp32"}):
        # What accelerate knows of precision, it knows of the whole process.
        AcceleratorState._reset_state(reset_partial_state=True)
        try:
            return way(replace(work, make=lambda: work.make().float()))
        finally:
            AcceleratorState._reset_state(reset_partial_state=True)


# As `experiment=smollm2` trains, on a CPU of two cores or more; on GPUs each process wants one.
SEVERAL = not torch.cuda.is_available() and len(os.sched_getaffinity(0)) > 1


def ways(work: Work) -> tuple[Callable[[Work], Measured], ...]:
    """All that are measured here."""
    both = in_both(work)
    return (
        ours,
        *([ours_in_two] if SEVERAL else []),
        *([ours_in_fp32] if both else []),
        ours_unshared,
        ours_with_pefts_layers,
        padded_trainer,
        *([padded_trainer_in_fp32] if both else []),
        trl_padded,
        trl_packed,
        neat_packing,
    )


def in_both(work: Work) -> bool:
    """Whether fp32 is measured beside bf16: what a CPU's is held against; a GPU's fp32 nobody would train in."""
    return not torch.cuda.is_available() and work.precision == "bf16"


def _bins(work: Work) -> int:
    """Packs of MAX_LENGTH tokens a step, as many as hold a step's tokens."""
    return max(1, round(work.batch_tokens / MAX_LENGTH))


def _trl(work: Work, rows: int, packing: bool) -> Measured:
    columns = {"input_ids": [e.ids for e in work.examples], "labels": [e.labels for e in work.examples]}
    data = Dataset.from_dict(columns)

    def settings(**given) -> SFTConfig:
        return SFTConfig(packing=packing, max_length=MAX_LENGTH, **given)

    def make(args: SFTConfig) -> SFTTrainer:
        return SFTTrainer(work.make(), args, train_dataset=data, processing_class=work.tokenizer)

    return _timed(work, make, settings, rows)


class _NeatCollator:
    """Packs padded to MAX_LENGTH, kept apart by a mask of shape (packs, 1, MAX_LENGTH, MAX_LENGTH)."""

    def __init__(self, pad: int) -> None:
        self._pad = pad

    def __call__(self, rows: Sequence[dict[str, list[Encoded]]]) -> dict[str, torch.Tensor]:
        shape = (len(rows), MAX_LENGTH)
        batch = {
            "input_ids": torch.full(shape, self._pad),
            "labels": torch.full(shape, IGNORED),
            "position_ids": torch.zeros(shape, dtype=torch.long),
        }
        owner = torch.zeros(shape, dtype=torch.long)
        for row, pack in enumerate(rows):
            at = 0
            for number, example in enumerate(pack["pack"], 1):
                span = slice(at, at := at + len(example.ids))
                batch["input_ids"][row, span] = torch.tensor(example.ids)
                batch["labels"][row, span] = torch.tensor(example.labels)
                batch["position_ids"][row, span] = torch.arange(len(example.ids))
                owner[row, span] = number
        same = (owner[:, :, None] == owner[:, None, :]) & (owner > 0)[:, None, :]
        seen = same & torch.ones(MAX_LENGTH, MAX_LENGTH, dtype=torch.bool).tril()
        blocked = torch.finfo(torch.float32).min
        return batch | {"attention_mask": torch.where(seen[:, None], 0.0, blocked)}


def _knapsacks(examples: Sequence[Encoded]) -> list[list[int]]:
    """LLaMA-Factory's greedy knapsack: the longest example that still fits, again and again."""
    waiting = sorted((len(example.ids), i) for i, example in enumerate(examples))
    packs = []
    while waiting:
        pack, room = [], MAX_LENGTH
        while at := bisect.bisect(waiting, (room, len(examples))):
            length, index = waiting.pop(at - 1)
            pack.append(index)
            room -= length
        packs.append(pack)
    return packs


class _Watch(TrainerCallback):
    """Times the steps alone, from the first to the last."""

    started = ended = 0.0

    def on_step_begin(self, args, state, control, **kwargs) -> None:
        self.started = self.started or time.perf_counter()

    def on_step_end(self, args, state, control, **kwargs) -> None:
        self.ended = time.perf_counter()


def _timed(
    work: Work, make: Callable[[TrainingArguments], Trainer], settings: Callable[..., TrainingArguments], rows: int
) -> Measured:
    """Train with a Trainer of `rows` rows a step."""
    with tempfile.TemporaryDirectory() as folder:
        args = settings(
            output_dir=folder,
            per_device_train_batch_size=rows,
            num_train_epochs=1,
            learning_rate=LR,
            lr_scheduler_type="cosine",
            warmup_steps=WARMUP,
            max_grad_norm=CLIP,
            optim="adamw_torch",
            bf16=work.precision == "bf16",
            use_cpu=not torch.cuda.is_available(),
            gradient_checkpointing=False,
            dataloader_pin_memory=False,
            logging_strategy="no",
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        trainer, watch, cells = make(args), _Watch(), []
        trainer.add_callback(watch)
        trainer.model.register_forward_pre_hook(
            lambda _, args, given: cells.append(given["input_ids"].numel()), with_kwargs=True
        )
        trainer.train()
    return Measured(watch.ended - watch.started, trainer.state.global_step, 1 - work.tokens / sum(cells), _peak())


def _peak() -> int:
    if not torch.cuda.is_available():
        return 0
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated()


def _maker(base: Path, config: Path | None) -> tuple[Callable[[], PeftModel], PreTrainedTokenizerBase]:
    """What makes the model with a fresh adapter, the same each time, and its tokenizer."""
    model, tokenizer = bases.load(base)
    device = model.device
    if config:
        torch.manual_seed(1)
        model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(config), dtype=model.dtype)
    # Each run's model is a copy; this one stays out of the GPU's memory.
    model.cpu()

    def make() -> PeftModel:
        torch.manual_seed(1)
        return adapters.attach(copy.deepcopy(model).to(device), LORA)

    return make, tokenizer


def read(source: Source, rows: int, step_rows: int) -> Work:
    """The first so many rows of the file, tokenised."""
    base = Path(source.base)
    make, tokenizer = _maker(base, Path(source.model_config) if source.model_config else None)
    tokens = tokenise_file(Path(source.instructions), base, tokenizer, MAX_LENGTH, "last_reply")
    examples = [tokens[i] for i in range(min(rows, len(tokens)))]
    # Python's lists, which Trainer wants.
    return Work(make, tokenizer, [Encoded(e.ids.tolist(), e.labels.tolist()) for e in examples], step_rows, source)


def few(work: Work) -> Work:
    """Rows to warm up with."""
    return replace(work, examples=work.examples[: work.step_rows // 4])


def measure(work: Work, repeats: int) -> tuple[dict[str, list[Measured]], dict[str, list[float]]]:
    """Each way `repeats` times, in turn, after one of each that is not counted; each round's peaks, by precision."""
    kinds = {"bf16": torch.bfloat16, "fp32": torch.float32}
    dtypes = kinds if in_both(work) else {work.precision: kinds[work.precision]}
    found: dict[str, list[Measured]] = {way.__doc__: [] for way in ways(work)}
    peaks: dict[str, list[float]] = {name: [] for name in dtypes}
    for repeat in range(-1, repeats):
        for name, dtype in dtypes.items() if repeat >= 0 else ():
            peaks[name].append(gemm_peak(work, dtype))
        for way in ways(work):
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
                torch.cuda.reset_peak_memory_stats()
            done = way(few(work) if repeat < 0 else work)
            if repeat >= 0:
                found[way.__doc__].append(done)
                print(f"{way.__doc__}: {work.tokens / done.seconds:,.0f} real tokens/s", flush=True)
    return found, peaks


@torch.no_grad()
def gemm_peak(work: Work, dtype: torch.dtype) -> float:
    """Operations a second of the products of a step's tokens with each matrix that has an adapter, the best of five."""
    model = work.make().get_base_model().to(dtype)
    matrices = {m.weight.shape: m.weight for m in model.modules() if isinstance(m, torch.nn.Linear)}
    del matrices[model.get_output_embeddings().weight.shape]
    best = 0.0
    for weight in matrices.values():
        if min(weight.shape) <= LORA.r:  # the adapter's own
            continue
        x = torch.randn(work.batch_tokens, weight.shape[1]).to(weight)
        for _ in range(5):
            _sync()
            started = time.perf_counter()
            for _ in range(10):
                x @ weight.T
            _sync()
            best = max(best, 20 * x.numel() * weight.shape[0] / (time.perf_counter() - started))
    return best


def _sync() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def in_what(way: str, work: Work) -> str:
    """The precision that a way trains in."""
    return "fp32" if way in (ours_in_fp32.__doc__, padded_trainer_in_fp32.__doc__) else work.precision


def outside_embeddings(model: PeftModel) -> int:
    """How many weights of the base a token is multiplied with in each layer."""
    tables = [m.weight for m in model.modules() if isinstance(m, torch.nn.Embedding)]
    beside = {id(weight) for weight in [*tables, model.get_base_model().get_output_embeddings().weight]}
    return sum(p.numel() for p in model.parameters() if not p.requires_grad and id(p) not in beside)


def summary(
    work: Work, found: dict[str, list[Measured]], peaks: dict[str, list[float]]
) -> list[dict[str, float | str]]:
    """A row a way, with medians; `ratio` is ours over theirs. `peaks` are in operations a second, by precision."""
    answers = sum(example.answer_tokens for example in work.examples)
    # Forward, and backward without gradients of the frozen weights: 4 operations a weight and real token.
    operations = 4 * outside_embeddings(work.make()) * work.tokens
    seconds = {way: statistics.median(run.seconds for run in runs) for way, runs in found.items()}
    ours_seconds = seconds[ours.__doc__]
    return [
        {
            "way": way,
            "real_tokens_per_second": work.tokens / seconds[way],
            "answer_tokens_per_second": answers / seconds[way],
            "steps": runs[0].steps,
            "padding": runs[0].padding,
            "ratio": seconds[way] / ours_seconds,
            "share_of_peak": statistics.median(
                operations / run.seconds / peak for run, peak in zip(runs, peaks[in_what(way, work)], strict=True)
            ),
            "peak_memory_gib": max(run.peak_memory for run in runs) / 2**30 or None,
        }
        for way, runs in found.items()
    ]


def table(rows: Sequence[dict]) -> str:
    """In Markdown."""
    lines = [
        "| way | real tokens/s | answer tokens/s | steps | padding | ours is | share of peak | peak memory |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        memory = f"{row['peak_memory_gib']:.1f} GiB" if row["peak_memory_gib"] else "–"
        lines.append(
            f"| {row['way']} | {row['real_tokens_per_second']:,.0f} | {row['answer_tokens_per_second']:,.0f} "
            f"| {row['steps']} | {row['padding']:.0%} | {row['ratio']:.2f} × | {row['share_of_peak']:.0%} | {memory} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure, print the table, write the results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--instructions", type=Path, default=Path("data/instructions/train.parquet"))
    parser.add_argument("--base", type=Path, default=Path("models/base"), help="model folder; its tokenizer is used")
    parser.add_argument("--model-config", type=Path, help="folder with a config.json, for a model of random weights")
    parser.add_argument("--name", default="tiny", help="what the results are called: train-<name>.json")
    parser.add_argument("--rows", type=int, default=512, help="rows to train on")
    # Of 32 rows drawn at random, 58 % are padding; a large vocabulary wants the memory of fewer.
    parser.add_argument("--step-rows", type=int, default=32, help="rows a step of the ways that pad")
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    logging.set_verbosity_error()
    config = str(given.model_config) if given.model_config else None
    work = read(Source(str(given.instructions), str(given.base), config), given.rows, given.step_rows)
    found, peaks = measure(work, given.repeats)
    rows = summary(work, found, peaks)
    facts = {
        **machine("torch", "transformers", "peft", "accelerate", "trl"),
        "precision": work.precision,
        "peak_gflops": " and ".join(f"{statistics.median(of) / 1e9:.1f} in {name}" for name, of in peaks.items()),
        "rows": len(work.examples),
        "step_rows": work.step_rows,
        "real_tokens": work.tokens,
        "parameters": sum(p.numel() for p in work.make().parameters()),
    }
    runs = {way: [asdict(run) for run in measured] for way, measured in found.items()}
    keep(f"train-{given.name}", table(rows), facts, summary=rows, runs=runs, peaks=peaks)


if __name__ == "__main__":
    main()
