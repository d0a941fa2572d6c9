"""What a judge said → how probable it makes each answer that the form asks for.

    "B"                                       → B
    "**Answer: 4**"                           → 4
    "A good reply names the feeling …"        → nothing: "A" is a word there
    "4.5", ".5", "0", "7", "B or C"           → nothing

Nothing is guessed: what is not just one of the answers is invalid, and counted. Two estimators: the probabilities of
the answers at the token that gives it (`logprob`), or the shares of several samples (`samples`).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

# Thoughts before the answer; marks around it, and a word before it that says it is one.
_THOUGHT = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)
_MARKS = " \t\r\n\"'“”‘’`*_#()[]{}（）【】「」《》.。:：,，;；!！"
# A point is a mark, but not where it makes a fraction of a rating.
_FRACTION = re.compile(r"[.,]\d")
_LEAD = re.compile(
    r"(?:final answer|answer|rating|score|reply|better|答案|评分|分数|回复|得分)(?: is|是|为)?[\s:：*]*", re.IGNORECASE
)
# Of a log-probability of 0, in nats.
_ROUNDING = 0.01


@dataclass(frozen=True, slots=True)
class Choice:
    """One raw answer as it came.

    Args:
        text: what was said.
        tokens: each token of it, and the likeliest ones in its place with their log-probabilities in nats; None where
            the judge gave none.

    Raises:
        ValueError: a log-probability is none: NaN, infinite, or above 0 by more than rounding.
    """

    text: str
    tokens: Sequence[tuple[str, Mapping[str, float]]] | None = None

    def __post_init__(self) -> None:
        for token, top in self.tokens or ():
            for value in top.values():
                if not value < _ROUNDING:  # which NaN is not, either; -inf is a probability of 0
                    raise ValueError(f"{value} is no log-probability of {token!r}")

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Choice:
        """The inverse of `dataclasses.asdict`, through JSON."""
        tokens = row["tokens"]
        return cls(row["text"], None if tokens is None else [(token, top) for token, top in tokens])


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of one question.

    Args:
        probabilities: of each option that has any, summing to 1; empty when what was said is no answer.
        estimator: how they were come by.
        invalid: how many of the raw answers are none.
        raw: how many raw answers there are.
    """

    probabilities: Mapping[str, float]
    estimator: Literal["logprob", "samples", "local"]
    invalid: int = 0
    raw: int = 1

    @property
    def expected(self) -> float:
        """The mean of a rating."""
        return sum(int(option) * share for option, share in self.probabilities.items())

    def best(self, equal: str) -> str | None:
        """The most probable option, or `equal` where two are the most probable; None for no answer."""
        if not self.probabilities:
            return None
        most = max(self.probabilities.values())
        likeliest = [option for option, share in self.probabilities.items() if math.isclose(share, most)]
        return likeliest[0] if len(likeliest) == 1 else equal


def parsed(text: str, options: Sequence[str]) -> str | None:
    """The one option that the text is, but for marks around it; None for anything else."""
    said = _bare(_THOUGHT.sub("", text))
    said = _bare(_LEAD.sub("", said, count=1)) if _LEAD.match(said) else said
    said = said.removesuffix("/5").strip() if "5" in options else said
    return said if said in options else None


def _bare(text: str) -> str:
    """A text without the marks around it; nothing where they are part of a number."""
    return "" if _FRACTION.search(text) else text.strip(_MARKS)


def by_log_probabilities(choice: Choice, options: Sequence[str]) -> Answer | None:
    """The answer by the probabilities at the token that gives it; None where the judge gave no alternatives, or none
    that is an option.

    The options share what probability they have there; tokens that are no option count for nothing.
    """
    if not choice.tokens or all(len(top) < 2 for _, top in choice.tokens):
        return None
    said = parsed(choice.text, options)
    if said is None:
        return Answer({}, "logprob", invalid=1)
    place = _place(said, [token for token, _ in choice.tokens])
    shares = {} if place is None else _shares(choice.tokens[place][1], options)
    return Answer(shares, "logprob") if shares else None


def _place(said: str, tokens: Sequence[str]) -> int | None:
    """Of the token that gives the answer: the last one like it, since thoughts come before; of 5/5 the first 5."""
    places = [place for place, token in enumerate(tokens) if _bare(token) == said]
    if len(places) > 1 and "".join(tokens[places[-2] + 1 : places[-1]]).strip() == "/":
        return places[-2]
    return places[-1] if places else None


def _shares(top: Mapping[str, float], options: Sequence[str]) -> dict[str, float]:
    mass: Counter[str] = Counter()
    for token, log_probability in top.items():
        if (option := _bare(token)) in options:
            mass[option] += math.exp(log_probability)
    total = mass.total()
    return {option: mass[option] / total for option in options if mass[option]}


def by_samples(choices: Sequence[Choice], options: Sequence[str]) -> Answer:
    """The answer by the shares of the valid samples; none when fewer than half are valid."""
    said = Counter(parsed(choice.text, options) for choice in choices)
    invalid = said.pop(None, 0)
    valid = said.total()
    shares = {option: said[option] / valid for option in options if said[option]} if valid * 2 >= len(choices) else {}
    return Answer(shares, "samples", invalid, len(choices))
