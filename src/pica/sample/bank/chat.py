"""Chats of three short turns between strangers, as people type them."""

from __future__ import annotations

import re

from pica.sample.bank.english import FAMILIES, felt, say
from pica.sample.bank.slots import Part, load, pick

# Words as they are typed in a hurry.
_SHORT = {"you": "u", "your": "ur", "are": "r", "because": "coz", "thanks": "thx", "what": "wat", "don't": "dont"}
_FAMILY = {"happy": "joy", "sad": "sadness", "angry": "anger"}


def chat(rng: Part, emotion: str) -> tuple[str, str, str]:
    """What A says, what B answers, and what A, with that emotion (`happy`, `sad`, `angry`, `others`), says to it."""
    lines = load("chat")
    # A first turn may promise another feeling than the last one has.
    first = pick(rng, lines[emotion if rng.random() < 0.55 else "others"]["first"])
    turns = (first, pick(rng, lines["answer"]["lines"]), _last(rng, emotion))
    return tuple(_typed(rng, turn) for turn in turns)


def _last(rng: Part, emotion: str) -> str:
    faces = rng.choice(load("chat")["faces"][emotion])
    style = rng.random()
    if style < 0.06:
        return faces
    if emotion in _FAMILY and style < 0.4:
        shade = rng.choice(FAMILIES[_FAMILY[emotion]])
        text = rng.choice((felt, say))(rng, shade)
    else:
        text = pick(rng, load("chat")[emotion]["last"])
    return f"{text} {faces}" if rng.random() < 0.2 else text


def _typed(rng: Part, text: str) -> str:
    if rng.random() < 0.6:
        text = text.lower().rstrip(".!")
    if rng.random() < 0.35:
        text = re.sub(r"[\w']+", lambda word: _SHORT.get(word[0], word[0]), text)
    return text + rng.choice(("", "", "", "", "...", "??", "!!", " :)"))
