"""Answers of a judge → the figures of a comparison, in per cent; ratings from 1 to 5.

    group    n    wins   ties   losses   win rate, ties as halves, with its 95 % interval over dialogues
    all      50   34.0   40.0   26.0     54.0 [46.0, 62.0]

A pair that got the same verdict in both orders has that verdict, one that got two different ones is a tie, and one with
an invalid or no answer in either order is left out and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import binomtest

from pica.evaluation.bootstrap import interval, resample
from pica.judging.answers import Answer
from pica.judging.forms import EQUAL, FIRST, RATINGS, SECOND, Question
from pica.judging.pairs import CUT, ORDERS, SAME, Pair

WIN, TIE, LOSS = "win", "tie", "loss"
VERDICTS = (WIN, TIE, LOSS)
# What a letter says of our system, in each of the two orders.
_MEANING = {
    "first": {FIRST: WIN, EQUAL: TIE, SECOND: LOSS},
    "second": {FIRST: LOSS, EQUAL: TIE, SECOND: WIN},
}
# Our reply's length by theirs: upper ends of the bins.
_BINS = {"under 0.5": 0.5, "0.5 to 0.8": 0.8, "0.8 to 1.25": 1.25, "1.25 to 2": 2.0, "over 2": np.inf}


@dataclass(frozen=True, slots=True)
class Judged:
    """What a judge said about one pair.

    Args:
        orders: the verdict in each of the two orders; None where there is none.
        verdict: of both together; None where one of them is missing.
        cut: as `verdict`, with the longer reply cut to the length of the shorter one.
        same: the letter for the same reply twice; None where that was not asked, or not answered.
        ratings: "empathy ours" → the rating, of those that were answered.
    """

    pair: Pair
    orders: tuple[str | None, str | None]
    verdict: str | None
    cut: str | None
    same: str | None
    ratings: Mapping[str, float]


def judged(
    pairs: Sequence[Pair], asked: Mapping[tuple[str, str, str], Question], answers: Mapping[Question, Answer]
) -> list[Judged]:
    """The answers joined to the pairs by view and id."""
    return [_judged(pair, lambda what, p=pair: answers.get(asked.get((p.view, p.id, what)))) for pair in pairs]


def _judged(pair: Pair, answer: Callable[[str], Answer | None]) -> Judged:
    orders, shorter = _orders(pair, answer, ""), pair.cut
    cut = orders if shorter is pair else _orders(shorter, answer, CUT)
    same = answer(SAME)
    rated = {f"{form} {side}": answer(f"{form} {side}") for form in RATINGS for side in ("ours", "theirs")}
    ratings = {what: given.expected for what, given in rated.items() if given and given.probabilities}
    return Judged(pair, orders, _both(orders), _both(cut), same.best(EQUAL) if same else None, ratings)


def _orders(pair: Pair, answer: Callable[[str], Answer | None], end: str) -> tuple[str | None, str | None]:
    """The verdict in each of the two orders.

    Args:
        end: of the names under which the two questions were asked.
    """
    first, second = (TIE, TIE) if pair.alike else (_verdict(answer(name + end), name) for name in ORDERS)
    return first, second


def _both(orders: tuple[str | None, str | None]) -> str | None:
    """The verdict of the two orders together."""
    return None if None in orders else orders[0] if orders[0] == orders[1] else TIE


def _verdict(answer: Answer | None, order: str) -> str | None:
    letter = answer.best(EQUAL) if answer else None
    return letter and _MEANING[order][letter]


def comparison(rows: Sequence[Judged], draws: int, seed: int) -> list[dict[str, Any]]:
    """A row for all pairs, for each language and for each view, where there are several: see the module."""
    groups: dict[str, list[Judged]] = {"all": list(rows)}
    for names in ({row.pair.language for row in rows}, {row.pair.view for row in rows}):
        for name in sorted(names) if len(names) > 1 else ():
            groups[name] = [row for row in rows if name in (row.pair.language, row.pair.view)]
    found = ((name, [row for row in group if row.verdict]) for name, group in groups.items())
    return [{"group": name, **_shares(group, draws, seed)} for name, group in found if group]


def at_one_length(rows: Sequence[Judged], draws: int, seed: int) -> dict[str, Any]:
    """The row for all pairs, with the longer reply of each cut to the length of the shorter one; empty without any."""
    found = [replace(row, verdict=row.cut) for row in rows if row.cut]
    return _shares(found, draws, seed) if found else {}


def _shares(rows: Sequence[Judged], draws: int, seed: int) -> dict[str, Any]:
    addends = np.array([[*(row.verdict == verdict for verdict in VERDICTS), 1] for row in rows], float)
    wins, ties, losses, n = addends.sum(axis=0)
    ids = [row.pair.id for row in rows]
    sums = resample(addends, ids, draws, seed)
    low, high = interval(100 * (sums[:, 0] + sums[:, 1] / 2) / sums[:, 3], ids)
    figures = {"wins": wins / n, "ties": ties / n, "losses": losses / n, "win_rate": (wins + ties / 2) / n}
    return {"n": int(n), **{name: _cent(value) for name, value in figures.items()}, **_ends(low, high)}


def by_length(rows: Sequence[Judged]) -> list[dict[str, Any]]:
    """The win rate by how long our reply is beside theirs: a judge that likes length shows it here."""
    found, lower = [], -np.inf
    for name, upper in _BINS.items():
        verdicts = Counter(r.verdict for r in rows if r.verdict and lower < r.pair.length_ratio <= upper)
        if n := verdicts.total():
            found.append({"length": name, "n": n, "win_rate": _cent((verdicts[WIN] + verdicts[TIE] / 2) / n)})
        lower = upper
    return found


def position(rows: Sequence[Judged]) -> dict[str, Any]:
    """How much the place of a reply decides.

    `agreement`: pairs with the same verdict in both orders. `first`: of the decided answers to the same reply shown
    twice, those for the first place; away from 50 it is nothing but bias. With its exact 95 % interval.
    """
    both = [row.orders for row in rows if row.verdict and not row.pair.alike]
    same = Counter(row.same for row in rows if row.same)
    found: dict[str, Any] = {"pairs": len(both), "same": same.total(), "decided": same[FIRST] + same[SECOND]}
    if both:
        found["agreement"] = _cent(sum(first == second for first, second in both) / len(both))
    if found["decided"]:
        exact = binomtest(same[FIRST], found["decided"]).proportion_ci(0.95)
        found["first"] = _cent(same[FIRST] / found["decided"])
        found |= _ends(100 * exact.low, 100 * exact.high)
    return found


def ratings(rows: Sequence[Judged], draws: int, seed: int) -> list[dict[str, Any]]:
    """A row a rating: the means of both systems on the pairs whose two replies were rated, and their difference."""
    found = []
    for form in RATINGS:
        both = [r for r in rows if {f"{form} ours", f"{form} theirs"} <= r.ratings.keys()]
        if both:
            values = np.array([[r.ratings[f"{form} ours"], r.ratings[f"{form} theirs"], 1] for r in both])
            ids = [row.pair.id for row in both]
            sums = resample(values, ids, draws, seed)
            low, high = interval((sums[:, 0] - sums[:, 1]) / sums[:, 2], ids)
            ours, theirs = values[:, :2].mean(axis=0)
            found.append(
                {"rating": form, "n": len(both), "ours": round(float(ours), 4), "theirs": round(float(theirs), 4)}
                | {"difference": round(float(ours - theirs), 4), **_ends(low, high)}
            )
    return found


def estimators(answers: Mapping[Question, Answer]) -> dict[str, Any]:
    """How the answers were come by, and how many raw ones were invalid."""
    raw = sum(answer.raw for answer in answers.values())
    invalid = sum(answer.invalid for answer in answers.values())
    return {
        "estimators": dict(sorted(Counter(answer.estimator for answer in answers.values()).items())),
        "raw": raw,
        "invalid": invalid,
        "without_answer": sum(not answer.probabilities for answer in answers.values()),
    }


def _cent(share: float) -> float:
    return round(100 * float(share), 4)


def _ends(low: float, high: float) -> dict[str, float]:
    """The ends of an interval; none where there is none, since JSON knows no NaN."""
    return {} if np.isnan(low) else {"low": round(float(low), 4), "high": round(float(high), 4)}
