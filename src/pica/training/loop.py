"""The training loop: one model, encoded examples, a token budget a step.

It serves the pre-training of the tiny base and the fine-tuning of an adapter alike: what is trained is what has
`requires_grad`. Every example weighs the same, however long its answer: by the token, a reply of forty would drown a
label of two. A loss that is not finite stops the run.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from tqdm import tqdm
from transformers import PreTrainedModel, get_cosine_schedule_with_warmup

from pica.errors import ModelError
from pica.training.batches import batches, collate
from pica.training.encode import Encoded
from pica.training.loss import batch_losses

# Gradients of a rare batch can be many times the usual; one such step undoes a hundred others.
_CLIP = 1.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast: `batch_tokens` a step, padding counted; `warmup` as a share of all steps."""

    epochs: int
    lr: float
    batch_tokens: int
    warmup: float
    weight_decay: float
    seed: int


@dataclass(frozen=True, slots=True)
class Trained:
    """What a run came to. `loss` is the mean over the last epoch, per trained token, in nats."""

    steps: int
    loss: float
    tokens: int
    trained_tokens: int
    padding: float
    seconds: float


def train(
    model: PreTrainedModel,
    examples: Sequence[Encoded],
    pad: int,
    schedule: Schedule,
    log: Callable[[Mapping[str, float], int], None],
    after_epoch: Callable[[int], None] = lambda step: None,
    what: str = "train",
) -> Trained:
    """Train in place.

    Args:
        pad: the padding token's id.
        log: called with `{"loss", "lr"}` and the step, after each step.
        after_epoch: called with the step after each epoch, with the model in evaluation mode (validation).
        what: the progress bar's title.

    Raises:
        ModelError: the loss is not finite.
    """
    torch.manual_seed(schedule.seed)
    plan = [batches(examples, schedule.batch_tokens, schedule.seed + epoch) for epoch in range(schedule.epochs)]
    total = sum(map(len, plan))
    weights = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=schedule.lr, weight_decay=schedule.weight_decay)
    rate = get_cosine_schedule_with_warmup(optimizer, math.ceil(schedule.warmup * total), total)
    step = tokens = trained = cells = 0
    started = time.perf_counter()
    with tqdm(total=total, desc=what, unit="step") as bar:
        for epoch in plan:
            model.train()
            summed = count = 0.0
            for batch in epoch:
                rows = [examples[i] for i in batch]
                inputs = collate(rows, pad)
                losses, counts = batch_losses(model, inputs)
                mean = (losses / counts).mean()
                answers = int(counts.sum())
                if not torch.isfinite(mean):
                    raise ModelError(f"the loss is {mean.item()} at step {step + 1}. Lower the learning rate.")
                mean.backward()
                torch.nn.utils.clip_grad_norm_(weights, _CLIP)
                optimizer.step()
                rate.step()
                optimizer.zero_grad(set_to_none=True)
                step += 1
                summed, count = summed + losses.sum().item(), count + answers
                tokens, trained = tokens + sum(len(r.ids) for r in rows), trained + answers
                cells += inputs["input_ids"].numel()
                log({"loss": mean.item(), "lr": rate.get_last_lr()[0]}, step)
                bar.set_postfix(loss=f"{mean.item():.3f}", refresh=False)
                bar.update()
            model.eval()
            after_epoch(step)
    return Trained(
        steps=step,
        loss=summed / count if total else math.nan,
        tokens=tokens,
        trained_tokens=trained,
        padding=1 - tokens / cells if cells else 0.0,
        seconds=time.perf_counter() - started,
    )
