"""The training loop: one model, encoded examples, a token budget a forward pass, one process or many.

It serves the pre-training of the tiny base and the fine-tuning of an adapter alike: what is trained is what has
`requires_grad`. Every example weighs the same, however long its answer: by the token, a reply of forty would drown a
label of two. A loss or a gradient that is not finite stops the run.

The steps are fixed before the first one: an epoch's steps, a step's forward passes and a pass's rows follow from the
examples, the schedule and its seed. N processes share the rows of each pass, so that they take the steps of one; and a
run that was killed goes on with the very step that came next.
"""

from __future__ import annotations

import math
import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from itertools import accumulate

import torch
from accelerate import Accelerator, DeepSpeedPlugin, PartialState
from accelerate.utils import DistributedType, FullyShardedDataParallelPlugin, broadcast_object_list
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)
from tqdm import tqdm
from transformers import PreTrainedModel, get_cosine_schedule_with_warmup

from pica.errors import ModelError
from pica.training import precision
from pica.training.attention import packing
from pica.training.batches import Layout, batches, collate
from pica.training.checkpoint import Checkpoint, Checkpoints, say
from pica.training.encode import Encoded
from pica.training.lora import in_place
from pica.training.loss import batch_losses

# Gradients of a rare batch can be many times the usual; one such step undoes a hundred others.
_CLIP = 1.0

# Whole tensors on the main process's CPU, however they are cut in training; of what is trained alone.
_WHOLE = StateDictOptions(full_state_dict=True, cpu_offload=True, ignore_frozen_params=True)

