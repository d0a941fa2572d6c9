from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from pica.evaluation import label_scores, label_tables
from pica.evaluation.scoring import headline, score_views
from pica.evaluation.systems import label_variant
from pica.schema import Prediction
from pica.store import write_table
from tests.defaults import defaults

LABELS = ("sad", "sadness", "joy")


def row(number: int, gold: str, log_probs, view="made-classification", **given) -> Prediction:
    about = (f"made/test/{number}#0", view, "text_emotion", "made", "en", "tuned")
    labels = given.pop("candidates", LABELS)
    label = labels[int(np.argmax(log_probs))]
    return Prediction(*about, gold, label, label, label, True, labels, tuple(log_probs), **given)


def test_each_variant_is_its_formula():
    scored = row(
        1, "joy", (-2.0, -3.0, -4.0), lengths=(2, 3, 2), content_free=(-1.0, -3.0, -6.0), label_shifts=(0.0, 0.5, 3.0)
    )
    variants = label_scores.variants(scored)
    assert list(variants) == list(label_scores.VARIANTS)
    assert variants["per_token"].tolist() == [-1, -1, -2]
    assert variants["ncc"].tolist() == [-0.5, 0, 1]
    assert variants["train_prior"].tolist() == [-2, -2.5, -1]
    labels = {name: label_scores.decided([scored], name)[0].label for name in variants}
    assert labels == {"raw": "sad", "per_token": "sad", "ncc": "joy", "train_prior": "joy"}


def test_a_system_without_tokens_is_decided_by_its_raw_scores():
    baseline = row(1, "joy", (-2.0, -0.5, -4.0))
    assert list(label_scores.variants(baseline)) == ["raw"]
    assert label_scores.decided([baseline], "ncc") == [replace(baseline, parsed="sadness", output="sadness")]
    nothing = replace(baseline, log_probs=(), label="joy")
    assert label_scores.variants(nothing) == {}
    assert label_scores.decided([nothing], "ncc") == [nothing]


def test_what_writes_no_text_answers_with_the_label_that_is_decided_and_a_model_with_what_it_wrote():
    baseline = row(1, "joy", (-2.0, -3.0, -4.0), label_shifts=(0.0, 0.5, 3.0))
    (decided,) = label_scores.decided([baseline], "train_prior")
    assert (decided.label, decided.parsed, decided.output) == ("joy", "joy", "joy")
    (decided,) = label_scores.decided([replace(baseline, lengths=(2, 3, 2))], "train_prior")
    assert (decided.label, decided.parsed, decided.output) == ("joy", "sad", "sad")


def test_the_most_frequent_label_is_that_of_the_training_split_whatever_decides_for_others():
    systems = defaults().systems
    mixture, split = {"made-classification": {"sad": 9, "joy": 9}}, {"made-classification": {"sad": 9, "joy": 90}}
    tie = row(1, "joy", (-0.7, -9.0, -0.7))
    shifted = label_scores.with_shifts([tie], mixture, split)
    (decided,) = label_scores.decided(shifted, label_variant(systems["majority"], "raw"))
    assert (tie.label, decided.label) == ("sad", "joy")
    assert label_variant(systems["tfidf"], "raw") == "raw"


def test_train_prior_takes_back_that_the_mixture_is_drawn_evenly():
    mixture, split = {"made-classification": {"sad": 49, "joy": 49}}, {"made-classification": {"sad": 89, "joy": 9}}
    (shifted,) = label_scores.with_shifts([row(1, "sad", (-1.0, -5.0, -0.9))], mixture, split)
    # Shares with one more of each: (90, 1, 10) of 101 against (50, 1, 50) of 101.
    assert shifted.label_shifts == pytest.approx([np.log(90 / 50), 0, np.log(10 / 50)])
    assert label_scores.decided([shifted], "train_prior")[0].label == "sad"
    unknown = row(1, "sad", (-1.0, -5.0, -0.9), view="other-classification")
    assert label_scores.with_shifts([unknown], mixture, split) == [unknown]


def test_temperatures_are_fitted_on_validation_rows_alone():
    validation = [row(i, "joy" if i % 2 else "sad", (-0.1, -9.0, -6.0)) for i in range(label_scores.FEWEST)]
    test = [row(i, "sad", (-0.1, -9.0, -6.0)) for i in range(8)]
    fitted = label_scores.with_temperatures(test, validation, "raw")
    assert len({p.temperature for p in fitted}) == 1
    assert fitted[0].temperature > 2, "half of what it was sure of was wrong"
    other = [replace(p, gold="joy") for p in test]
    assert label_scores.with_temperatures(other, validation, "raw")[0].temperature == fitted[0].temperature
    for few in ([], validation[1:]):
        assert label_scores.with_temperatures(test, few, "raw")[0].temperature is None


EDGES = {
    "one class": [row(i, "joy", (-1.0,), candidates=("joy",)) for i in range(3)],
    "one row": [row(1, "sadness", (-1.0, -2.0, -3.0), temperature=2.0)],
    "candidates of several lengths": [
        row(1, "sad", (-1.0, -2.0, -3.0)),
        row(2, "joy", (-1.0, -2.0), candidates=("joy", "anger")),
    ],
    "no scores": [replace(row(1, "sad", (-1.0, -2.0, -3.0)), log_probs=())],
    "a gold that is no candidate": [row(1, "fear", (-1.0, -2.0, -3.0))],
    "empty answers": [replace(row(1, "sad", (-1.0, -2.0, -3.0)), output="", parsed=None)],
}


@pytest.mark.parametrize("rows", EDGES.values(), ids=EDGES.keys())
def test_no_metrics_file_has_a_nan(rows, tmp_path):
    table = score_views(rows, draws=5, seed=0)
    numbers = headline(table)
    json.dumps(numbers, allow_nan=False)
    assert {"macro_f1", "weighted_f1"} <= set(numbers)
    bounds = ["low", "high", "weighted_low", "weighted_high"]
    assert np.isfinite(table.select_dtypes("number").drop(columns=bounds)).all(axis=None)
    assert (table[bounds].isna() == (len(rows) == 1)).all(axis=None), "one dialogue is no sample of dialogues"
    write_table(tmp_path / "tuned.csv", table.to_dict("records"), list(table.columns))
    assert "nan" not in (tmp_path / "tuned.csv").read_text().casefold()
    for made in (label_tables.variants(rows), label_tables.classes(rows), label_tables.bins(rows, "raw")):
        assert made.select_dtypes("number").notna().all(axis=None)


def test_labels_are_counted_as_gold_and_as_predicted():
    rows = [row(1, "sad", (-1.0, -2.0, -3.0)), row(2, "sad", (-3.0, -2.0, -1.0)), row(3, "joy", (-1.0, -2.0, -3.0))]
    table = label_tables.classes(rows).set_index("label")
    assert list(table.index) == ["sad", "joy"]
    assert table.loc["sad", ["gold", "predicted", "precision", "recall", "f1"]].tolist() == [2, 2, 50, 50, 50]
    assert table.loc["joy", ["share_gap", "f1"]].tolist() == [0, 0]


def test_variants_stand_beside_each_other_from_the_same_rows():
    rows = [row(i, "joy", (-2.0, -3.0, -4.0), lengths=(2, 3, 2), content_free=(-1.0, -3.0, -6.0)) for i in range(5)]
    table = label_tables.variants(rows).set_index("variant")
    assert list(table.index) == ["raw", "per_token", "ncc"]
    assert table["accuracy"].tolist() == [0, 0, 100]
    assert table["top2_accuracy"].tolist() == [0, 0, 100]
