"""Probabilities judged: against scikit-learn, by hand, and where there is hardly anything to judge."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss, top_k_accuracy_score

from pica.evaluation import calibration


def _made(seed: int, rows: int, candidates: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.uniform(-12, 0, (rows, candidates)), rng.integers(candidates, size=rows)


# Drawn by a seed: Hypothesis takes long over each number of an array.
SCORES = st.builds(_made, st.integers(0, 2**32), st.integers(1, 60), st.integers(2, 6))
PROPERTY = settings(max_examples=50)


@PROPERTY
@given(SCORES)
def test_nll_brier_and_top_2_are_those_of_scikit_learn(given):
    scores, gold = given
    labels, chances = range(scores.shape[1]), calibration.probabilities(scores)
    assert calibration.nll(scores, gold) == pytest.approx(log_loss(gold, chances, labels=labels), rel=1e-4)
    one_hot = np.eye(len(labels))[gold]
    assert calibration.brier(scores, gold) == pytest.approx(((chances - one_hot) ** 2).sum(1).mean())
    if len(labels) == 2:  # scikit-learn sums over one class of two
        twice = 2 * brier_score_loss(gold, chances[:, 1], labels=labels)
        assert calibration.brier(scores, gold) == pytest.approx(twice)
    else:
        assert calibration.top(scores, gold, 2) == pytest.approx(
            100 * top_k_accuracy_score(gold, scores, k=2, labels=labels)
        )


@PROPERTY
@given(SCORES)
def test_bins_hold_all_rows_and_are_of_equal_size(given):
    scores, gold = given
    parts = calibration.bins(scores, gold)
    sizes = [n for n, _, _ in parts]
    assert sum(sizes) == len(gold)
    assert max(sizes) - min(sizes) <= 1
    assert len(parts) <= 10
    confidences = [confidence for _, confidence, _ in parts]
    assert confidences == sorted(confidences)
    assert 0 <= calibration.ece(scores, gold) <= 100


def test_ece_by_hand():
    # Ten rows in two bins of five: sure of 0.9 and right each time, sure of 0.6 and right two times of five.
    scores = np.log([[0.9, 0.1]] * 5 + [[0.6, 0.4]] * 5)
    gold = np.array([0] * 5 + [0, 0, 1, 1, 1])
    assert calibration.ece(scores, gold) == pytest.approx(100 * (0.1 + 0.2) / 2)


@PROPERTY
@given(SCORES)
def test_a_fitted_temperature_is_no_worse_than_none(given):
    scores, gold = given
    fitted = calibration.temperature(scores, gold)
    assert 0.1 <= fitted <= 20
    assert calibration.nll(scores, gold, fitted) <= calibration.nll(scores, gold) + 1e-3


def test_the_temperature_of_scores_that_were_multiplied_is_found():
    rng = np.random.default_rng(0)
    scores = rng.normal(0, 2, (4000, 4))
    gold = np.array([rng.choice(4, p=row) for row in calibration.probabilities(scores)])
    assert calibration.temperature(3 * scores, gold) == pytest.approx(3, rel=0.1)


def test_one_candidate_and_a_gold_that_is_none_have_numbers():
    sure, gold = np.array([[-3.0], [-1.0]]), np.array([0, 0])
    assert calibration.nll(sure, gold) == calibration.brier(sure, gold) == calibration.ece(sure, gold) == 0
    assert calibration.top(sure, gold, 2) == 100
    assert np.isfinite(calibration.temperature(sure, gold))
    ragged = np.array([[-1.0, -2.0], [-0.5, -np.inf]])
    assert np.isfinite(calibration.nll(ragged, np.array([-1, 0])))
    assert calibration.top(ragged, np.array([-1, 0]), 2) == 50
    assert calibration.brier(ragged, np.array([-1, 0])) > 0.5
