"""Which rows are taken when not all of them are: those that come first by a hash of the seed and their id.

Adding rows moves few of the others, and the order of a file does not matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np


def sample(ids: Iterable[str], limit: int | None, seed: int) -> list[str]:
    """At most `limit` of the ids, sorted by their rank."""
    ids = list(ids)
    return [ids[place] for place in order(ids, seed)[:limit].tolist()]


def sample_each(groups: Iterable[tuple[str, str]], limit: int | None, seed: int) -> list[tuple[str, str]]:
    """At most `limit` ids of each group, groups in the order of their first id.

    Args:
        groups: pairs of a group, such as a view, and an id in it.
    """
    of_group: dict[str, list[str]] = {}
    for group, id in groups:
        of_group.setdefault(group, []).append(id)
    return [(group, id) for group, ids in of_group.items() for id in sample(ids, limit, seed)]


def sample_asked(
    rows: Iterable[Mapping[str, Any]], closed_only: bool, limit: int | None, seed: int
) -> set[tuple[str, str]]:
    """View and id of the rows of an instruction file that systems are asked: at most `limit` of each view.

    Args:
        rows: id, name and is_classification of each.
        closed_only: whether views with closed labels alone are asked.
    """
    known = ((row["name"], row["id"]) for row in rows if row["is_classification"] or not closed_only)
    return set(sample_each(known, limit, seed))


def order(ids: Sequence[str], seed: int) -> np.ndarray:
    """The indices that sort the ids by their rank."""
    return np.argsort(ranks(ids, seed), kind="stable")


def ranks(ids: Sequence[str], seed: int) -> np.ndarray:
    """The rank of each id [uint64]: a hash, so that it does not depend on the other ids."""
    key = f"{seed}:".encode()
    digests = b"".join([hashlib.blake2b(key + id.encode(), digest_size=8).digest() for id in ids])
    return np.frombuffer(digests, ">u8").astype(np.uint64)
