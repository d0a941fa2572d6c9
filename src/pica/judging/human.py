"""Pairs for people to judge, and what their judgements say about the judge's.

    view,id,conversation,first,second,better
    esconv-generation,esconv/test/7#generation-3,USER: I failed again.,Ok.,That hurts.,second

Whose reply stands first follows from a hash of the id, so nobody sees it. With such pairs a share that the judge gives
is corrected for the judge's own errors (Rogan and Gladen 1978; for judges arXiv 2511.21140):

    corrected = (share + specificity - 1) / (sensitivity + specificity - 1)

wins and losses each by themselves. The interval holds what the choice of test dialogues and of human pairs explains.
Pairs whose replies are alike are ties without any judge, so a correction is over the others and counts by their share.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pica.errors import JudgeError
from pica.evaluation.bootstrap import resample
from pica.judging.pairs import Pair
from pica.judging.verdicts import LOSS, TIE, WIN, Judged
from pica.store import write_table

COLUMNS = ("view", "id", "conversation", "first", "second", "better")
_BETTER = ("first", "second", "tie")
# Fewer human pairs than this say little about a judge.
ENOUGH = 50
_Z = 1.96


def write_sheet(path: Path, pairs: Sequence[Pair]) -> None:
    """A table for people: who has judged a pair writes first, second or tie under `better`.

    Raises:
        JudgeError: the file is there already.
    """
    if path.exists():
        raise JudgeError(f"{path} is there already, and may hold somebody's work. Name a new file.")
    rows = [
        {"view": p.view, "id": p.id, "conversation": p.conversation, **_shown(p), "better": ""}
        for p in pairs
        if not p.alike
    ]
    write_table(path, rows, COLUMNS)


def read_sheet(path: Path, pairs: Sequence[Pair]) -> dict[tuple[str, str], str]:
    """(view, id) → "win", "tie" or "loss" of our system, of the pairs that somebody judged.

    Raises:
        JudgeError: a line is not of the sheet or there twice, is about other replies, or has another word under
            `better`.
    """
    known, found, lines = {(pair.view, pair.id): pair for pair in pairs}, {}, {}
    rows = _rows(path)
    _, names = next(rows, (1, []))
    if missing := [name for name in COLUMNS if name not in names]:
        raise JudgeError(f"{path} has no column {missing[0]}. `pica judge … --sheet` writes one with all.")
    if repeated := [name for name in COLUMNS if names.count(name) > 1]:
        raise JudgeError(f"{path} has several columns {repeated[0]}. Keep one of them.")
    for line, cells in rows:
        place = f"{path}, line {line}"
        # A spreadsheet leaves out empty cells at the end, which `better` is where nobody has judged.
        if len(cells) == len(names) - 1 and names[-1] == "better":
            cells = [*cells, ""]
        if len(cells) != len(names):
            raise JudgeError(f"{place}: {len(cells)} cells under {len(names)} columns. Mend or delete the line.")
        row = dict(zip(names, cells, strict=True))
        key = row["view"], row["id"]
        if key in lines:
            raise JudgeError(f"{place}: {row['id']} of {row['view']} is in line {lines[key]}, too. Keep one of them.")
        lines[key] = line
        # What nobody has judged is compared, too: a quote that was never closed may hide the lines below it.
        if meaning := _meaning(place, row, known.get(key)):
            found[key] = meaning
    if not found:
        raise JudgeError(f"{path} has no judgement yet: write first, second or tie under `better`.")
    return found


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


def _meaning(place: str, row: Mapping[str, str], pair: Pair | None) -> str | None:
    """What the word under `better` says of our system; None where there is none."""
    if pair is None:
        raise JudgeError(
            f"{place}: {row['id']} is not among the judged pairs. Use the --views and --rows of the sheet, or delete "
            "the line."
        )
    shown = {"conversation": pair.conversation, **_shown(pair)}
    if other := [name for name in shown if _plain(row[name]) != _plain(shown[name])]:
        raise JudgeError(
            f"{place}: under {other[0]}, the words about {row['id']} are others by now. Write a new sheet with "
            "--sheet, or delete the line."
        )
    better = row["better"].strip().lower()
    if better and better not in _BETTER:
        raise JudgeError(f"{place}: better is {better!r}. Write first, second or tie.")
    if not better:
        return None
    return TIE if better == "tie" else WIN if shown[better] == pair.ours else LOSS


def _shown(pair: Pair) -> dict[str, str]:
    ours_first = hashlib.sha256(f"{pair.view} {pair.id}".encode()).digest()[0] % 2
    return dict(
        zip(("first", "second"), (pair.ours, pair.theirs) if ours_first else (pair.theirs, pair.ours), strict=True)
    )


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
    """Of the judge's share, over resampled dialogues; that of a binomial where nothing is drawn."""
    hits = np.array([[row.verdict == verdict, 1] for row in rows], float)
    if not draws:
        share = hits[:, 0].mean()
        return float(share * (1 - share) / len(rows))
    sums = resample(hits, [row.pair.id for row in rows], draws, seed)
    return float(np.var(sums[:, 0] / sums[:, 1]))
