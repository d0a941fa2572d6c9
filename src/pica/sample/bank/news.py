"""Headlines of newspapers that do not exist, by the emotion they show."""

from __future__ import annotations

from random import Random

from pica.sample.bank.slots import fill, load, pick, sentences

EMOTIONS = tuple(load("headlines")["emotions"])


def headline(rng: Random, emotion: str) -> str:
    """A headline with its «cause» marked, in rare cases two: "Bakers rage at «mayor's secret pay rise»"."""
    frames, words = load("headlines")["frames"], load("headlines")["emotions"][emotion]
    (kind,) = rng.choices(("cue", "adjective", "two", "bare"), (57, 26, 5, 12))
    given = {slot: pick(rng, words[slot]) for slot in ("cue", "adjective")}
    given["cause"], given["other"] = rng.sample(words["cause"], 2)
    who = pick(rng, load("headlines")["who"]["lines"])
    text = sentences(fill(rng, rng.choice(frames[kind]), who=who, **given))
    return " ".join(map(_title, text.split())) if rng.random() < 0.5 else text


def _title(word: str) -> str:
    """A word as in a headline where they are capitalised; short ones stay as they are."""
    start = word.lstrip("«‘“")
    return word[: len(word) - len(start)] + (start[:1].upper() + start[1:] if len(start) > 3 else start)
