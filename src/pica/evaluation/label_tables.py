"""What the tables of a system's closed answers show: variants, classes, and how far its probabilities can be trusted.

variants   view, variant, macro_f1, …      each way to score the labels, from the same pass
classes    view, label, gold, predicted, share_gap, precision, recall, f1
bins       fitted, n, confidence, right    all closed rows together, in bins of equal size
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pica.evaluation import calibration, label_scores, metrics
from pica.schema import Prediction

_VARIANTS = ["view", "variant", "n", "macro_f1", "weighted_f1", "accuracy", "top2_accuracy", "brier", "nll", "ece"]
_CLASSES = ["view", "label", "gold", "predicted", "share_gap", "precision", "recall", "f1"]
_BINS = ["temperature", "n", "confidence", "right"]


def variants(predictions: Sequence[Prediction]) -> pd.DataFrame:
    """A row for each closed view and variant that the system has; views by name."""
    rows = []
    for view, answers in _closed(predictions).items():
        if not all(row.log_probs for row in answers):
            continue
        for name in (name for name in label_scores.VARIANTS if all(name in label_scores.variants(r) for r in answers)):
            scores, gold = label_scores.matrix(answers, name)
            labels = [row.label for row in label_scores.decided(answers, name)]
            counts = metrics.class_counts([row.gold for row in answers], labels).sum(axis=0)
            of_labels = (metrics.macro_f1(counts), metrics.weighted_f1(counts), metrics.accuracy(counts))
            told = (calibration.brier(scores, gold), calibration.nll(scores, gold), calibration.ece(scores, gold))
            rows.append((view, name, len(answers), *of_labels, calibration.top(scores, gold, 2), *told))
    return pd.DataFrame(rows, columns=_VARIANTS).round(4)


def classes(predictions: Sequence[Prediction]) -> pd.DataFrame:
    """A row for each closed view and label that is a gold or a prediction; the most frequent golds first.

    `gold` and `predicted` count rows; `share_gap` is predicted minus gold, in points of per cent of the view's rows. A
    label that is never predicted has a precision of 0, one that is never gold a recall and F1 of 0.
    """
    rows = []
    for view, answers in _closed(predictions).items():
        golds, labels = (np.array([getattr(row, name) for row in answers]) for name in ("gold", "label"))
        counts = {label: ((golds == label).sum(), (labels == label).sum()) for label in {*golds, *labels}}
        for label, (gold, predicted) in sorted(counts.items(), key=lambda item: (-item[1][0], item[0])):
            hits = ((golds == label) & (labels == label)).sum()
            scores = (hits / max(1, predicted), hits / max(1, gold), 2 * hits / (gold + predicted))
            gap = 100 * (predicted - gold) / len(answers)
            rows.append((view, str(label), int(gold), int(predicted), gap, *(100 * score for score in scores)))
    return pd.DataFrame(rows, columns=_CLASSES).round(4)


def bins(predictions: Sequence[Prediction], variant: str) -> pd.DataFrame:
    """Confidence against the share that is right, as `calibration.bins` makes them of all closed rows together.

    `temperature` says whether the probabilities are those of the scores ("none") or of the temperatures that were
    fitted on validation rows ("fitted"); the latter only where every view has one.
    """
    closed = [row for row in predictions if row.label is not None and row.log_probs]
    if not closed:
        return pd.DataFrame(columns=_BINS)
    scores, gold = label_scores.matrix(closed, variant)
    made = {"none": calibration.bins(scores, gold)}
    if all(row.temperature for row in closed):
        made["fitted"] = calibration.bins(scores / np.array([[row.temperature] for row in closed]), gold)
    rows = [(name, n, 100 * confidence, 100 * right) for name, parts in made.items() for n, confidence, right in parts]
    return pd.DataFrame(rows, columns=_BINS).round(4)


def _closed(predictions: Sequence[Prediction]) -> dict[str, list[Prediction]]:
    views: dict[str, list[Prediction]] = {}
    for row in sorted(predictions, key=lambda row: row.name):
        if row.label is not None:
            views.setdefault(row.name, []).append(row)
    return views
