"""A comparison by a judge as plain numbers, for metrics/judge.json, the terminal and the report. No text of a dataset.

{"system": "tuned", "other": "base", "judge": {"name": "gpt-5-mini", …}, "forms": {"version": "v1", …},
 "pairs": 50, "pairwise": [{"group": "all", "n": 50, "win_rate": 54.0, …}, …], "position": {…}, "length": […],
 "one_length": {"n": 50, "win_rate": 51.0, …},
 "ratings": […], "answers": {"estimators": {"logprob": 100}, "invalid": 0, …}, "human": null}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pica.judging import verdicts
from pica.judging.answers import Answer
from pica.judging.forms import VERSION, Question, fingerprint
from pica.judging.human import ENOUGH, Human, calibrated, rating_agreement
from pica.judging.local import LocalJudge
from pica.judging.pairs import Pair
from pica.judging.verdicts import Judged

if TYPE_CHECKING:  # it needs openai, which neither a local judge nor people do
    from pica.judging.server import ServerJudge


def summarise(
    rows: Sequence[Judged],
    answers: Mapping[Question, Answer],
    human: Human | None,
    draws: int,
    seed: int,
) -> dict[str, Any]:
    """The figures; of these only `human` is None where nothing of people is given."""
    return {
        "forms": {"version": VERSION, "sha256": fingerprint()},
        "pairs": len(rows),
        "alike": sum(row.pair.alike for row in rows),
        "without_verdict": sum(row.verdict is None for row in rows),
        "answers": verdicts.estimators(answers),
        "pairwise": verdicts.comparison(rows, draws, seed),
        "position": verdicts.position(rows),
        "length": verdicts.by_length(rows),
        "one_length": verdicts.at_one_length(rows, draws, seed),
        "ratings": verdicts.ratings(rows, draws, seed),
        "human": None if human is None else _of_people(rows, human, draws, seed),
    }


def _of_people(rows: Sequence[Judged], human: Human, draws: int, seed: int) -> dict[str, Any]:
    return {**calibrated(rows, human.verdicts, draws, seed), "ratings": rating_agreement(rows, human.ratings)}


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
        {"view": row.pair.view, "id": row.pair.id, "verdict": row.verdict, **_orders(row)}
        | {"cut": row.cut, "same": row.same}
        | {what: round(value, 4) for what, value in row.ratings.items()}
        for row in rows
    ]


def columns() -> list[str]:
    """Of `details`."""
    rated = [f"{form} {side}" for form in verdicts.RATINGS for side in ("ours", "theirs")]
    return ["view", "id", "verdict", *verdicts.ORDERS, "cut", "same", *rated]


def _orders(row: Judged) -> dict[str, str | None]:
    return dict(zip(verdicts.ORDERS, row.orders, strict=True))


def pair_of(system: str, other: str, pairs: Sequence[Pair]) -> dict[str, Any]:
    """What was compared."""
    return {"system": system, "other": other, "views": sorted({pair.view for pair in pairs})}


def remarks(found: Mapping[str, Any]) -> Iterator[str]:
    """What has to be known beside the figures, in a sentence each."""
    yield _human(found)
    yield from _ratings(found)
    position, judge = found["position"], found["judge"]
    if "agreement" in position:
        yield f"one verdict in both orders, else a tie: {position['agreement']:.1f} % of {position['pairs']:,} pairs"
    if "first" in position:
        yield (
            f"same reply twice: the first place got {position['first']:.1f} %{_range(position)} of "
            f"{position['decided']:,} decided answers of {position['same']:,}; without a bias it is 50"
        )
    elif position["same"]:
        yield f"same reply twice: none of {position['same']:,} answers preferred a place"
    if shorter := found["one_length"]:
        yield (
            "with the longer reply cut to the length of the other one the win rate is "
            f"{shorter['win_rate']:.1f}{_range(shorter)} on {shorter['n']:,} pairs"
        )
    if found["without_verdict"]:
        yield f"{found['without_verdict']:,} of {found['pairs']:,} pairs have no verdict and count nowhere"
    for what, said in (("ignored", "the server ignored"), ("refused", "the server refused")):
        if judge.get(what):
            yield f"{said} {', '.join(judge[what])}"
    if judge.get("failures"):
        yield "went wrong, retried: " + ", ".join(f"{what} {n:,} x" for what, n in judge["failures"].items())
    if judge["unanswered"]:
        left = ", ".join(f"{why} {n:,}" for why, n in judge["unanswered"].items())
        yield f"questions without an answer: {left}. The same command asks them again"


def _human(found: Mapping[str, Any]) -> str:
    human = found["human"]
    if human is None or not human["pairs"]:
        return "UNCALIBRATED: nobody has compared this judge with people. `--sheet` writes pairs for them"
    parts = [f"people judged {human['pairs']:,} of the pairs"]
    if "agreement" in human:
        parts[0] += f" and agree with the judge on {human['agreement']:.1f} %"
    for verdict in ("win", "loss"):
        row = human[verdict]
        if "corrected" in row:
            parts.append(
                f"{verdict} share corrected to {row['corrected']:.1f}{_range(row)} "
                f"(sensitivity {row['sensitivity']:.1f}, specificity {row['specificity']:.1f})"
            )
        else:
            parts.append(f"{verdict} share not corrected: the pairs do not tell the judge from chance")
    if human["pairs"] < ENOUGH:
        parts.append(f"fewer than {ENOUGH} pairs say little")
    return "; ".join(parts)


def _ratings(found: Mapping[str, Any]) -> Iterator[str]:
    """How far the judge's ratings are those of people, and which ones nobody has compared."""
    compared = found["human"]["ratings"] if found["human"] else []
    for row in compared:
        ranks = "no rank correlation"
        if row["spearman"] is not None:
            ranks = f"Spearman's rank correlation {row['spearman']:.2f}"
        few = f"; fewer than {ENOUGH} ratings say little" if row["n"] < ENOUGH else ""
        yield (
            f"people rated the {row['rating']} of {row['n']:,} replies and agree with the judge exactly on "
            f"{row['exact']:.1f} %, within one on {row['within_one']:.1f} %; {ranks}{few}"
        )
    known = {row["rating"] for row in compared}
    if left := [row["rating"] for row in found["ratings"] if row["rating"] not in known]:
        yield (
            f"UNCALIBRATED ratings: nobody has compared those of {', '.join(left)} with people's. The last columns of "
            "`--sheet` are for them"
        )


def _range(row: Mapping[str, Any]) -> str:
    return f" [{row['low']:.1f}, {row['high']:.1f}]" if "low" in row else ""
