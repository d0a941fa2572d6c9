"""Pairs for people to judge, and what their judgements say about the judge's.

    view,id,conversation,first,second,better,fluency first,fluency second,…,empathy first,empathy second
    esconv-generation,esconv/test/7#generation-3,USER: I failed again.,Ok.,That hurts.,second,5,5,…,1,4

Whose reply stands first follows from a hash of the id, so nobody sees it. With such pairs a share that the judge gives
is corrected for the judge's own errors (Rogan and Gladen 1978; for judges arXiv 2511.21140):

    corrected = (share + specificity - 1) / (sensitivity + specificity - 1)

wins and losses each by themselves. The interval holds what the choice of test dialogues and of human pairs explains.
Pairs whose replies are alike are ties without any judge, so a correction is over the others and counts by their share.

Ratings, which people may give or leave empty, are held against the judge's ratings of the same replies, and correct
nothing.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from pica.errors import JudgeError
from pica.evaluation.bootstrap import resample, several_dialogues
from pica.judging.forms import RATINGS, SCALE
from pica.judging.pairs import Pair
from pica.judging.verdicts import LOSS, TIE, WIN, Judged
from pica.store import write_table

COLUMNS = ("view", "id", "conversation", "first", "second", "better")
_PLACES = ("first", "second")
_BETTER = (*_PLACES, "tie")
# For each rating and reply, after the others; a sheet may lack them, as those written by earlier versions do.
_RATED = tuple(f"{form} {place}" for form in RATINGS for place in _PLACES)
_FILLED = ("better", *_RATED)
# Fewer human pairs, or ratings, than this say little about a judge.
ENOUGH = 50
# Of fewer ratings a rank correlation says nothing: of two it is 1 or -1.
_RANKED = 3
_Z = 1.96


@dataclass(frozen=True, slots=True)
class Human:
    """What people said about pairs, by their view and id.

    Args:
        verdicts: "win", "tie" or "loss" of our system.
        ratings: "empathy ours" → the rating, of those that were given.
    """

    verdicts: Mapping[tuple[str, str], str]
    ratings: Mapping[tuple[str, str], Mapping[str, int]]


def write_sheet(path: Path, pairs: Sequence[Pair]) -> None:
    """A table for people: who has judged a pair writes first, second or tie under `better`, and may rate both replies.

    Raises:
        JudgeError: the file is there already.
    """
    if path.exists():
        raise JudgeError(f"{path} is there already, and may hold somebody's work. Name a new file.")
    rows = [
        {"view": p.view, "id": p.id, "conversation": p.conversation, **_shown(p), **dict.fromkeys(_FILLED, "")}
        for p in pairs
        if not p.alike
    ]
    write_table(path, rows, [*COLUMNS, *_RATED])


def read_sheet(path: Path, pairs: Sequence[Pair]) -> Human:
    """What people said about the pairs that somebody judged.

    Raises:
        JudgeError: a line is not of the sheet or there twice, is about other replies, has another word under `better`
            or no rating from 1 to 5 where one stands.
    """
    known, lines = {(pair.view, pair.id): pair for pair in pairs}, {}
    verdicts, ratings = {}, {}
    rows = _rows(path)
    _, names = next(rows, (1, []))
    if missing := [name for name in COLUMNS if name not in names]:
        raise JudgeError(f"{path} has no column {missing[0]}. `pica judge … --sheet` writes one with all.")
    if repeated := [name for name in (*COLUMNS, *_RATED) if names.count(name) > 1]:
        raise JudgeError(f"{path} has several columns {repeated[0]}. Keep one of them.")
    for line, cells in rows:
        place = f"{path}, line {line}"
        # A spreadsheet leaves out empty cells at the end, which those are that nobody has filled in.
        if len(cells) < len(names) and set(names[len(cells) :]) <= set(_FILLED):
            cells = [*cells, *[""] * (len(names) - len(cells))]
        if len(cells) != len(names):
            raise JudgeError(f"{place}: {len(cells)} cells under {len(names)} columns. Mend or delete the line.")
        row = dict(zip(names, cells, strict=True))
        key = row["view"], row["id"]
        if key in lines:
            raise JudgeError(f"{place}: {row['id']} of {row['view']} is in line {lines[key]}, too. Keep one of them.")
        lines[key] = line
        # What nobody has judged is compared, too: a quote that was never closed may hide the lines below it.
        sides = _sides(place, row, known.get(key))
        if verdict := _verdict(place, row, sides):
            verdicts[key] = verdict
        if rated := _ratings(place, row, sides):
            ratings[key] = rated
    if not (verdicts or ratings):
        raise JudgeError(f"{path} has no judgement yet: write first, second or tie under `better`.")
    return Human(verdicts, ratings)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows in which anything stands, each with the line in which it begins."""
    begins = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield begins, cells
                begins = reader.line_num + 1
    except UnicodeDecodeError as error:
        raise JudgeError(f"{path} is not UTF-8 ({error.reason}). Save it as CSV UTF-8.") from None
    except csv.Error as error:
        raise JudgeError(
            f"{path}: the row that begins in line {begins} is no CSV ({error}), as by a quote that is never closed. "
            "Mend or delete it."
        ) from None


