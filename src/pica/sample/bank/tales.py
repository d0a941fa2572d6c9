"""Passages of novels that do not exist."""

from __future__ import annotations

from pica.sample.bank.english import clause, feeling
from pica.sample.bank.slots import Part, fill, load, pick


def passage(rng: Part, emotion: str) -> str:
    """A passage about somebody with a basic emotion: clauses without commas, most with a «cause», marked, or two.

    "rain ran down the panes but when «Omar read her diary aloud» Ada was livid and closed the door"
    """
    (person, names), lines = rng.choice((("she", "woman"), ("he", "man"))), load("tales")
    said = {
        "clause": clause(rng, emotion, person),
        "another": clause(rng, emotion, person),
        "feel": feeling(rng, emotion, person),
        "act": pick(rng, lines["act"][emotion], my={"she": "her", "he": "his"}[person]),
        "setting": pick(rng, lines["setting"]),
        "after": pick(rng, lines["after"]),
        "who": rng.choice((person, fill(rng, "{" + names + "}"))),
    }
    frame = rng.choice(lines["frames"])
    return fill(rng, frame, was="was", **said)
