"""The keys that published work reports of one dataset alone, so that its figures may stand beside ours.

    of_view([Prediction(name="emocontext-classification", gold="happy", label="others", …), …])
    {"micro_f1_without_others": 0.0}

    dailydialog     micro_f1_without_no_emotion    micro F1 of the classes but the one that most rows have
    emocontext      micro_f1_without_others        the same: of happy, sad and angry
    emorynlp        csv_weighted_f1                of the 984 test rows in its CSV subset; other keys are of all
    esconv          preference_bias                how unevenly it names strategies, whatever the gold one is
    EPITOME         level, gold_level, level_diff  mean level, 0 to 2, of answers and golds; mean squared difference
    RECCON          em_pos, f1_pos                 over gold spans: found to the letter, and the F1 of the nearest one

Scores are in per cent; levels and the bias are not. GoEmotions' multi-label scores need other predictions, one for each
label: `multi_label`.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from importlib.resources import files

import numpy as np

from pica.evaluation import metrics
from pica.evaluation.causes import said
from pica.schema import Prediction

_ROUNDS = 1_000
_SETTLED = 1e-9


def of_view(rows: Sequence[Prediction]) -> dict[str, float]:
    """The keys of the rows of one view, none where published work has none of its own."""
    return _KEYS[rows[0].name](rows) if rows[0].name in _KEYS else {}


def micro_f1_without(left_out: str, rows: Sequence[Prediction]) -> float:
    """Micro F1 of all classes but one: of the rows that have another gold, and the answers that are another label."""
    asked = sum(row.gold != left_out for row in rows)
    given = sum(row.label != left_out for row in rows)
    right = sum(row.gold == row.label != left_out for row in rows)
    return 100 * 2 * right / (asked + given) if asked + given else 0.0


def preference_bias(golds: Sequence[str], labels: Sequence[str], candidates: Sequence[str]) -> float:
    """The standard deviation of a Bradley-Terry model's preferences, whose mean is 1; 0 for a system without any.

    An answer i to a row of gold j is a game that i wins over j. Source: Kang et al., Can Large Language Models be Good
    Emotional Supporter?, ACL 2024. Here each pair of strategies has one game more each way, since a strategy that is
    never given, or never wanted, would have no preference at all.

    There a system chooses the strategy of a reply to come. Our view asks which one a line that the supporter has said
    already has, so what is measured is the bias of labelling, and does not compare with theirs.
    """
    place = {label: i for i, label in enumerate(candidates)}
    wins = np.ones((len(place), len(place)))
    for gold, label in zip(golds, labels, strict=True):
        wins[place[label], place[gold]] += 1
    np.fill_diagonal(wins, 0)
    preference = np.ones(len(place))
    for _ in range(_ROUNDS):
        sums = preference[:, None] + preference
        new = (wins * preference / sums).sum(1) / (wins.T / sums).sum(1)
        new *= len(new) / new.sum()
        settled = np.abs(new - preference).max() < _SETTLED
        preference = new
        if settled:
            break
    return float(preference.std())


def levels(rows: Sequence[Prediction]) -> dict[str, float]:
    """`of_levels` of answers and golds; the labels stand by level."""
    pairs = np.array([[row.candidates.index(row.label), row.candidates.index(row.gold)] for row in rows])
    return of_levels(*pairs.T)


def of_levels(given: np.ndarray, gold: np.ndarray) -> dict[str, float]:
    """The mean of each, and the mean of their squared differences."""
    return {
        "level": float(given.mean()),
        "gold_level": float(gold.mean()),
        "level_diff": float(((given - gold) ** 2).mean()),
    }


def reccon(rows: Sequence[Prediction]) -> dict[str, float]:
    """RECCON's two scores of the questions that have an answer: each gold span is one.

    There a system is told which turn the span stands in, and gives one; here it is asked for all spans at once, and the
    nearest of them counts for each gold one.
    """
    exact, overlap = [], []
    for row in rows:
        spans = said(row).splitlines() or [""]
        for gold in row.gold.splitlines():
            exact.append(max(metrics.raw_exact_match(span, gold) for span in spans))
            overlap.append(max(metrics.token_f1(span, gold, row.language) for span in spans))
    return {"em_pos": float(np.mean(exact)), "f1_pos": float(np.mean(overlap))}


def multi_label(golds: np.ndarray, chosen: np.ndarray) -> dict[str, float]:
    """Scores of several labels a row, of shape (rows, labels), of ones and zeros: macro and micro F1 over labels, the
    share of rows whose set is exactly right, and the mean Jaccard index of the sets; two empty sets are alike."""
    hits = (golds & chosen).sum(0)
    either, both = (golds | chosen).sum(1), (golds & chosen).sum(1)
    total = golds.sum(0) + chosen.sum(0)
    return {
        "multi_macro_f1": 100 * float(np.mean(2 * hits / np.maximum(total, 1))),
        "multi_micro_f1": 100 * 2 * float(hits.sum()) / max(int(total.sum()), 1),
        "subset_accuracy": 100 * float((golds == chosen).all(1).mean()),
        "jaccard": 100 * float(np.where(either, both / np.maximum(either, 1), 1.0).mean()),
    }


def _micro(left_out: str, rows: Sequence[Prediction]) -> dict[str, float]:
    return {f"micro_f1_without_{left_out.replace(' ', '_')}": micro_f1_without(left_out, rows)}


def _strategies(rows: Sequence[Prediction]) -> dict[str, float]:
    return {"preference_bias": preference_bias([r.gold for r in rows], [r.label for r in rows], rows[0].candidates)}


def _of_csv(rows: Sequence[Prediction]) -> dict[str, float]:
    """Nothing where none of these rows is in the subset: a made-up scene."""
    of_csv = [row for row in rows if _has_time(row.id)]
    if not of_csv:
        return {}
    counts = metrics.class_counts([row.gold for row in of_csv], [row.label for row in of_csv]).sum(axis=0)
    return {"csv_weighted_f1": float(metrics.weighted_f1(counts)), "csv_n": len(of_csv)}


def _has_time(id: str) -> bool:
    """Whether an utterance, `emorynlp/test/s01_e02_c03#classification-4`, is in the CSV subset: it has a time."""
    scene, _, asked = id.rpartition("/")[2].partition("#")
    without = _without_time().get(scene)
    return without is not None and asked.rpartition("-")[2] not in without


@cache
def _without_time() -> Mapping[str, frozenset[str]]:
    """Each scene of the official test set → its turns that the subset in CSV leaves out."""
    text = (files("pica.evaluation") / "emorynlp_csv.tsv").read_text(encoding="utf-8")
    return {r["scene"]: frozenset(r["without_time"].split()) for r in csv.DictReader(text.splitlines(), delimiter="\t")}


_KEYS: Mapping[str, Callable[[Sequence[Prediction]], dict[str, float]]] = {
    "dailydialog-classification": partial(_micro, "no emotion"),
    "dailydialog-emotion-inference": partial(_micro, "no emotion"),
    "dailydialog-cause": reccon,
    "emocontext-classification": partial(_micro, "others"),
    "emorynlp-classification": _of_csv,
    "esconv-act-inference": _strategies,
    "empathy_mental_health-reaction-classification": levels,
    "empathy_mental_health-interpretation-classification": levels,
    "empathy_mental_health-exploration-classification": levels,
}
