from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from pica.evaluation import metrics
from pica.evaluation.bootstrap import interval, resample
from pica.evaluation.scoring import differences, headline, score_views
from pica.schema import Prediction


def prediction(row, view, task, gold, output, label=None, parsed=None, language="en", finished=True):
    dataset = view.partition("-")[0]
    row_id = f"{dataset}/test/{row}#0"
    return Prediction(row_id, view, task, dataset, language, "tuned", gold, output, label, parsed, finished)


def closed(row, view, task, gold, label, parsed):
    return prediction(row, view, task, gold, parsed or "er", label, parsed)


@pytest.fixture
def predictions():
    return [
        closed(1, "meld-classification", "dialogue_emotion", "joy", "joy", "joy"),
        closed(2, "meld-classification", "dialogue_emotion", "anger", "joy", None),
        closed(1, "imdb-classification", "text_emotion", "positive", "positive", "positive"),
        closed(2, "imdb-classification", "text_emotion", "negative", "negative", "negative"),
        prediction(1, "dailydialog-cause", "emotion_cause", "my dog died", "dog"),
        prediction(2, "dailydialog-cause", "emotion_cause", "it rained", "it rained"),
        prediction(1, "ntcir13-cause", "emotion_cause", "下雨了", "下雨", language="zh"),
        prediction(1, "esconv-generation", "dialogue_generation", "i am sorry", "i am here", finished=False),
        prediction(1, "smilechat-generation", "dialogue_generation", "别难过", "", language="zh"),
    ]


@pytest.fixture
def views(predictions):
    return score_views(predictions, draws=20, seed=0).set_index("view")


def test_each_view_has_a_row_in_the_order_of_the_tasks(views):
    assert list(views.index) == [
        "imdb-classification",
        "meld-classification",
        "dailydialog-cause",
        "ntcir13-cause",
        "esconv-generation",
        "smilechat-generation",
    ]
    assert list(views["metric"]) == ["macro_f1", "macro_f1", "cause_f1", "cause_f1_char", "rouge_l", "rouge_l_char"]


def test_classification_is_scored_decoded_and_free(views):
    meld = views.loc["meld-classification"]
    assert meld["score"] == meld["macro_f1"] == meld["weighted_f1"] == pytest.approx(100 / 3, abs=1e-4)
    assert meld["free_macro_f1"] == meld["unparsed"] == meld["accuracy"] == 50


def test_cause_and_free_text(views):
    assert views.loc["dailydialog-cause", ["cause_f1", "cause_em", "cause_raw_em"]].tolist() == [75, 50, 50]
    assert views.loc["ntcir13-cause", "cause_f1_char"] == 80
    assert views.loc["dailydialog-cause", ["pair_f1", "coverage", "free_cause_f1"]].tolist() == [50, 50, 75]
    assert views.loc["esconv-generation", ["rouge_l", "length", "truncated"]].tolist() == [66.6667, 3, 100]
    assert views.loc["smilechat-generation", ["bleu2_char", "length_char", "empty"]].tolist() == [0, 0, 100]


def test_quoted_causes_are_scored_beside_the_free_text(predictions):
    (cause,) = [replace(p, spans=("my dog died", "it rained")) for p in predictions if p.output == "dog"]
    row = score_views([cause], draws=0, seed=0).iloc[0]
    assert row["score"] == row["cause_f1"] == 75
    assert row["pair_f1"] == pytest.approx(200 / 3, abs=1e-4)
    assert row["free_cause_f1"] == 50


def test_the_perplexity_of_targets_stands_where_a_system_has_one(predictions):
    replies = [replace(p, gold_log_prob=-6.0, gold_tokens=3) for p in predictions[-2:-1]]
    assert score_views(replies, draws=0, seed=0).loc[0, "perplexity"] == pytest.approx(np.exp(2), abs=1e-3)
    assert "perplexity" not in score_views(predictions, draws=0, seed=0)


def test_the_score_lies_in_its_interval(views):
    known = views.drop(["ntcir13-cause", "esconv-generation", "smilechat-generation"])
    assert ((known["low"] <= known["score"]) & (known["score"] <= known["high"])).all()


def test_views_of_one_dialogue_have_no_interval(views):
    of_one = views.loc[["ntcir13-cause", "esconv-generation", "smilechat-generation"]]
    assert of_one["score"].notna().all()
    assert of_one[["low", "high"]].isna().all(axis=None)


def test_a_lead_on_one_dialogue_has_no_interval_but_the_mean_over_views_with_another_has(predictions):
    one, two = predictions[:1], predictions[2:4]
    worse = [replace(row, label="anger") for row in (*one, *two)]
    table = differences([*one, *two], worse, draws=50, seed=0, over_tasks=True).set_index("view")
    assert table.loc["meld-classification", "difference"] == 100
    assert np.isnan(table.loc["meld-classification", ["low", "high"]].astype(float)).all()
    assert table.loc["", ["low", "high"]].tolist() == [100, 100]