# A step is a list of forward passes, a pass a list of indices of examples.
Step = list[list[int]]


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast: the settings of `Train` that the loop reads, with their meaning there."""

    epochs: int
    lr: float
    batch_tokens: int
    warmup: float
    weight_decay: float
    seed: int
    batch_rows: int = 0
    validate_every: int = 0
    patience: int = 0
    checkpoint_every: int = 0


@dataclass(slots=True)
class Progress:
    """Where a run stands. A checkpoint holds all of it; when the run has ended, it is what the run came to.

    `tokens`, `trained_tokens` and `cells` (places that the model read) are over all steps. Of the epoch, in nats,
    `averaged` is the sum of the losses of its `rows` examples, each per trained token, and `summed` that over its
    `counted` trained tokens. `log` has a mapping a step and one a validation, in their order.
    """

    step: int = 0
    tokens: int = 0
    trained_tokens: int = 0
    cells: int = 0
    seconds: float = 0.0
    averaged: float = 0.0
    rows: int = 0
    summed: float = 0.0
    counted: int = 0
    best_loss: float = math.inf
    best_loss_per_token: float = math.inf
    best_step: int = 0
    without_better: int = 0
    log: list[dict[str, float]] = field(default_factory=list)

    @property
    def loss(self) -> float:
        """What is trained: the mean over the examples of the last epoch of their losses per trained token, in nats."""
        return self.averaged / self.rows if self.rows else math.nan

    @property
    def loss_per_token(self) -> float:
        """The mean over the trained tokens of the last epoch, in nats: long answers weigh more."""
        return self.summed / self.counted if self.counted else math.nan

    @property
    def padding(self) -> float:
        """The share of what the model read that was padding."""
        return max(0.0, 1 - self.tokens / self.cells) if self.cells else 0.0

    @property
    def shared(self) -> float:
        """The share of the tokens that the model did not read, since another row of the pass begins with them too."""
        return max(0.0, 1 - self.cells / self.tokens) if self.tokens else 0.0


def accelerator(size: int) -> Accelerator:
    """The device and the processes of this run, as `accelerate launch` set them up if it did; bf16 where it pays for a
    model of so many bytes."""
    half = precision.dtype(size) == torch.bfloat16
    made = Accelerator(mixed_precision="bf16" if half else "no", cpu=not torch.cuda.is_available())
    if made.distributed_type == DistributedType.MULTI_CPU and os.environ.get("ACCELERATE_USE_FSDP") == "true":
        # accelerate knows FSDP on GPUs alone; PyTorch's own runs on CPUs too, and is tested there.
        made.state.fsdp_plugin = FullyShardedDataParallelPlugin()
        PartialState().distributed_type = made.state.distributed_type = DistributedType.FSDP
    if made.distributed_type == DistributedType.DEEPSPEED:
        no_dataloader(made.state.deepspeed_plugin)
    return made


def no_dataloader(plugin: DeepSpeedPlugin) -> None:
    """Tell DeepSpeed what accelerate would read off a DataLoader, which this loop has none of."""
    # It counts for DeepSpeed's own logs alone.
    plugin.deepspeed_config["train_micro_batch_size_per_gpu"] = 1


def train(
    model: PreTrainedModel,
    examples: Sequence[Encoded],
    names: Sequence[str],
    pad: int,
    schedule: Schedule,
    held_out: Sequence[Encoded] = (),
    on: Accelerator | None = None,
    checkpoints: Checkpoints | None = None,
    log: Callable[[Mapping[str, float]], None] = lambda entry: None,
    what: str = "train",
) -> Run:
    """Train in place, to the weights with the lowest loss on `held_out`, or to the last ones where that is empty.

    Args:
        names: the ids of the examples, for messages.
        pad: the padding token's id.
        on: the device and the processes; by default the GPU or the CPU, and this one.
        checkpoints: where to go on from and what to keep; in the main process alone.
        log: called with the entries of `Progress.log`, those before the checkpoint too, in the main process.
        what: the progress bar's title.

    Raises:
        ModelError: a loss or the gradient is not finite.
    """
    with packing(model) as layout, in_place(model):
        epochs = _plan(examples, schedule, layout)
        steps = [step for epoch in epochs for step in epoch]
        ends = set(accumulate(map(len, epochs)))
        on = on or accelerator(sum(weight.nbytes for weight in model.parameters()))
        run = Run(model, on, pad, schedule, layout, len(steps), checkpoints)
        at = run.progress
        if run.resume() and run.main:
            again = "" if at.step < len(steps) else ", its last; to train again, remove .pica/checkpoints"
            say(f"goes on from step {at.step} of {len(steps)}{again}")
        for entry in at.log if run.main else ():
            log(entry)

        def due(every: int) -> bool:
            return at.step in ends if not every else at.step % every == 0

        first = at.step
        with tqdm(total=len(steps), initial=first, desc=what, unit="step", disable=not run.main) as bar:
            for step in steps[first:]:
                if schedule.patience and at.without_better >= schedule.patience:
                    break
                if at.step in ends:
                    at.averaged, at.rows, at.summed, at.counted = 0.0, 0, 0.0, 0
                loss = run.step(step, examples, names)
                log(at.log[-1])
                if held_out and (due(schedule.validate_every) or at.step == len(steps)):
                    run.validate(held_out)
                    log(at.log[-1])
                if due(schedule.checkpoint_every) and at.step < len(steps):
                    run.keep()
                bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
                bar.update()
        if at.step > first:
            run.keep()
        run.take_best()
        return run


class Run:
    """A model in training: what a step, a validation and a checkpoint do, in each of the processes alike.

    After `train`, `progress` says what the run came to and `weights` holds the trained ones, by the names of the model
    that was given, on the CPU of the main process.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        on: Accelerator,
        pad: int,
        schedule: Schedule,
        layout: Layout,
        total: int,
        checkpoints: Checkpoints | None,
    ) -> None:
        self.on, self.pad, self.schedule, self._layout = on, pad, schedule, layout
        self.main = on.is_main_process
        self.progress = Progress()
        self._trained = [name for name, p in model.named_parameters() if p.requires_grad]
        weights = [p for p in model.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(weights, lr=schedule.lr, weight_decay=schedule.weight_decay)
        self.model, self._optimizer = on.prepare(model, optimizer)
        self._bare = on.unwrap_model(self.model)
        self._checkpoints = checkpoints
        # The main process alone has a place for them, and all have to take part.
        self._keeps = broadcast_object_list([checkpoints is not None])[0]
        self._rate = get_cosine_schedule_with_warmup(optimizer, math.ceil(schedule.warmup * total), total)
        self._best: dict[str, torch.Tensor] = {}
        self.model.train()

    def step(self, step: Step, examples: Sequence[Encoded], names: Sequence[str]) -> float:
        """One optimizer step; returns the mean of its examples' losses, in nats.

        Raises:
            ModelError: that, or the gradient, is not finite; the weights are left as they were, but by DeepSpeed, which
                takes its step in the backward pass.
        """
        started, at = time.perf_counter(), self.progress
        # Dropout follows from the step alone, so that a run that goes on needs no state of the generators.
        torch.manual_seed(random.Random(f"{self.schedule.seed}/{at.step}/{self.on.process_index}").getrandbits(63))
        rows = [index for batch in step for index in batch]
        totals = torch.zeros(4, dtype=torch.float64, device=self.on.device)
        for number, batch in enumerate(step, 1):
            totals += self._forward_backward(batch, examples, len(rows), last=number == len(step))
        norm = float(self.on.clip_grad_norm_(self.model.parameters(), _CLIP))
        loss, summed, counted, cells = self.on.reduce(totals, "sum").tolist()
        if not math.isfinite(loss + norm):
            what = f"gradient's norm is {norm}" if math.isfinite(loss) else f"loss is {loss}"
            raise ModelError(
                f"the {what} at step {at.step + 1}, in the rows {', '.join(names[i] for i in rows)}. "
                "Lower the learning rate, or look at these rows."
            )
        rate = self._rate.get_last_lr()[0]
        self._optimizer.step()
        self._rate.step()
        self._optimizer.zero_grad(set_to_none=True)
        at.step += 1
        at.tokens += sum(len(examples[i].ids) for i in rows)
        at.trained_tokens += int(counted)
        at.cells += int(cells)
        at.averaged, at.rows = at.averaged + loss * len(rows), at.rows + len(rows)
        at.summed, at.counted = at.summed + summed, at.counted + int(counted)
        at.seconds += time.perf_counter() - started
        per_token = summed / counted
        at.log.append({"step": at.step, "loss": loss, "loss_per_token": per_token, "lr": rate, "grad_norm": norm})
        return loss

    def _forward_backward(self, batch: list[int], examples: Sequence[Encoded], rows: int, last: bool) -> torch.Tensor:
        """One pass over this process's share: its part of the step's loss, of the summed loss, of tokens and of cells.

        Gradients are averaged over the processes, hence the factor; they meet in a step's last pass alone.
        """
        inputs, weight = self._share(batch, examples)
        self.on.gradient_state._set_sync_gradients(last)
        with nullcontext() if last else self.on.no_sync(self.model):
            with self.on.autocast():
                losses, counts = batch_losses(self.model, inputs)
            loss = weight * (losses / counts).sum() / rows
            self.on.backward(loss * self.on.num_processes)
        cells = torch.tensor(inputs["input_ids"].numel(), device=self.on.device)
        return torch.stack([loss.detach(), weight * losses.detach().sum(), weight * counts.sum(), cells]).double()

    def _share(self, batch: list[int], examples: Sequence[Encoded]) -> tuple[dict[str, torch.Tensor], float]:
        """This process's rows of a pass, and 1; or one row and 0, where there is none for it: all must take part."""
        mine = batch[self.on.process_index :: self.on.num_processes]
        return collate([examples[i] for i in mine or batch[:1]], self.pad, self._layout), float(bool(mine))

    @torch.no_grad()
    def validate(self, held_out: Sequence[Encoded]) -> None:
        """The loss over `held_out`, as in training the mean over its examples, logged, and the weights kept when it is
        the lowest so far; the loss per trained token stands beside it.

        Raises:
            ModelError: it is not finite.
        """
        self.model.eval()
        totals = torch.zeros(4, dtype=torch.float64, device=self.on.device)
        made = batches(held_out, self.schedule.batch_tokens, seed=0, layout=self._layout)
        for batch in tqdm(made, desc="validate", unit="batch", leave=False, disable=not self.main):
            inputs, weight = self._share(batch, held_out)
            with self.on.autocast():
                losses, counts = batch_losses(self.model, inputs)
            rows = torch.tensor(len(losses), device=self.on.device)
            totals += weight * torch.stack([(losses / counts).sum(), rows, losses.sum(), counts.sum()])
        self.model.train()
        averaged, rows, summed, counted = self.on.reduce(totals, "sum").tolist()
        loss, per_token, at = averaged / rows, summed / counted, self.progress
        if not math.isfinite(loss):
            raise ModelError(f"the validation loss is {loss} at step {at.step}. Lower the learning rate.")
        at.log.append({"step": at.step, "validation_loss": loss, "validation_loss_per_token": per_token})
        at.without_better += 1
        if loss < at.best_loss:
            at.best_loss, at.best_loss_per_token, at.best_step, at.without_better = loss, per_token, at.step, 0
            self._best = self.weights()

    def weights(self) -> dict[str, torch.Tensor]:
        """The trained weights, whole, on the CPU of the main process; empty in the others. All processes call it."""
        state = get_model_state_dict(self._bare, options=_WHOLE)
        return {name: state[name].clone() for name in self._trained if name in state}

    def take_best(self) -> None:
        """Put the best weights into the model."""
        if self.progress.best_step:
            set_model_state_dict(self._bare, self._best, options=self._loading)
        self.model.eval()

    def keep(self) -> None:
        """Write a checkpoint, where there is a place for them. All processes call it."""
        if not self._keeps:
            return
        weights = self.weights()
        optimizer = get_optimizer_state_dict(self._bare, self._optimizer.optimizer, options=_WHOLE)
        if self._checkpoints is None:
            return
        tensors = {f"weights/{name}": weight for name, weight in weights.items()}
        tensors |= {f"best/{name}": weight for name, weight in self._best.items()}
        for name, state in optimizer["state"].items():
            tensors |= {f"optimizer/{name}/{key}": value.contiguous() for key, value in state.items()}
        facts = {
            "progress": asdict(self.progress),
            "rate": self._rate.state_dict(),
            "groups": optimizer["param_groups"],
        }
        self._checkpoints.save(self.progress.step, Checkpoint(tensors, facts))

    def resume(self) -> bool:
        """Take the state of the latest checkpoint. All processes call it; False where there is none."""
        found = self._checkpoints and self._checkpoints.latest()
        facts = broadcast_object_list([found.facts if found else None])[0]
        if facts is None:
            return False
        states: dict[str, dict[str, torch.Tensor]] = {"weights": {}, "best": {}, "optimizer": {}}
        for path, tensor in found.tensors.items() if found else ():
            kind, _, name = path.partition("/")
            states[kind][name] = tensor
        self._best = states["best"]
        set_model_state_dict(self._bare, states["weights"], options=self._loading)
        optimizer: dict[str, dict[str, torch.Tensor]] = {}
        for path, tensor in states["optimizer"].items():
            name, _, key = path.rpartition("/")
            optimizer.setdefault(name, {})[key] = tensor
        whole = {"state": optimizer, "param_groups": facts["groups"]} if found else {}
        set_optimizer_state_dict(self._bare, self._optimizer.optimizer, whole, options=self._loading)
        self._rate.load_state_dict(facts["rate"])
        for name, value in facts["progress"].items():
            setattr(self.progress, name, value)
        return True

    @property
    def _loading(self) -> StateDictOptions:
        return StateDictOptions(full_state_dict=True, broadcast_from_rank0=self.on.num_processes > 1, strict=False)


def _plan(examples: Sequence[Encoded], schedule: Schedule, layout: Layout) -> list[list[Step]]:
    """The steps of each epoch, made anew for each from its own seed."""
    return [_steps(examples, schedule, layout, schedule.seed + epoch) for epoch in range(schedule.epochs)]


def _steps(examples: Sequence[Encoded], schedule: Schedule, layout: Layout, seed: int) -> list[Step]:
    if not schedule.batch_rows:
        return [[batch] for batch in batches(examples, schedule.batch_tokens, seed, layout)]
    order = list(range(len(examples)))
    random.Random(seed).shuffle(order)
    steps = []
    for start in range(0, len(order), schedule.batch_rows):
        drawn = order[start : start + schedule.batch_rows]
        passes = batches([examples[i] for i in drawn], schedule.batch_tokens, seed, layout)
        steps.append([[drawn[i] for i in batch] for batch in passes])
    return steps
