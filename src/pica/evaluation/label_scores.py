"""One pass over the candidates → several scores of each, told apart by name.

    raw          log P(label, end | prompt)
    per_token    raw, divided by the label's tokens
    ncc          (raw - log P(label, end | the prompt without its text)), divided by the label's tokens
    train_prior  raw + log(share in the training split) - log(share in the mixture)

`ncc` is normalised contextual calibration: what a label owes to its words and to the request does not count.
`train_prior` takes back that the mixture is drawn evenly over labels: a tuned model expects rare ones too often. Which
variant decides on the label is set beforehand, by `evaluate.label_scores`; a system that lacks what it is made of, as
baselines without tokens do, is decided by `raw`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pica.evaluation import calibration
from pica.schema import Prediction

VARIANTS = ("raw", "per_token", "ncc", "train_prior")
# Validation rows of a view that a temperature wants: fitted on four, it made the probabilities of test rows worse.
FEWEST = 20


def variants(prediction: Prediction) -> dict[str, np.ndarray]:
    """The scores of the candidates by variant, each `[candidates]`; those that the prediction has what it takes for."""
    if not prediction.log_probs:
        return {}
    raw = np.array(prediction.log_probs)
    scores = {"raw": raw}
    if prediction.lengths:
        scores["per_token"] = raw / prediction.lengths
        if prediction.content_free:
            scores["ncc"] = (raw - prediction.content_free) / prediction.lengths
    if prediction.label_shifts:
        scores["train_prior"] = raw + prediction.label_shifts
    return scores


def chosen(prediction: Prediction, variant: str) -> np.ndarray:
    """The scores of that variant, or the raw ones where there are none of it."""
    scores = variants(prediction)
    return scores.get(variant, scores["raw"])


def decided(predictions: Sequence[Prediction], variant: str) -> list[Prediction]:
    """The predictions with the label that the variant finds best; those without scores keep theirs."""
    return [_decided(p, p.candidates[int(chosen(p, variant).argmax())]) if p.log_probs else p for p in predictions]


def _decided(prediction: Prediction, label: str) -> Prediction:
    # What writes no text of its own, and so counts no tokens, answers with its label.
    written = {} if prediction.lengths else {"output": label, "parsed": label}
    return replace(prediction, label=label, **written)


def with_shifts(
    predictions: Sequence[Prediction], mixture: Mapping[str, Mapping[str, int]], split: Mapping[str, Mapping[str, int]]
) -> list[Prediction]:
    """The predictions with what `train_prior` needs, those of closed views that the mixture has.

    Args:
        mixture: view → label → rows drawn for training.
        split: view → label → rows of the training split.
    """
    return [
        replace(p, label_shifts=_shifts(p.candidates, mixture[p.name], split[p.name]))
        if p.log_probs and mixture.get(p.name) and split.get(p.name)
        else p
        for p in predictions
    ]


def _shifts(labels: Sequence[str], mixture: Mapping[str, int], split: Mapping[str, int]) -> tuple[float, ...]:
    """One more of each label than was counted (Laplace's rule), so that none is impossible."""
    totals = (sum(counts.get(label, 0) + 1 for label in labels) for counts in (split, mixture))
    constant = math.log(next(totals)) - math.log(next(totals))
    return tuple(math.log(split.get(label, 0) + 1) - math.log(mixture.get(label, 0) + 1) - constant for label in labels)


def with_temperatures(
    predictions: Sequence[Prediction], validation: Sequence[Prediction], variant: str
) -> list[Prediction]:
    """The predictions with the temperature of their view, fitted on its validation rows alone, if they are enough."""
    by_view: dict[str, list[Prediction]] = {}
    for row in validation:
        if row.log_probs and row.gold in row.candidates:
            by_view.setdefault(row.name, []).append(row)
    enough = {view: rows for view, rows in by_view.items() if len(rows) >= FEWEST}
    fitted = {view: calibration.temperature(*matrix(rows, variant)) for view, rows in enough.items()}
    return [replace(p, temperature=fitted.get(p.name)) if p.log_probs else p for p in predictions]


def matrix(rows: Sequence[Prediction], variant: str) -> tuple[np.ndarray, np.ndarray]:
    """Scores `[rows, most candidates]`, -inf behind a row's last one, and the gold's place `[rows]`, -1 for none."""
    scores = np.full((len(rows), max(len(row.candidates) for row in rows)), -np.inf)
    for number, row in enumerate(rows):
        scores[number, : len(row.candidates)] = chosen(row, variant)
    gold = [row.candidates.index(row.gold) if row.gold in row.candidates else -1 for row in rows]
    return scores, np.array(gold)
