"""Everyday Chinese: what people say in a mood, questions and answers, personas, and what news say caused an emotion.

daily.felt(rng, "angry")          → "小周又没打招呼就拿走我的雨伞，气死我了！"
daily.exchange(rng)               → [("question", "晚上想吃点什么？"), ("statement-opinion", "我觉得还是喝粥最舒服。")]
"""

from __future__ import annotations

from pica.sample.bank.slots import Part, fill, load, own, pick

FEELINGS = ("neutral", "happy", "grateful", "sad", "angry", "surprised", "fearful", "disgusted")


def felt(rng: Part, feeling: str) -> str:
    """What somebody says who feels one of FEELINGS."""
    return pick(rng, load("daily")["feelings"][feeling], load("daily")["words"])


def exchange(rng: Part) -> list[tuple[str, str]]:
    """A line and its answer, each with the act that it is."""
    line = pick(rng, load("daily")["exchanges"]["lines"], load("daily")["words"])
    return [tuple(part.split(" ", 1)) for part in line.split(" => ")]


def persona(rng: Part, count: int) -> list[tuple[str, str]]:
    """Sentences that are true of somebody, each with what they say then."""
    lines = own(load("daily")["personas"]["lines"], rng.split)
    return [tuple(line.split(" => ")) for line in rng.sample(lines, min(count, len(lines)))]


def small_talk(rng: Part, kind: str) -> str:
    """What one says to somebody whom one does not know: `asks` or `fillers`."""
    return pick(rng, load("daily")["personas"][kind])


def cause(rng: Part, emotion: str) -> str:
    """What happened, as a clause of the news."""
    return pick(rng, load("daily")["causes"][emotion], load("daily")["words"])


def feels(rng: Part, emotion: str) -> str:
    """A clause that says what somebody felt."""
    return rng.choice(load("daily")["feels"][emotion])


def felt_words() -> tuple[str, ...]:
    """The words for emotions in such clauses, longer ones first."""
    return tuple(sorted(load("daily")["feels"]["words"], key=len, reverse=True))


def weibo(rng: Part, kind: str) -> str:
    """A topic or an emoticon: `topics` or `icons`."""
    return fill(rng, rng.choice(load("daily")["weibo"][kind]), load("daily")["words"])