def test_weighted_f1_has_an_interval_over_dialogues_too():
    golds = ["joy"] * 6 + ["anger"] * 2
    rows = [closed(n, "meld-classification", "dialogue_emotion", gold, "joy", None) for n, gold in enumerate(golds)]
    view = score_views(rows, draws=40, seed=3).iloc[0]
    counts = resample(metrics.class_counts(golds, ["joy"] * 8), [row.id for row in rows], 40, 3)
    assert (view["weighted_low"], view["weighted_high"]) == pytest.approx(
        interval(metrics.weighted_f1(counts), [row.id for row in rows]), abs=1e-4
    )
    assert view["weighted_low"] < view["weighted_f1"] < view["weighted_high"]
    assert score_views(rows, draws=0, seed=3)["weighted_low"].isna().all()


def test_the_headline_is_flat_and_fits_a_screen(predictions):
    numbers = headline(score_views(predictions, draws=20, seed=0))
    assert numbers["macro_f1"] == pytest.approx(200 / 3, abs=1e-4)
    assert numbers["text_emotion_macro_f1"] == 100
    assert numbers["truncated"] == pytest.approx(100 / 6, abs=1e-4)
    assert all(type(value) is float for value in numbers.values())
    assert len(numbers) <= 12
    assert "NaN" not in json.dumps(numbers)


def test_measures_that_no_view_has_are_left_out(predictions):
    numbers = headline(score_views(predictions[:2], draws=0, seed=0))
    assert set(numbers) == {
        *("macro_f1", "weighted_f1", "free_macro_f1", "unparsed", "truncated"),
        "dialogue_emotion_macro_f1",
    }


def test_causes_in_chinese_have_a_headline(predictions):
    chinese = [p for p in predictions if p.task_type == "emotion_cause" and p.language == "zh"]
    assert "cause_f1_char" in headline(score_views(chinese, draws=0, seed=0))


def test_a_run_without_closed_labels_has_a_headline(predictions):
    numbers = headline(score_views(predictions[-2:-1], draws=0, seed=0))
    assert set(numbers) == {"rouge_l", "dist2", "truncated"}


def test_a_system_is_compared_with_another_row_by_row(predictions):
    worse = [replace(p, system="base", output="", label=p.label and "anger") for p in reversed(predictions)]
    table = differences(predictions, worse, draws=50, seed=0).set_index(["task_type", "view"])
    assert set(table["other"]) == {"base"}
    assert table.loc[("emotion_cause", "dailydialog-cause"), ["difference", "low", "high"]].tolist() == [75, 50, 100]
    assert ("text_emotion", "") not in table.index, "a task of one view has no mean"
    same = differences(predictions, predictions, draws=50, seed=0)
    assert (same["difference"] == 0).all()
    assert (same[["low", "high"]].dropna() == 0).all(axis=None)


def test_the_mean_of_a_task_is_over_its_views(predictions):
    second = [replace(p, name="emowoz-classification") for p in predictions[:2]]
    other = [replace(p, system="base", label="anger") for p in predictions[:2]]
    table = differences(predictions[:2] + second, other + second, draws=50, seed=0).set_index("view")
    assert table.loc["", "difference"] == pytest.approx(table.drop("")["difference"].mean())


@pytest.mark.parametrize("fewer_first", [True, False])
def test_a_system_that_could_not_be_asked_a_row_is_compared_on_the_others(predictions, fewer_first):
    asked = [p for p in predictions[1:] if p.task_type != "emotion_cause"]
    pair = (asked, predictions) if fewer_first else (predictions, asked)
    table = differences(*pair, draws=5, seed=0)
    assert (table["difference"] == 0).all()
    assert (table[["low", "high"]].dropna() == 0).all(axis=None)
    assert len(table)
    assert "emotion_cause" not in set(table["task_type"])


def test_systems_without_a_row_in_common_have_no_difference(predictions):
    assert differences(predictions[:1], predictions[1:], draws=5, seed=0).empty


def test_a_run_without_test_rows_has_tables_with_columns_and_no_headline():
    table = score_views([], draws=5, seed=0)
    assert table.empty
    assert {"system", "view", "score", "n"} <= set(table.columns)
    assert headline(table) == {}
    assert {"other", "view", "difference"} <= set(differences([], [], draws=5, seed=0).columns)


@pytest.mark.parametrize("draws", [0, 20])
def test_one_row_of_one_dialogue_has_numbers_and_an_interval(predictions, draws):
    for one in predictions:
        numbers = headline(score_views([one], draws, seed=0))
        assert numbers
        assert all(np.isfinite(value) for value in numbers.values())
        json.dumps(numbers, allow_nan=False)
