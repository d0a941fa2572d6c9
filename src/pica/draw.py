"""Which rows are taken when not all are: those that come first by a hash of the seed and their id.

Adding rows moves few of the others, and the order of a file does not matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from heapq import nsmallest


def draw(ids: Iterable[str], limit: int | None, seed: int) -> list[str]:
    """At most `limit` of the ids, in the order of the draw."""
    if limit is None:
        return sorted(ids, key=lambda id: rank(id, seed))
    return nsmallest(limit, ids, key=lambda id: rank(id, seed))


def rank(id: str, seed: int) -> bytes:
    """Where an id stands in the draw: a hash, so that it does not depend on the other ids."""
    return hashlib.blake2b(f"{seed}:{id}".encode(), digest_size=8).digest()
