from __future__ import annotations

import numpy as np
import pytest

from pica.evaluation.bootstrap import dialogue, interval, resample


def test_the_draws_follow_from_ids_and_seed():
    rows, ids = np.arange(20.0)[:, None], [f"meld/test/{i // 2}#{i}" for i in range(20)]
    first = resample(rows, ids, draws=50, seed=7)
    assert first.shape == (50, 1)
    assert np.array_equal(first, resample(rows, ids, draws=50, seed=7))
    assert not np.array_equal(first, resample(rows, ids, draws=50, seed=8))


def test_rows_of_one_dialogue_are_drawn_together():
    ids = ["meld/test/1#0", "meld/test/1#1", "meld/test/2#0"]
    sums = resample(np.array([[1.0], [10.0], [100.0]]), ids, draws=100, seed=0)
    assert set(sums[:, 0]) == {22.0, 111.0, 200.0}


def test_systems_on_the_same_rows_see_the_same_draws_in_any_order():
    ids = [f"imdb/test/{i}" for i in range(9)]
    scores = np.arange(9.0)[:, None]
    order = [3, 1, 4, 0, 5, 2, 8, 7, 6]
    ahead = resample(scores[order] + 1, [ids[i] for i in order], 40, 1) - resample(scores, ids, 40, 1)
    assert np.all(ahead == 9)


def test_views_of_as_many_dialogues_are_drawn_apart_and_their_mean_varies_less_than_one_of_them():
    right = (np.arange(40) < 20).astype(float)[:, None]
    views = [resample(right, [f"view{v}/test/{i:02}" for i in range(40)], 400, 0)[:, 0] / 40 for v in range(20)]
    (low, high), of_mean = interval(views[0], "ab"), interval(np.mean(views, axis=0), "ab")
    # Of twenty independent views it is the square root of twenty times narrower.
    assert of_mean[1] - of_mean[0] < (high - low) / 3


def test_the_interval_of_a_mean_is_about_two_standard_errors_wide():
    rng = np.random.default_rng(0)
    ids = [str(i) for i in range(400)]
    means = resample(rng.normal(size=(400, 1)), ids, 1000, 0)[:, 0] / 400
    low, high = interval(means, ids)
    assert high - low == pytest.approx(2 * 1.96 / 20, rel=0.1)


def test_no_draws_no_interval():
    assert np.isnan(interval(np.array([]), ["meld/test/1#0", "meld/test/2#0"])).all()


def test_one_dialogue_does_not_tell_how_others_would_differ():
    figures = np.array([50.0, 50.0, 50.0])
    assert np.isnan(interval(figures, ["meld/test/1#0", "meld/test/1#4"])).all()
    assert interval(figures, ["meld/test/1#0", "meld/test/2#0"]) == (50, 50)


def test_dialogue():
    assert dialogue("meld/test/12#3") == dialogue("meld/test/12") == "meld/test/12"
