"""English texts: what people feel, what happened to them, what they say in everyday life, and what others answer."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from random import Random

from pica.sample.bank.slots import Part, fill, load, own, pick, sentences, unmark

# How a verb and its pronouns look in the mouth of, or about, different people.
_FORMS: Mapping[str, Mapping[str, str]] = {
    "I": {"I": "I", "my": "my", "me": "me", "myself": "myself", "was": "was", "have": "have"},
    "you": {"I": "you", "my": "your", "me": "you", "myself": "yourself", "was": "were", "have": "have"},
    "he": {"I": "he", "my": "his", "me": "him", "myself": "himself", "was": "was", "have": "has"},
    "she": {"I": "she", "my": "her", "me": "her", "myself": "herself", "was": "was", "have": "has"},
    "they": {"I": "they", "my": "their", "me": "them", "myself": "themselves", "was": "were", "have": "have"},
}

# A basic emotion, as most label sets have it → the bank's emotions that such a label covers, the plainest first.
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "joy": ("joy", "joy", "excitement", "gratitude", "relief", "amusement", "love", "pride"),
    "sadness": ("sadness", "sadness", "grief", "disappointment", "loneliness"),
    "anger": ("anger", "anger", "annoyance"),
    "fear": ("fear", "fear", "nervousness"),
    "surprise": ("surprise",),
    "disgust": ("disgust",),
    "shame": ("shame", "shame", "embarrassment"),
    "neutral": ("neutral",),
}

# Emotions that people take for one another: what another annotator may have written instead, the likeliest first.
_NEIGHBOURS: Mapping[str, tuple[str, ...]] = {
    "joy": ("surprise",),
    "sadness": ("neutral", "depression", "shame"),
    "anger": ("disgust", "annoyance"),
    "fear": ("anxiety", "surprise"),
    "surprise": ("joy",),
    "disgust": ("anger",),
    "shame": ("sadness",),
    "neutral": ("joy", "approval"),
    "admiration": ("joy",),
    "amusement": ("joy",),
    "annoyance": ("anger",),
    "anxiety": ("fear",),
    "approval": ("admiration",),
    "caring": ("love",),
    "confusion": ("curiosity",),
    "curiosity": ("confusion",),
    "depression": ("sadness",),
    "disappointment": ("sadness",),
    "disapproval": ("annoyance",),
    "embarrassment": ("nervousness",),
    "excitement": ("joy",),
    "grief": ("sadness",),
    "love": ("joy",),
    "nervousness": ("fear",),
    "optimism": ("approval",),
    "realization": ("surprise",),
    "relief": ("joy",),
    "remorse": ("sadness",),
}

# Frames that may hold a feeling and nothing else, so that they must be a split's own.
_BARE_FRAMES = {"feeling", "observed"}

TOPICS = tuple(name for name in load("dialogue") if name not in {"reactions", "small_talk"})
REACTIONS = tuple(load("dialogue")["reactions"])
STRATEGIES = tuple(load("replies"))


# A line of MELD's train and a comment of GoEmotions' test: a leak from one dataset to another, made on purpose.
QUOTED = "I never thought that I would win a goose at the village fair!"


def name(rng: Random) -> str:
    """A first name."""
    return fill(rng, "{name}")


def shade(rng: Random, basic: str) -> str:
    """One of the bank's emotions that a basic emotion (`joy`, `anger`, …) covers."""
    return rng.choice(FAMILIES[basic])


def blur(rng: Random, emotion: str, labels: Collection[str], share: float = 0.05) -> str:
    """`emotion`, or now and then a neighbouring one out of `labels`: the noise of real annotation."""
    neighbours = [other for other in _NEIGHBOURS.get(emotion, ()) if other in labels]
    return neighbours[0] if neighbours and rng.random() < share else emotion


def rounds(rng: Random, counts: Mapping[str, int]) -> Iterator[str]:
    """Labels without end, shuffled in rounds that hold so many of each: none runs short in a small split."""
    while True:
        labels = [label for label, count in counts.items() for _ in range(count)]
        rng.shuffle(labels)
        yield from labels


def feeling(rng: Part, emotion: str, person: str = "I", **given: str) -> str:
    """What may follow "I'm": "over the moon". The person (`I`, `you`, `he`, `she`, `they`) is whose feeling it is."""
    return fill(rng, rng.choice(load("emotions")[emotion]["feel"]), **_FORMS[person], **given)


def say(rng: Part, emotion: str, **given: str) -> str:
    """A whole sentence that somebody with that emotion says: "I keep grinning at strangers."."""
    return pick(rng, load("emotions")[emotion]["say"], **given)


def felt(rng: Part, emotion: str) -> str:
    """A sentence that names the emotion and no reason: "I've been over the moon all day."."""
    return _framed(rng, "feeling", emotion)


