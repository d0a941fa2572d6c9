"""A comparison by a judge as plain numbers, for metrics/judge.json, the terminal and the report. No text of a dataset.

{"system": "tuned", "other": "base", "judge": {"name": "gpt-5-mini", …}, "forms": {"version": "v1", …},
 "pairs": 50, "pairwise": [{"group": "all", "n": 50, "win_rate": 54.0, …}, …], "position": {…}, "length": […],
 "ratings": […], "answers": {"estimators": {"logprob": 100}, "invalid": 0, …}, "human": null}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pica.judging import verdicts
from pica.judging.answers import Answer
from pica.judging.forms import VERSION, Question, fingerprint
from pica.judging.human import calibrated
from pica.judging.local import LocalJudge
from pica.judging.pairs import Pair
from pica.judging.server import ServerJudge
from pica.judging.verdicts import Judged


def summarise(
    rows: Sequence[Judged],
    answers: Mapping[Question, Answer],
    human: Mapping[tuple[str, str], str] | None,
    draws: int,
    seed: int,
) -> dict[str, Any]:
    """The figures; of these only `human` is None where no pairs of people are given."""
    return {
        "forms": {"version": VERSION, "sha256": fingerprint()},
        "pairs": len(rows),
        "alike": sum(row.pair.alike for row in rows),
        "without_verdict": sum(row.verdict is None for row in rows),
        "answers": verdicts.estimators(answers),
        "pairwise": verdicts.comparison(rows, draws, seed),
        "position": verdicts.position(rows),
        "length": verdicts.by_length(rows),
        "ratings": verdicts.ratings(rows, draws, seed),
        "human": None if human is None else calibrated(rows, human, draws, seed),
    }


def about(judge: ServerJudge | LocalJudge) -> dict[str, Any]:
    """Who judged, and what happened while it was asked."""
    if isinstance(judge, LocalJudge):
        return {"name": judge.name, "kind": "local", "weights": judge.revision, "unanswered": dict(judge.unanswered)}
    record = judge.record
    return {
        "name": judge.name,
        "kind": "server",
        "models": list(judge.models),
        "samples": judge.samples,
        "ignored": sorted(record.ignored),
        "refused": sorted(record.refused),
        "failures": {what: number for what, number in sorted(record.failures.items()) if number},
        "unanswered": dict(sorted(record.unanswered.items())),
    }


def details(rows: Sequence[Judged]) -> list[dict[str, Any]]:
    """A row a pair, by view and id, for whoever looks at single ones."""
    return [
        {"view": row.pair.view, "id": row.pair.id, "verdict": row.verdict, **_orders(row), "same": row.same}
        | {what: round(value, 4) for what, value in row.ratings.items()}
        for row in rows
    ]


def columns() -> list[str]:
    """Of `details`."""
    rated = [f"{form} {side}" for form in verdicts.RATINGS for side in ("ours", "theirs")]
    return ["view", "id", "verdict", *verdicts.ORDERS, "same", *rated]


def _orders(row: Judged) -> dict[str, str | None]:
    return dict(zip(verdicts.ORDERS, row.orders, strict=True))


def pair_of(system: str, other: str, pairs: Sequence[Pair]) -> dict[str, Any]:
    """What was compared."""
    return {"system": system, "other": other, "views": sorted({pair.view for pair in pairs})}
