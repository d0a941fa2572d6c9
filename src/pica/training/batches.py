"""Encoded examples → batches: packed into rows without padding, or, where a model cannot, padded to like lengths.

    packed   [a a a a a b b c c c]      padded   [a a a a]      . is padding, on the right, where causal
    shared   [a a a a a b c c]                   [b b b .]      attention sees none of it
Examples of one chat template begin alike. What all of a row begin with stands in it once where it is shared, and each
of them attends to it. Batches are made anew each epoch, the same ones for the same seed.
"""

from __future__ import annotations

import random
from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum

import numpy as np
import torch

from pica.training.encode import IGNORED, Encoded

# Rows are put together inside windows of this many batches: little waste, and still a mixture in every step.
_WINDOW = 16


class Layout(Enum):
    """How the examples of a batch lie in its tensors."""

    PADDED = "padded"
    PACKED = "packed"
    SHARED = "shared"  # packed, with what all begin with but once


def batches(examples: Sequence[Encoded], tokens: int, seed: int, layout: Layout = Layout.PADDED) -> list[list[int]]:
    """Indices of `examples` in batches of at most `tokens` tokens, padding counted (one long example may exceed it)."""
    lengths = [len(example.ids) for example in examples]
    order = list(range(len(lengths)))
    shuffle = random.Random(seed)
    shuffle.shuffle(order)
    mean = max(1, sum(lengths) // max(1, len(lengths)))
    window = _WINDOW * max(1, tokens // mean)
    together = _by_length if layout is Layout.PADDED else _best_fit
    made: list[list[int]] = []
    for start in range(0, len(order), window):
        by_length = sorted(order[start : start + window], key=lambda i: (lengths[i], i))
        made += together(by_length, lengths, tokens)
    shuffle.shuffle(made)
    return made


def _by_length(order: Sequence[int], lengths: Sequence[int], tokens: int) -> Iterator[list[int]]:
    """Neighbours in `order`, which is by length, shortest first."""
    batch: list[int] = []
    for index in order:
        # Sorted by length, so this example is the longest of its batch.
        if batch and lengths[index] * (len(batch) + 1) > tokens:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _best_fit(order: Sequence[int], lengths: Sequence[int], tokens: int) -> list[list[int]]:
    """The longest first, each into the batch that it fills best, or into a new one."""
    made: list[list[int]] = []
    room: list[tuple[int, int]] = []  # tokens that are free, and in which batch; sorted
    for index in reversed(order):
        at = bisect_left(room, (lengths[index], 0))
        if at < len(room):
            free, batch = room.pop(at)
        else:
            free, batch = tokens, len(made)
            made.append([])
        made[batch].append(index)
        insort(room, (free - lengths[index], batch))
    return made


def collate(examples: Sequence[Encoded], pad: int, layout: Layout = Layout.PADDED) -> dict[str, torch.Tensor | int]:
    """A batch's input for the model, and what `batch_losses` needs beside it.

    Padded, tensors have the shape (examples, longest), else (1, tokens): `position_ids` start anew in each example, and
    its bounds among queries and keys have the names that attention functions know. `shared_prefix` is how many tokens
    of the first example the others attend to as their own; their positions go on from there. `targets` are the tokens
    to predict at each position, IGNORED where none is trained; `example` says whose position it is.
    """
    shared = shared_prefix(examples) if layout is Layout.SHARED else 0
    before = np.array([0] + [shared] * (len(examples) - 1))
    parts = [Encoded(e.ids[at:], e.labels[at:]) for e, at in zip(examples, before.tolist(), strict=True)]
    lengths = np.array([len(part.ids) for part in parts])
    bounds = _bounds(lengths)
    labels = np.concatenate([part.labels for part in parts], dtype=np.int64)
    tokens = {
        "input_ids": np.concatenate([part.ids for part in parts], dtype=np.int64),
        # Position i predicts token i + 1, and an example's last position none.
        "targets": np.roll(labels, -1),
        "example": np.repeat(np.arange(len(parts)), lengths),
    }
    tokens["targets"][bounds[1:] - 1] = IGNORED
    if layout is Layout.PADDED:
        text = np.arange(lengths.max()) < lengths[:, None]
        blank = {"input_ids": pad, "targets": IGNORED, "example": 0}
        return {name: _padded(values, text, blank[name]) for name, values in tokens.items()}
    tokens["position_ids"] = np.arange(bounds[-1]) - np.repeat(bounds[:-1] - before, lengths)
    return {
        **{name: torch.from_numpy(values)[None] for name, values in tokens.items()},
        "cu_seq_lens_q": torch.from_numpy(bounds),
        "cu_seq_lens_k": torch.from_numpy(_bounds(lengths + before)),
        "max_length_q": int(lengths.max()),
        "max_length_k": int((lengths + before).max()),
        # FlashAttention does not know it, and needs not to.
        **({"shared_prefix": shared} if layout is Layout.SHARED else {}),
    }


def shared_prefix(examples: Sequence[Encoded]) -> int:
    """How many tokens all examples begin with, none of which has to predict a token that is trained."""
    if len(examples) == 1:
        return 0
    length = min(map(_untrained, examples))
    first = np.asarray(examples[0].ids[:length])
    alike = np.all([np.asarray(example.ids[:length]) == first for example in examples], axis=0)
    return length if alike.all() else int(alike.argmin())


def _untrained(example: Encoded) -> int:
    """How many tokens stand before the one that predicts the first trained one, or before the last where none is."""
    (trained,) = np.nonzero(np.asarray(example.labels) != IGNORED)
    return max((int(trained[0]) if len(trained) else len(example.labels)) - 1, 0)


def _bounds(lengths: np.ndarray) -> np.ndarray:
    """Where parts of these lengths start, and the end."""
    return np.concatenate([[0], lengths.cumsum()], dtype=np.int32)


def _padded(values: np.ndarray, text: np.ndarray, blank: int) -> torch.Tensor:
    """`values` where `text` is true, `blank` elsewhere."""
    rows = np.full(text.shape, blank)
    rows[text] = values
    return torch.from_numpy(rows)


def split(
    batch: Mapping[str, torch.Tensor | int], model: torch.nn.Module
) -> tuple[dict[str, torch.Tensor | int], torch.Tensor, torch.Tensor]:
    """A batch of `collate`, on the model's device: what the model takes, `targets` and `example`."""
    device = next(model.parameters()).device
    given = {name: value.to(device) if torch.is_tensor(value) else value for name, value in batch.items()}
    return given, given.pop("targets"), given.pop("example")