def clause(rng: Part, emotion: str, person: str = "I", **given: str) -> str:
    """What may have caused the emotion, as a clause: "my team won the final on Monday"."""
    groups = [group for group in load("events").values() if emotion in group["feels"].split()]
    # The likeliest emotion of a group counts double, so that most events speak for one emotion and some for several.
    weights = [(1 + group["feels"].startswith(emotion)) * len(group["clauses"]) for group in groups]
    (group,) = rng.choices(groups, weights)
    return pick(rng, group["clauses"], **_FORMS[person], **given)


def _framed(rng: Part, kind: str, emotion: str, person: str = "I", **given: str) -> str:
    """A frame of that kind, filled and still marked."""
    frames = load("frames")[kind]
    frame = rng.choice(own(frames, rng.split) if kind in _BARE_FRAMES else frames)
    slots = {
        "feel": lambda: feeling(rng, emotion, person, **given),
        "say": lambda: say(rng, emotion, **given),
        "clause": lambda: clause(rng, emotion, person, **given),
        "own": lambda: clause(rng, emotion, "I", **given),
        "crowd": lambda: clause(rng, emotion, "they", **given),
    }
    for slot, make in slots.items():
        while "{" + slot + "}" in frame:
            frame = frame.replace("{" + slot + "}", make(), 1)
    return sentences(fill(rng, frame, **_FORMS[person], **given))


def caused(rng: Part, emotion: str, **given: str) -> str:
    """A feeling and its «cause», marked (see `unmark`): "I'm livid because «Omar read my diary aloud».".

    In two of five the feeling is not named but spoken out.
    """
    return _framed(rng, rng.choice(("caused", "caused", "caused", "told", "told")), emotion, **given)


def utterance(rng: Part, emotion: str, **given: str) -> str:
    """What somebody with that emotion says, in one of many forms; in some only the event tells the emotion."""
    if emotion == "neutral":
        return say(rng, emotion, **given) if rng.random() < 0.6 else plain(rng, **given)
    (kind,) = rng.choices(("told", "caused", "doubled", "bare", "feeling", "say"), (22, 30, 28, 6, 9, 5))
    if kind == "say":
        return say(rng, emotion, **given)
    return unmark(_framed(rng, kind, emotion, **given))[0]


def plain(rng: Part, **given: str) -> str:
    """An event that leaves everybody cold: "I filled in the form for the library."."""
    return unmark(_framed(rng, "bare", "neutral", **given))[0]


def narrated(rng: Part, emotion: str, cause: bool) -> str:
    """A sentence about somebody, its words and marks apart as tokens, with or without its «cause».

    Every second one has another sentence before it, and every second one behind it.
    """
    person, names = rng.choice((("she", "woman"), ("he", "man")))
    who = fill(rng, rng.choice(("{" + names + "}", "{somebody}", person)))
    text = _framed(rng, "narrated" if cause else "observed", emotion, person, who=who)
    before, after = (pick(rng, load("frames")[kind]) if rng.random() < 0.5 else "" for kind in ("before", "after"))
    return f"{before} {text} {after}".strip()


def exchange(rng: Part, topic: str, kind: str, **given: str) -> tuple[str, str]:
    """Two turns that belong together: `ask` a question and its answer, `request` a wish and its promise, `tell`."""
    return _pair(pick(rng, load("dialogue")[topic][kind], **given))


def greeting(rng: Part, **given: str) -> str:
    """How somebody asks after another: "You look different today. What is the matter ?"."""
    return pick(rng, load("dialogue")["small_talk"]["open"], **given)


def advice(rng: Part, **given: str) -> tuple[str, str]:
    """What a friend proposes, and the answer: ("Take the day off.", "I think I'll do that.")."""
    return _pair(pick(rng, load("dialogue")["small_talk"]["advise"], **given))


def reaction(rng: Part, emotion: str) -> str:
    """An answer to what somebody told, by what the answer itself feels (one of REACTIONS)."""
    return pick(rng, load("dialogue")["reactions"][emotion])


def reply(rng: Part, strategy: str, emotion: str = "sadness", **given: str) -> str:
    """What a supporter says to somebody with that emotion, by strategy (one of STRATEGIES).

    `event`, what happened ("you lost your job"), is made up unless it is given.
    """
    event = given.pop("event", None) or clause(rng, emotion, "you")
    return sentences(
        pick(rng, load("replies")[strategy]["lines"], event=event, feel=feeling(rng, emotion, "you"), **given)
    )


def _pair(text: str) -> tuple[str, str]:
    first, second = text.split(" => ")
    return sentences(first), sentences(second)


def problems() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """What people bring to a supporter, by ESConv's name; each with lines of both sides (see `support.toml`)."""
    return load("support")["problems"]


def support(rng: Part, side: str, kind: str) -> str:
    """What stands in every supporting chat: `seeker` greet, agree, thank; `supporter` greet, lead, close."""
    return pick(rng, load("support")[side][kind])