def _sides(line: str, row: Mapping[str, str], pair: Pair | None) -> dict[str, str]:
    """Whose reply stands first and whose second, "ours" and "theirs", in a line that is about this pair."""
    if pair is None:
        raise JudgeError(
            f"{line}: {row['id']} is not among the judged pairs. Use the --views and --rows of the sheet, or delete "
            "the line."
        )
    shown = {"conversation": pair.conversation, **_shown(pair)}
    if other := [name for name in shown if _plain(row[name]) != _plain(shown[name])]:
        raise JudgeError(
            f"{line}: under {other[0]}, the words about {row['id']} are others by now. Write a new sheet with "
            "--sheet, or delete the line."
        )
    return {place: "ours" if shown[place] == pair.ours else "theirs" for place in _PLACES}


def _verdict(line: str, row: Mapping[str, str], sides: Mapping[str, str]) -> str | None:
    """What the word under `better` says of our system; None where there is none."""
    better = row["better"].strip().lower()
    if better and better not in _BETTER:
        raise JudgeError(f"{line}: better is {better!r}. Write first, second or tie.")
    if not better:
        return None
    return TIE if better == "tie" else WIN if sides[better] == "ours" else LOSS


def _ratings(line: str, row: Mapping[str, str], sides: Mapping[str, str]) -> dict[str, int]:
    """What was written under the ratings, by whose reply it is of."""
    found = {}
    for form in RATINGS:
        for place, side in sides.items():
            rating = row.get(f"{form} {place}", "").strip()
            if rating and rating not in SCALE:
                raise JudgeError(
                    f"{line}: {form} {place} is {rating!r}. Write a whole number from 1 to 5, or leave it empty."
                )
            if rating:
                found[f"{form} {side}"] = int(rating)
    return found


def _shown(pair: Pair) -> dict[str, str]:
    ours_first = hashlib.sha256(f"{pair.view} {pair.id}".encode()).digest()[0] % 2
    return dict(zip(_PLACES, (pair.ours, pair.theirs) if ours_first else (pair.theirs, pair.ours), strict=True))


def _plain(text: str) -> str:
    """What a spreadsheet leaves of a text."""
    return " ".join(text.split())


def calibrated(rows: Sequence[Judged], human: Mapping[tuple[str, str], str], draws: int, seed: int) -> dict[str, Any]:
    """What people and judge said about the same pairs, and the judge's shares corrected by that.

    `pairs`, `agreement` in per cent; for "win" and "loss" sensitivity and specificity in per cent and, where the two
    tell anything, the corrected share with the ends of its 95 % interval.
    """
    answered = [row for row in rows if row.verdict]
    # Nobody judged those that are alike: no error of the judge is in them, nor in what people say about it.
    unlike = [row for row in answered if not row.pair.alike]
    both = [(human[key], row.verdict) for row in unlike if (key := (row.pair.view, row.pair.id)) in human]
    found: dict[str, Any] = {"pairs": len(both)}
    if both:
        found["agreement"] = round(100 * sum(said == judge for said, judge in both) / len(both), 4)
    for verdict in (WIN, LOSS):
        row = _corrected([(a == verdict, b == verdict) for a, b in both], unlike, verdict, draws, seed)
        for name in row.keys() & {"corrected", "low", "high"}:
            row[name] *= len(unlike) / len(answered)
        found[verdict] = {name: round(100 * float(number), 4) for name, number in row.items()}
    return found


