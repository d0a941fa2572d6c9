"""Whether a probability means what it says, from the scores of the candidates and the gold's place.

    scores  [[-0.2, -1.9], …]   as `label_scores.matrix` makes them: -inf behind a row's last candidate
    gold    [0, …]              -1 where the gold is no candidate, which counts as a miss of everything

Probabilities are those among the candidates. Brier and NLL need no bins; ECE depends on its bins, so they are of equal
mass and few rows have few of them.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

_BINS = 10
_ROWS_A_BIN = 5
# No probability is lower: a gold that is no candidate has none, and its NLL would be infinite.
_LEAST = np.log(1e-12)
# Of the temperature; where all validation rows are right, the best one is endlessly low.
_COLDEST, _HOTTEST = np.log(0.1), np.log(20.0)


def probabilities(scores: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Of each candidate among its row's, `[rows, candidates]`."""
    return np.exp(log_softmax(scores / temperature, axis=1))


def nll(scores: np.ndarray, gold: np.ndarray, temperature: float = 1.0) -> float:
    """The mean negative log-probability of the gold, in nats."""
    logs = np.where(gold < 0, _LEAST, log_softmax(scores / temperature, axis=1)[np.arange(len(gold)), gold])
    return float(-np.maximum(logs, _LEAST).mean())


def brier(scores: np.ndarray, gold: np.ndarray, temperature: float = 1.0) -> float:
    """The mean squared distance of the probabilities from the gold's 1 and the others' 0, summed over candidates: 0 to
    2."""
    chances = probabilities(scores, temperature)
    of_gold = np.where(gold < 0, 0.0, chances[np.arange(len(gold)), gold])
    return float(((chances**2).sum(1) - 2 * of_gold + 1).mean())


def top(scores: np.ndarray, gold: np.ndarray, k: int) -> float:
    """The share of rows, in per cent, whose gold is among the k best candidates."""
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return 100 * float((best == gold[:, None]).any(1).mean())


def bins(scores: np.ndarray, gold: np.ndarray, temperature: float = 1.0) -> list[tuple[int, float, float]]:
    """Rows in the order of their confidence, in bins of equal size: how many, mean confidence, share right (0 to 1)."""
    chances = probabilities(scores, temperature)
    confidence, right = chances.max(1), chances.argmax(1) == gold
    order = np.argsort(confidence, kind="stable")
    number = max(1, min(_BINS, len(order) // _ROWS_A_BIN))
    return [
        (len(part), float(confidence[part].mean()), float(right[part].mean()))
        for part in np.array_split(order, number)
        if len(part)
    ]


def ece(scores: np.ndarray, gold: np.ndarray, temperature: float = 1.0) -> float:
    """Expected calibration error, in per cent: the mean distance of confidence and share right over the bins."""
    parts = bins(scores, gold, temperature)
    return 100 * sum(n * abs(confidence - right) for n, confidence, right in parts) / sum(n for n, *_ in parts)


def temperature(scores: np.ndarray, gold: np.ndarray) -> float:
    """What scores are divided by so that the gold has the highest probability, between 0.1 and 20."""
    found = minimize_scalar(lambda log: nll(scores, gold, np.exp(log)), bounds=(_COLDEST, _HOTTEST), method="bounded")
    return float(np.exp(found.x))
