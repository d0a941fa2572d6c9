"""Examples in batches → the loss of each, in training and in validation alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from pica.training.batches import batches, collate
from pica.training.encode import IGNORED, Encoded


def batch_losses(model: PreTrainedModel, inputs: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Each example's summed cross-entropy over its trained tokens, in nats, and their number; both of shape (batch,).

    Logits are made only from the first trained token on: with answers at the right end that is a small part of a batch.
    """
    labels = inputs["labels"].to(model.device)
    width = labels.shape[1]
    first = int((labels != IGNORED).any(0).nonzero()[0])
    # Position i predicts token i + 1.
    keep = width - max(first - 1, 0)
    given = {name: tensor.to(model.device) for name, tensor in inputs.items() if name != "labels"}
    logits = model(**given, logits_to_keep=keep, use_cache=False).logits[:, :-1].float()
    targets = labels[:, width - keep + 1 :]
    losses = cross_entropy(logits.transpose(1, 2), targets, ignore_index=IGNORED, reduction="none")
    return losses.sum(1), (targets != IGNORED).sum(1)


@torch.no_grad()
def mean_loss(model: PreTrainedModel, examples: Sequence[Encoded], pad: int, batch_tokens: int) -> float:
    """The loss per trained token over `examples`, in nats."""
    summed = count = 0.0
    for batch in batches(examples, batch_tokens, seed=0):
        losses, counts = batch_losses(model, collate([examples[i] for i in batch], pad))
        summed, count = summed + losses.sum().item(), count + counts.sum().item()
    return summed / max(count, 1)
