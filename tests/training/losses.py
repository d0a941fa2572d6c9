"""The loss of a model on examples, reckoned apart from the training loop."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from pica.training.attention import packing
from pica.training.batches import batches, collate
from pica.training.encode import Encoded
from pica.training.loss import batch_losses


@torch.no_grad()
def mean_loss(model: torch.nn.Module, examples: Sequence[Encoded], pad: int, batch_tokens: int) -> float:
    """The mean over `examples` of their losses per trained token, in nats."""
    summed = 0.0
    with packing(model) as layout:
        for batch in batches(examples, batch_tokens, seed=0, layout=layout):
            losses, counts = batch_losses(model, collate([examples[i] for i in batch], pad, layout))
            summed += (losses / counts).sum().item()
    return summed / max(len(examples), 1)
