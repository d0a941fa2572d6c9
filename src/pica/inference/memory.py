"""What a model has read lately, so that a prompt which begins like an earlier one is read on from there.

    memory.begin(body, [1, 5, 9, 7, 2])         a cache that holds 1, 5, 9 and 7, if an earlier prompt began with these
    memory.keep(body, [1, 5, 9, 7, 2], cache)   the cache after the prompt, for the prompts to come

The questions of a chat begin with the same request at each turn, and while it is short, with the same turns. Keys and
values of a token depend on the tokens before it alone, so they are those that reading anew would give.
"""

from __future__ import annotations

from collections.abc import Sequence

from transformers import Cache, DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer

from pica.inference.reading import SHARED, alike

# Prompts that are kept: those of three chats, each of which asks five questions a turn.
_PROMPTS = 16


class Memory:
    """The last prompts with their keys and values, the latest one last. Not to be used by two threads at once."""

    def __init__(self) -> None:
        self._kept: list[tuple[list[int], Cache]] = []

    def begin(self, body: PreTrainedModel, prompt: Sequence[int]) -> Cache:
        """A cache that holds as much of the prompt's beginning as is known, its last token left to read."""
        known = ((alike(ids, prompt), cache) for ids, cache in self._kept)
        shared, found = max(known, key=lambda one: one[0], default=(0, None))
        shared = min(shared, len(prompt) - 1)
        return _beginning(body, found, shared) if shared >= SHARED else DynamicCache(config=body.config)

    def keep(self, body: PreTrainedModel, prompt: Sequence[int], cache: Cache) -> None:
        """Keep what a cache holds of a prompt; prompts that it goes on from are dropped, and the oldest where there are
        too many. What cannot be cut at a token (sliding windows, recurrent states) is not kept."""
        if not all(type(layer) is DynamicLayer for layer in cache.layers) or cache.get_seq_length() < len(prompt):
            return
        self._kept = [(ids, kept) for ids, kept in self._kept if alike(ids, prompt) < len(ids)]
        self._kept = [*self._kept[1 - _PROMPTS :], (list(prompt), _beginning(body, cache, len(prompt)))]


def _beginning(body: PreTrainedModel, cache: Cache, length: int) -> Cache:
    """A copy of a cache's first places."""
    made = DynamicCache(config=body.config)
    for number, layer in enumerate(cache.layers):
        made.update(layer.keys[..., :length, :], layer.values[..., :length, :], number)
    return made