def rating_agreement(
    rows: Sequence[Judged], human: Mapping[tuple[str, str], Mapping[str, int]]
) -> list[dict[str, Any]]:
    """A row for each rating of which people and judge rated the same replies, `n` of them.

    `exact` and `within_one`: in how many per cent of them the judge's rating, to the nearest whole number, is that of
    people, and at most one away from it. `spearman`: the rank correlation of the two, of the judge's as it is; None
    where all ratings of one side are the same, or they are fewer than three.
    """
    found = []
    for form in RATINGS:
        both = [
            (people[what], row.ratings[what])
            for row in rows
            if (people := human.get((row.pair.view, row.pair.id)))
            for what in (f"{form} ours", f"{form} theirs")
            if what in people and what in row.ratings
        ]
        if both:
            found.append({"rating": form, "n": len(both), **_rating_agreement(np.array(both, float))})
    return found


def _rating_agreement(both: np.ndarray) -> dict[str, float | None]:
    # Expected values that are equal may differ in the last bits of their sums, and would be no tie.
    people, judge = both.round(9).T
    apart = np.abs(people - judge.round())
    ranked = len(both) >= _RANKED and all(len(set(side)) > 1 for side in (people, judge))
    return {
        "exact": round(100 * float(np.mean(apart == 0)), 4),
        "within_one": round(100 * float(np.mean(apart <= 1)), 4),
        "spearman": round(float(spearmanr(people, judge).statistic), 4) if ranked else None,
    }


def _corrected(
    both: Sequence[tuple[bool, bool]], rows: Sequence[Judged], verdict: str, draws: int, seed: int
) -> dict[str, float]:
    """As shares: what the judge finds, and Rogan and Gladen's estimate of how often people would say this verdict of
    such rows, where it is defined."""
    of_yes, of_no = ([judge for said, judge in both if said == truth] for truth in (True, False))
    if not of_yes or not of_no:
        return {}
    sensitivity, specificity = sum(of_yes) / len(of_yes), 1 - sum(of_no) / len(of_no)
    found = {"sensitivity": sensitivity, "specificity": specificity}
    informative = sensitivity + specificity - 1
    if informative > 0:
        share = np.mean([row.verdict == verdict for row in rows])
        value = float(np.clip((share + specificity - 1) / informative, 0, 1))
        spread = _Z * _spread(value, of_yes, of_no, _variance(rows, verdict, draws, seed))
        found |= {"corrected": value, "low": max(0.0, value - spread), "high": min(1.0, value + spread)}
    return found


def _spread(value: float, of_yes: Sequence[bool], of_no: Sequence[bool], variance: float) -> float:
    """The standard error of a corrected share, by the delta method.

    Sensitivity and specificity get one hit and one miss more, so that a few pairs without a miss are not taken for
    certainty.
    """
    m1, m0 = len(of_yes) + 2, len(of_no) + 2
    q1, q0 = (sum(of_yes) + 1) / m1, (m0 - 1 - sum(of_no)) / m0
    informative = max(q1 + q0 - 1, 1e-6)
    errors = variance + (1 - value) ** 2 * q0 * (1 - q0) / m0 + value**2 * q1 * (1 - q1) / m1
    return float(np.sqrt(errors) / informative)


def _variance(rows: Sequence[Judged], verdict: str, draws: int, seed: int) -> float:
    """Of the judge's share, over resampled dialogues; that of a binomial where nothing is drawn or there is one."""
    hits, ids = np.array([[row.verdict == verdict, 1] for row in rows], float), [row.pair.id for row in rows]
    if not draws or not several_dialogues(ids):
        share = hits[:, 0].mean()
        return float(share * (1 - share) / len(rows))
    sums = resample(hits, ids, draws, seed)
    return float(np.var(sums[:, 0] / sums[:, 1]))
