from __future__ import annotations

from pica.evaluation.baselines import Tfidf
from pica.results.goemotions import multi_label_scores
from pica.schema import CONVERSATION, Conversation, Turn
from pica.store import write_rows

TEXTS = {"joy": "what a happy day", "fear": "I am so scared", "joy|fear": "a happy day and I am scared"}


def test_each_label_is_learnt_by_itself_and_a_row_may_have_several(tmp_path):
    rows = [
        Conversation(
            f"goemotions/{split}/{i}{labels}", "goemotions", split, "en", (Turn("writer", text),), emotion=labels
        )
        for split in ("train", "validation", "test")
        for labels, text in TEXTS.items()
        for i in range(20 if split == "train" else 1)
    ]
    write_rows(tmp_path / "goemotions.parquet", rows, CONVERSATION)
    scores = multi_label_scores(tmp_path / "goemotions.parquet", Tfidf(0), rows=0, seed=0)
    best = {"multi_macro_f1": 100, "multi_micro_f1": 100, "subset_accuracy": 100, "jaccard": 100}
    assert scores == {**best, "n": 3, "train": 60}
    assert multi_label_scores(tmp_path / "goemotions.parquet", Tfidf(0), rows=30, seed=0)["train"] == 30


def test_a_label_that_no_training_row_has_is_one_that_is_missed(tmp_path):
    rows = [
        Conversation(
            f"goemotions/{split}/{i}{label}", "goemotions", split, "en", (Turn("writer", text),), emotion=label
        )
        for split, labels in (("train", ("joy", "fear")), ("test", ("joy", "fear", "grief")))
        for label, text in zip(labels, ("what a happy day", "I am so scared", "we miss her"), strict=False)
        for i in range(20 if split == "train" else 1)
    ]
    write_rows(tmp_path / "goemotions.parquet", rows, CONVERSATION)
    scores = multi_label_scores(tmp_path / "goemotions.parquet", Tfidf(0), rows=0, seed=0)
    assert scores["multi_macro_f1"] <= 100 * 2 / 3
    assert scores["subset_accuracy"] <= 100 * 2 / 3
