"""How likely a message speaks of its writer's own danger, by n-grams and what the lexicon found.

    score("i gave my cat away, sunday it is over for good", [])
    Score(level="wish", probability=0.83, words=("over for good", "my cat away", "away"))

Two linear models: the first weighs the n-grams of a passage, the second that sum and what the lexicon found or excused.
Their weights are in safety_weights.json; `python -m pica.chat.fitting` makes them from the texts in safety_texts/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp, sqrt
from typing import Any

from pica.chat.lexicon import Match, has_cue, meant
from pica.chat.session import written_in
from pica.output import split_sentences

WEIGHTS = "safety_weights.json"
# Weights are whole numbers of thousandths.
SCALE = 1000
# n-grams of words (w) and of characters (c), by language: from how many to how many.
GRAMS = {"en": {"w": (1, 3), "c": (3, 5)}, "zh": {"c": (1, 4)}}
# Characters of a passage: in a longer text one sentence would go under among the others.
_PASSAGE = 400
_WORD = re.compile(r"[a-z']+|\d+|[^\w\s]")
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Score:
    """What the classifier makes of a message: a level ("none", "wish" or "thought"), how sure, and for which words."""

    level: str
    probability: float
    words: tuple[str, ...] = ()


def score(plain: str, matches: Sequence[Match]) -> Score:
    """The score of a plain text, of which the lexicon has found this much."""
    weights = load()[written_in(plain)]
    added = likeliest(plain, matches, weights)
    signs = signs_of(sum(added.values()) + weights["bias"], plain, matches)
    probability = probability_of(signs, weights["signs"])
    if probability < weights["found" if "found" in signs else "point"]:
        return Score("none", probability)
    most = sorted((gram for gram in added if added[gram] > 0), key=lambda gram: (-added[gram], gram))
    words = tuple(gram[2:].strip() for gram in most if gram[0] == "w" or written_in(gram) == "zh")[:_SHOWN]
    return Score("thought" if probability >= weights["stop"] else "wish", probability, words)


def likeliest(plain: str, matches: Sequence[Match], weights: Mapping[str, Any]) -> dict[str, float]:
    """What each n-gram adds in the passage that weighs most."""
    return max((parts(each, weights) for each in passages(plain, matches)), key=lambda added: sum(added.values()))


def passages(plain: str, matches: Sequence[Match]) -> list[str]:
    """The parts of a text that are weighed, the likeliest one of which counts: no part is long.

    A sentence in which the lexicon found something that counts is one by itself.
    """
    found = list(dict.fromkeys(match.sentence.strip() for match in meant(matches)))
    return [*_cut(plain), *found] or [""]


def _cut(plain: str) -> Iterator[str]:
    if len(plain) <= _PASSAGE:
        yield plain
        return
    passage = ""
    for sentence in split_sentences(plain):
        for start in range(0, len(sentence), _PASSAGE):
            piece = sentence[start : start + _PASSAGE]
            if len(passage) + len(piece) > _PASSAGE:
                yield passage
                passage = ""
            passage += piece
    yield passage


def grams(passage: str, language: str) -> dict[str, set[str]]:
    """The n-grams of a passage by kind: {"w": {"w want to die", …}, "c": {"c o di", …}}."""
    found = {}
    for kind, (least, most) in GRAMS[language].items():
        units: Sequence[str] = ["^", *_WORD.findall(passage), "$"] if kind == "w" else f" {passage.strip()} "
        between = " " if kind == "w" else ""
        found[kind] = {
            f"{kind} {between.join(units[start : start + n])}"
            for n in range(least, most + 1)
            for start in range(len(units) - n + 1)
        }
    return found


def parts(passage: str, weights: Mapping[str, Any]) -> dict[str, float]:
    """What each n-gram adds; those of a kind share a length of 1, so that a long passage weighs no more."""
    added = {}
    for found in grams(passage, weights["language"]).values():
        known = [gram for gram in found if gram in weights["grams"]]
        added |= {gram: weights["grams"][gram] / SCALE / sqrt(len(known)) for gram in known}
    return added


def signs_of(text: float, plain: str, matches: Sequence[Match]) -> dict[str, float]:
    """What the second model weighs: the n-grams' sum, what the lexicon found that counts, and what it excused."""
    counted = meant(matches)
    signs = {"always": 1.0, "text": text, "cue": float(has_cue(plain, written_in(plain)))}
    if counted:
        signs |= {"found": 1.0, "text, found": text} | {f"found {match.level}": 1.0 for match in counted}
        if not all(match.weak for match in counted):
            signs["found, not weak"] = 1.0
    return signs | {f"excused, {match.excuse}": 1.0 for match in matches if match.excuse}


def probability_of(signs: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """What the second model makes of these signs."""
    return 1 / (1 + exp(-sum(weights[name] * value for name, value in signs.items())))


@cache
def load() -> Mapping[str, Any]:
    """The weights of each language, read once."""
    table = json.loads((files("pica.chat") / WEIGHTS).read_text(encoding="utf-8"))
    return {language: table[language] | {"language": language} for language in GRAMS}
