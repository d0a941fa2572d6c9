"""Headlines of newspapers that do not exist, by the emotion they show."""

from __future__ import annotations

from pica.sample.bank.slots import Part, fill, load, sentences, several

EMOTIONS = tuple(load("headlines")["emotions"])


def headline(rng: Part, emotion: str) -> str:
    """A headline with its «cause» marked, in rare cases two: "Bakers rage at «mayor's secret pay rise»"."""
    frames, words = load("headlines")["frames"], load("headlines")["emotions"][emotion]
    given = {slot: rng.choice(words[slot]) for slot in ("cue", "adjective")}
    given |= zip(("cause", "other"), several(rng, words["cause"], 2), strict=False)
    (kind,) = rng.choices(("cue", "adjective", "two", "bare"), (57, 26, 5 if "other" in given else 0, 12))
    who = rng.choice(load("headlines")["who"]["lines"])
    text = sentences(fill(rng, rng.choice(frames[kind]), who=who, **given))
    return " ".join(map(_title, text.split())) if rng.random() < 0.5 else text


def _title(word: str) -> str:
    """A word as in a headline where they are capitalised; short ones stay as they are."""
    start = word.lstrip("«‘“")
    return word[: len(word) - len(start)] + (start[:1].upper() + start[1:] if len(start) > 3 else start)
