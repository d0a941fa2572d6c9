"""Reviews of things, books, eateries, hotels and films, by stars: the words tell how good it was."""

from __future__ import annotations

from collections.abc import Sequence

from pica.sample.bank.slots import Part, fill, load, pick, sentences

GRADES = ("awful", "bad", "fair", "good", "superb")
# What TripAdvisor's reviews, as they are published, have lost.
STOP_WORDS = frozenset(" ".join(load("reviews")["stop_words"]["lines"]).split())

# How often each grade comes up in a review of so many stars.
_MIX: dict[int, tuple[int, int, int, int, int]] = {
    1: (65, 30, 0, 5, 0),
    2: (8, 62, 14, 16, 0),
    3: (0, 20, 60, 20, 0),
    4: (0, 16, 14, 62, 8),
    5: (0, 5, 0, 30, 65),
}


def review(rng: Part, domain: str, stars: int, length: int) -> list[str]:
    """The sentences of a review: perhaps an opening, `length` judgements, perhaps a verdict.

    Args:
        domain: `product`, `book`, `eatery`, `hotel` or `film`.
        stars: 1 to 5.
    """
    words = {**load("words"), **load("reviews")[domain]}
    parts = [pick(rng, words["open"], words)] if rng.random() < 0.7 else []
    for _ in range(length):
        (grade,) = rng.choices(GRADES, _MIX[stars])
        part = _judgement(rng, domain, grade, words)
        parts.append(fill(rng, f'As my {{kin}} would say: "{sentences(part)}"') if rng.random() < 0.06 else part)
    if rng.random() < 0.12:
        parts.insert(rng.randrange(len(parts)), pick(rng, load("reviews")["hearsay"]["lines"]))
    if rng.random() < 0.5:
        parts.append(verdict(rng, stars))
    return [sentences(part) for part in parts]


def verdict(rng: Part, stars: int) -> str:
    """A short sentence that sums a review up: "Not recommended."."""
    return pick(rng, load("reviews")["verdict"][GRADES[stars - 1]])


def aspect(rng: Part, domain: str) -> str:
    """What a review of the domain speaks of: "the lid"."""
    return fill(rng, rng.choice(load("reviews")[domain]["aspects"]))


def _judgement(rng: Part, domain: str, grade: str, words: dict[str, Sequence[str]]) -> str:
    if rng.random() < 0.3:
        return pick(rng, words[grade], words)
    contrast = grade != "fair" and rng.random() < 0.12
    other = {"awful": "good", "bad": "good", "good": "bad", "superb": "bad"}.get(grade, "fair")
    frames, grades = load("reviews")["frames"], load("reviews")["grades"]
    first, second, third = rng.sample(words["aspects"], 3)
    return fill(
        rng,
        rng.choice(frames["two" if contrast else "one"]),
        it=f"{first} {rng.choice(grades[grade])}",
        that=f"{second} {rng.choice(grades[grade])}",
        **{"else": f"{third} {rng.choice(grades[other])}"},
    )
