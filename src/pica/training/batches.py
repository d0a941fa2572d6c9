"""Encoded examples → batches of like lengths, padded on the left so that answers end together.

Batches are made anew each epoch, the same ones for the same seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import torch

from pica.training.encode import IGNORED, Encoded

# Rows are sorted by length inside windows of this many batches: little padding, and still a mixture in every step.
_WINDOW = 16


def batches(examples: Sequence[Encoded], tokens: int, seed: int) -> list[list[int]]:
    """Indices of `examples` in batches of at most `tokens` tokens, padding counted (one long example may exceed it)."""
    order = list(range(len(examples)))
    shuffle = random.Random(seed)
    shuffle.shuffle(order)
    mean = max(1, sum(len(e.ids) for e in examples) // max(1, len(examples)))
    window = _WINDOW * max(1, tokens // mean)
    made: list[list[int]] = []
    for start in range(0, len(order), window):
        made += _by_length(
            sorted(order[start : start + window], key=lambda i: (len(examples[i].ids), i)), examples, tokens
        )
    shuffle.shuffle(made)
    return made


def _by_length(order: Sequence[int], examples: Sequence[Encoded], tokens: int) -> Iterator[list[int]]:
    batch: list[int] = []
    for index in order:
        # Sorted by length, so this example is the longest of its batch.
        if batch and len(examples[index].ids) * (len(batch) + 1) > tokens:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def collate(examples: Sequence[Encoded], pad: int) -> dict[str, torch.Tensor]:
    """Tensors of shape (batch, longest): input_ids, attention_mask, position_ids, labels; padded on the left."""
    width = max(len(e.ids) for e in examples)
    ids = torch.full((len(examples), width), pad)
    labels = torch.full((len(examples), width), IGNORED)
    for row, example in enumerate(examples):
        ids[row, width - len(example.ids) :] = torch.tensor(example.ids)
        labels[row, width - len(example.ids) :] = torch.tensor(example.labels)
    lengths = torch.tensor([len(e.ids) for e in examples])
    mask = (torch.arange(width) >= (width - lengths)[:, None]).long()
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "position_ids": (mask.cumsum(1) - 1).clamp(min=0),
        "labels": labels,
    }
