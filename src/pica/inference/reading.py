"""Prompts of a batch that a model has read, and reads on from.

    read     <|user|> Which emotion … ? We won!   and, in the same batch,   … ? They cut the hedge.
    kept     the cache of all rows, padded on the left; what they begin with was read once
    next     the logits after each row, one more token in each, and so on

Rows that have said all they will are dropped on the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import Cache, PreTrainedModel
from transformers.cache_utils import DynamicLayer

from pica.training import adapter as adapters

# A beginning of fewer tokens is read again: a pass of its own would take longer.
SHARED = 16


@dataclass(slots=True)
class Reading:
    """Prompts that a model has read up to some token, and the logits after it, `[rows, vocabulary]`."""

    model: PreTrainedModel
    cache: Cache
    mask: torch.Tensor
    positions: torch.Tensor
    logits: torch.Tensor

    @classmethod
    def start(cls, model: PreTrainedModel, pad: int, prompts: Sequence[list[int]]) -> Reading:
        """The prompts, padded on the left."""
        body, cache, past = beginning(model, prompts)
        rest = [prompt[past.shared :] for prompt in prompts]
        ids, mask, positions = padded(rest, pad, past.length, model.device)
        width = ids.shape[1] - past.length
        logits = body(
            input_ids=ids[:, past.length :],
            attention_mask=mask,
            position_ids=positions[:, past.length :],
            past_key_values=cache,
            # A place, not a number, of which transformers cuts a view, which is multiplied row by row.
            logits_to_keep=torch.tensor([width - 1], device=ids.device),
        ).logits
        return cls(body, cache, mask, positions[:, -1:], logits[:, -1])

    def go_on(self, tokens: torch.Tensor) -> None:
        """Read one more token in each row."""
        self.mask = torch.cat([self.mask, torch.ones_like(tokens)[:, None]], 1)
        self.positions = self.positions + 1
        self.logits = self.model(
            input_ids=tokens[:, None],
            attention_mask=self.mask,
            position_ids=self.positions,
            past_key_values=self.cache,
            logits_to_keep=1,
        ).logits[:, -1]

    @property
    def drops(self) -> bool:
        """Whether rows can be dropped: a recurrent state has no way to."""
        return all(hasattr(layer, "batch_select_indices") for layer in self.cache.layers)

    def keep(self, rows: Sequence[int]) -> None:
        """Drop all other rows."""
        if len(rows) == len(self.mask):
            return
        chosen = torch.tensor(rows, device=self.mask.device, dtype=torch.long)
        self.cache.batch_select_indices(chosen)
        self.mask, self.positions, self.logits = self.mask[chosen], self.positions[chosen], self.logits[chosen]


@dataclass(frozen=True, slots=True)
class Past:
    """What the cache holds: a prefix adapter's states and the first `shared` tokens of each prompt."""

    shared: int
    length: int


def beginning(model: PreTrainedModel, prompts: Sequence[list[int]]) -> tuple[PreTrainedModel, Cache, Past]:
    """The model to call, and a cache that has read what all prompts begin with, if that is worth a pass."""
    shared = min(alike(min(prompts), max(prompts)), min(map(len, prompts)) - 1)
    body, cache = adapters.with_prefix_cache(model, 1)
    prefix = cache.get_seq_length()
    if len(prompts) == 1 or shared < SHARED or not all(type(layer) is DynamicLayer for layer in cache.layers):
        body, cache = adapters.with_prefix_cache(model, len(prompts))
        return body, cache, Past(0, prefix)
    ids = torch.tensor([prompts[0][:shared]], device=model.device)
    mask = torch.ones(1, prefix + shared, dtype=torch.long, device=model.device)
    positions = torch.arange(prefix, prefix + shared, device=model.device)[None]
    no_logits = torch.empty(0, dtype=torch.long, device=model.device)
    body(input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache, logits_to_keep=no_logits)
    cache.batch_repeat_interleave(len(prompts))
    return body, cache, Past(shared, prefix + shared)


def alike(first: Sequence[int], last: Sequence[int]) -> int:
    """How many tokens two prompts begin with in common; of the first and the last of sorted ones, what all do."""
    pairs = enumerate(zip(first, last, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(first), len(last)))


def padded(
    prompts: Sequence[Sequence[int]], pad: int, past: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """ids, attention mask and positions of shape (prompts, past + longest), padded on the left.

    The first `past` places stand for what the cache holds already; which ids are there does not matter.
    """
    width = max(map(len, prompts))
    ids = torch.tensor([[pad] * (past + width - len(p)) + list(p) for p in prompts], device=device)
    rows = [[1] * past + [0] * (width - len(p)) + [1] * len(p) for p in prompts]
    mask = torch.tensor(rows, device=device)
    return ids, mask, (mask.cumsum(1) - 1).clamp(min=0)
