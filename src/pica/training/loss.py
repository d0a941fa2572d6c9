"""Examples in batches → the loss of each, in training and in validation alike."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch.nn.functional import cross_entropy

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
    losses = cross_entropy(logits.float(), targets[trained], reduction="none")
    owner, examples = example[trained], int(batch["example"].max()) + 1
    return losses.new_zeros(examples).index_add(0, owner, losses), torch.bincount(owner, minlength=examples)
