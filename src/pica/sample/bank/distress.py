"""Posts of people who have a hard time, by what causes it, and what strangers answer, by how they show empathy."""

from __future__ import annotations

from collections.abc import Mapping

from pica.sample.bank.english import clause, feeling
from pica.sample.bank.slots import Part, fill, load, pick, sentences, several

CAUSES = tuple(load("worries")["cause"])
MECHANISMS = ("reaction", "interpretation", "exploration")


def post(rng: Part, cause: str) -> list[str]:
    """The sentences of a post: how its writer is, and one to three about the cause (one of CAUSES), or none."""
    other = load("worries")["other"]
    if cause in CAUSES:
        lines = load("worries")["cause"][cause]
        body = several(rng, lines, rng.choice((1, 2, 2, 3)))
    else:
        body = several(rng, other["no reason"], rng.choice((0, 1, 2)))
    # Now and then something else is mentioned, which is not the cause.
    if rng.random() < 0.25:
        body.append(pick(rng, load("worries")["cause"][rng.choice(CAUSES)]))
    body += several(rng, other["state"], rng.choice((1, 2, 3)))
    rng.shuffle(body)
    opening = [pick(rng, other["open"])] if rng.random() < 0.6 else []
    ending = [pick(rng, other["close"])] if rng.random() < 0.6 else []
    return [sentences(fill(rng, line)) for line in (*opening, *body, *ending)]


def answer(rng: Part, levels: Mapping[str, str], emotion: str, event: str) -> list[str]:
    """The sentences that answer a post: for each mechanism of empathy in its order, and perhaps one without any.

    Args:
        levels: mechanism (of MECHANISMS) → `weak` or `strong`; a mechanism that is left out is not used.
        emotion: what the writer of the post feels.
        event: what happened to that person: "you lost your job".
    """
    said = load("responses")
    given = {
        "event": event,
        "feel": feeling(rng, emotion, "you"),
        "mine": clause(rng, emotion),
        "felt": feeling(rng, emotion),
    }
    lines = [pick(rng, said[mechanism][levels[mechanism]], **given) for mechanism in MECHANISMS if mechanism in levels]
    if not lines or rng.random() < 0.4:
        # Before the questions, which come last.
        lines.insert(len(lines) - ("exploration" in levels), pick(rng, said["plain"]["lines"]))
    return [sentences(line) for line in lines]
