from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, jaccard_score

from pica.corpora import view_corpus, views
from pica.evaluation.literature import _KEYS, multi_label, of_view, preference_bias
from pica.schema import Prediction

EMOTIONS = ("others", "happy", "sad", "angry")


def answers(view, golds, labels, candidates, ids=None):
    task, corpus = views()[view].task, view_corpus(view)
    ids = ids or [f"{corpus}/test/{i}" for i in range(len(golds))]
    return [
        Prediction(id, view, task, corpus, "en", "tfidf", gold, label, label, label, True, tuple(candidates))
        for id, gold, label in zip(ids, golds, labels, strict=True)
    ]


def test_the_keys_are_of_views_that_there_are():
    assert _KEYS.keys() <= views().keys()


def test_a_view_without_keys_of_its_own_has_none():
    assert of_view(answers("imdb-classification", ["positive"], ["negative"], ("negative", "positive"))) == {}


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(EMOTIONS), st.sampled_from(EMOTIONS)), min_size=1, max_size=30))
def test_micro_f1_without_a_class_is_scikit_learns(pairs):
    golds, labels = zip(*pairs, strict=True)
    (value,) = of_view(answers("emocontext-classification", golds, labels, EMOTIONS)).values()
    expected = f1_score(golds, labels, labels=EMOTIONS[1:], average="micro", zero_division=0)
    assert value == pytest.approx(100 * expected)


def test_its_key_names_the_class_that_is_left_out():
    rows = answers("dailydialog-classification", ["anger"], ["no emotion"], ("no emotion", "anger"))
    assert of_view(rows) == {"micro_f1_without_no_emotion": 0.0}


def test_the_test_set_in_csv_is_told_apart():
    """Turn 4 of this scene has no time in the subtitles, turn 3 has; the third row is of a made-up scene."""
    ids = [
        f"emorynlp/test/{id}"
        for id in ("s01_e01_c04#classification-3", "s01_e01_c04#classification-4", "s09_e99_c99#classification-0")
    ]
    rows = answers("emorynlp-classification", ["Sad", "Mad", "Mad"], ["Sad", "Sad", "Sad"], ("Sad", "Mad"), ids)
    assert of_view(rows) == {"csv_weighted_f1": 100.0, "csv_n": 1}
    assert of_view(rows[2:]) == {}


def test_no_preference_has_no_bias_and_one_for_a_single_strategy_has_much():
    strategies = ("Question", "Information", "Others")
    even = [*strategies] * 20
    assert preference_bias(even, even, strategies) == pytest.approx(0, abs=1e-6)
    always = preference_bias(even, ["Question"] * 60, strategies)
    often = preference_bias(even, ["Question"] * 30 + even[30:], strategies)
    assert always > often > 0.1


def test_bias_does_not_depend_on_how_often_a_strategy_is_wanted():
    golds = ["a"] * 90 + ["b"] * 10
    assert preference_bias(golds, golds, ("a", "b")) == pytest.approx(0, abs=1e-6)


def test_levels_are_numbers():
    degrees = ("no exploration", "weak exploration", "strong exploration")
    golds = [degrees[2], degrees[0], degrees[1], degrees[1]]
    rows = answers("empathy_mental_health-exploration-classification", golds, [degrees[0]] * 4, degrees)
    assert of_view(rows) == {"level": 0.0, "gold_level": 1.0, "level_diff": 1.5}


def test_reccon_counts_each_gold_span():
    gold = "my dog died\nthe rain"
    rows = answers("dailydialog-cause", [gold, "the rain"], ["the dog died\nthe rain", ""], ())
    assert of_view(rows) == pytest.approx({"em_pos": 100 / 3, "f1_pos": (80 + 100 + 0) / 3})


def test_reccon_counts_what_is_quoted_and_not_what_is_written_beside_it():
    (row,) = answers("dailydialog-cause", ["my dog died"], ["Because of the dog."], ())
    assert of_view([replace(row, spans=("my dog died", "the rain"))]) == {"em_pos": 100.0, "f1_pos": 100.0}
    assert of_view([replace(row, output="my dog died", spans=("the rain",))]) == {"em_pos": 0.0, "f1_pos": 0.0}


@settings(max_examples=40)
@given(st.lists(st.tuples(*[st.booleans()] * 6), min_size=1, max_size=20))
def test_multi_label_scores_are_scikit_learns(rows):
    table = np.array(rows, int)
    golds, chosen = table[:, :3], table[:, 3:]
    scores = multi_label(golds, chosen)
    for average in ("macro", "micro"):
        expected = f1_score(golds, chosen, average=average, zero_division=0)
        assert scores[f"multi_{average}_f1"] == pytest.approx(100 * expected)
    assert scores["jaccard"] == pytest.approx(100 * jaccard_score(golds, chosen, average="samples", zero_division=1))
    assert scores["subset_accuracy"] == pytest.approx(100 * (golds == chosen).all(1).mean())
