"""Examples in batches → the loss of each, in training and in validation alike."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch.autograd.function import FunctionCtx

from pica.training.batches import split
from pica.training.encode import IGNORED


def batch_losses(model: torch.nn.Module, batch: Mapping[str, torch.Tensor | int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Each example's summed cross-entropy over its trained tokens, in nats, and their number; of shape (examples,).

    Logits are made only where a token is trained: one position in ten, and with a large vocabulary most of the memory.

    Args:
        batch: as `collate` makes it.
    """
    inputs, targets, example = split(batch, model)
    trained = targets != IGNORED
    logits = model(**inputs, logits_to_keep=trained, use_cache=False).logits
    if logits.shape[:-1] == targets.shape:  # a class that makes all of them whatever it is told (xLSTM)
        logits = logits[trained]
    losses = CrossEntropy.apply(logits, targets[trained])
    owner, examples = example[trained], int(batch["example"].max()) + 1
    return losses.new_zeros(examples).index_add(0, owner, losses), torch.bincount(owner, minlength=examples)


# Logits that are looked at together: few enough for a CPU's cache, many enough for a GPU.
_TOGETHER = 2**20


class CrossEntropy(torch.autograd.Function):
    """That of each row in fp32, without logits, log-probabilities and gradients in fp32 of all rows at once.

    Logits are of shape (tokens, vocabulary), targets and losses of shape (tokens,).
    """

    @staticmethod
    def forward(ctx: FunctionCtx, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        parts = logits.split(_rows(logits))
        sums = torch.cat([part.float().logsumexp(-1) for part in parts])
        ctx.save_for_backward(logits, targets, sums)
        return sums - logits.gather(1, targets[:, None])[:, 0].float()

    @staticmethod
    def backward(ctx: FunctionCtx, grad: torch.Tensor) -> tuple[torch.Tensor, None]:
        logits, targets, sums = ctx.saved_tensors
        states = (logits, targets[:, None], sums[:, None], grad[:, None])
        made = torch.empty_like(logits)
        for out, part, target, total, weight in zip(*(t.split(_rows(logits)) for t in (made, *states)), strict=True):
            probabilities = (part.float() - total).exp_()
            out.copy_(probabilities.scatter_add_(1, target, -torch.ones_like(total)).mul_(weight))
        return made, None


def _rows(logits: torch.Tensor) -> int:
    return max(1, _TOGETHER // logits.shape[1])
