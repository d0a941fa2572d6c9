"""Chinese texts: what people bring to a counsellor, and what the counsellor answers."""

from __future__ import annotations

from random import Random
from typing import Any

from pica.sample.bank.slots import load, pick

PROBLEMS: tuple[dict[str, Any], ...] = load("chinese")["problems"]


def client(rng: Random, kind: str, **given: str) -> str:
    """What a client says, whatever the problem: `feel`, `seek`, `accept`, `doubt` or `thank`."""
    return pick(rng, load("chinese")["client"][kind], load("chinese")["words"], **given)


def counselor(rng: Random, kind: str, **given: str) -> str:
    """What a counsellor says to any problem: `empathy`, `comfort`, `encourage`, `close`, or `restate` a `gist`."""
    return pick(rng, load("chinese")["counselor"][kind], load("chinese")["words"], **given)


def about(rng: Random, text: str, **given: str) -> str:
    """A text of a problem, its slots filled."""
    return pick(rng, (text,), load("chinese")["words"], **given)
