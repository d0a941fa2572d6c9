"""Chinese texts: what people bring to a counsellor, and what the counsellor answers."""

from __future__ import annotations

from typing import Any

from pica.sample.bank.slots import Part, fill, load, own, pick


def problem(rng: Part) -> dict[str, Any]:
    """What somebody brings to a counsellor, in lines of both sides: `gist`, `open`, `detail`, `ask` and `advise`."""
    return rng.choice(own(load("chinese")["problems"], rng.split))


def client(rng: Part, kind: str, **given: str) -> str:
    """What a client says, whatever the problem: `feel`, `seek`, `accept`, `doubt` or `thank`."""
    return pick(rng, load("chinese")["client"][kind], load("chinese")["words"], **given)


def counselor(rng: Part, kind: str, **given: str) -> str:
    """What a counsellor says to any problem: `empathy`, `comfort`, `encourage`, `close`, or `restate` a `gist`."""
    return pick(rng, load("chinese")["counselor"][kind], load("chinese")["words"], **given)


def about(rng: Part, text: str, **given: str) -> str:
    """A text of a problem, its slots filled."""
    return fill(rng, text, load("chinese")["words"], **given)
