"""What EmpatheticDialogues and EDOS share: 32 emotions in the bank's terms, and what a listener does with an answer."""

from __future__ import annotations

from collections.abc import Mapping

from pica.sample.bank import english
from pica.sample.bank.slots import Part, fill, load, pick, sentences

# An emotion of EmpatheticDialogues → the bank's.
EMPATHETIC: Mapping[str, str] = {
    "sad": "sadness",
    "trusting": "trust",
    "terrified": "terror",
    "caring": "caring",
    "disappointed": "disappointment",
    "faithful": "faithfulness",
    "joyful": "joy",
    "jealous": "jealousy",
    "disgusted": "disgust",
    "surprised": "surprise",
    "ashamed": "shame",
    "afraid": "fear",
    "impressed": "admiration",
    "sentimental": "sentiment",
    "devastated": "grief",
    "excited": "excitement",
    "anticipating": "anticipation",
    "annoyed": "annoyance",
    "anxious": "anxiety",
    "furious": "fury",
    "content": "contentment",
    "lonely": "loneliness",
    "angry": "anger",
    "confident": "confidence",
    "apprehensive": "nervousness",
    "guilty": "remorse",
    "embarrassed": "embarrassment",
    "grateful": "gratitude",
    "hopeful": "optimism",
    "proud": "pride",
    "prepared": "preparedness",
    "nostalgic": "nostalgia",
}

# Emotions that somebody who feels another one may be said to have, where two people label the same words.
NEAR: Mapping[str, str] = {
    "afraid": "terrified",
    "angry": "furious",
    "annoyed": "angry",
    "anticipating": "excited",
    "anxious": "apprehensive",
    "apprehensive": "anxious",
    "ashamed": "guilty",
    "confident": "prepared",
    "content": "joyful",
    "devastated": "sad",
    "disappointed": "sad",
    "embarrassed": "ashamed",
    "excited": "joyful",
    "furious": "angry",
    "guilty": "ashamed",
    "joyful": "content",
    "nostalgic": "sentimental",
    "sad": "devastated",
    "sentimental": "nostalgic",
    "terrified": "afraid",
}

_GOOD = {
    "trusting",
    "caring",
    "faithful",
    "joyful",
    "surprised",
    "impressed",
    "sentimental",
    "excited",
    "anticipating",
    "content",
    "confident",
    "grateful",
    "hopeful",
    "proud",
    "prepared",
    "nostalgic",
}


def story(rng: Part, emotion: str) -> tuple[str, str]:
    """A situation and how it is told, of one of the 32 emotions: both name the same event, one of them the feeling."""
    event, felt = english.clause(rng, EMPATHETIC[emotion]), EMPATHETIC[emotion]
    feel, say = english.feeling(rng, felt), english.say(rng, felt)
    written = fill(rng, rng.choice(load("intents")["story"]["written"]), event=event, feel=feel)
    told = fill(rng, rng.choice(load("intents")["story"]["told"]), event=event, feel=feel, say=say)
    return sentences(written), sentences(told)


def plainest(emotion: str) -> str:
    """The plainest word that may follow "I'm", for one of the 32 emotions."""
    return load("emotions")[EMPATHETIC[emotion]]["feel"][0]


def heard(rng: Part, emotion: str) -> str:
    """How a listener takes the story of somebody with one of the 32 emotions."""
    lines = load("intents")["listener"]
    taken = pick(rng, lines["good" if emotion in _GOOD else "bad"])
    return f"{taken} {pick(rng, lines['ask'])}" if rng.random() < 0.5 else taken


def closed(rng: Part) -> str:
    """What a listener says in the end."""
    return pick(rng, load("intents")["listener"]["close"])


def thanked(rng: Part) -> str:
    """What a speaker says to that."""
    return pick(rng, load("intents")["thank"])


def parted(rng: Part) -> str:
    """A listener's last words."""
    return pick(rng, load("intents")["part"])


def intent(rng: Part, name: str) -> str:
    """An answer with one of EDOS's intents."""
    return sentences(pick(rng, load("intents")["lines"][name]))


def before_intent(rng: Part) -> str:
    """What one may answer in such a way."""
    return pick(rng, load("intents")["before"])
