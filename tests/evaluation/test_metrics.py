from __future__ import annotations

import random

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from pica.evaluation import metrics


def measures(golds, predicted):
    counts = metrics.class_counts(golds, predicted).sum(axis=0)
    return metrics.accuracy(counts), metrics.weighted_f1(counts), metrics.macro_f1(counts)


@pytest.mark.parametrize(
    ("rows", "majority", "classes", "expected"),
    [
        pytest.param(2610, 1256, 7, (48.12, 31.27, 9.28), id="MELD emotion"),
        pytest.param(984, 288, 7, (29.27, 13.25, 6.47), id="EmoryNLP"),
        pytest.param(1142, 591, 15, (51.75, 35.30, 4.55), id="Mastodon act"),
        pytest.param(370, 92, 6, (24.86, 9.90, 6.64), id="CAMS"),
    ],
)
def test_always_the_majority_on_real_test_sets(rows, majority, classes, expected):
    others = [f"class {i % (classes - 1)}" for i in range(rows - majority)]
    assert measures(["majority"] * majority + others, ["majority"] * rows) == pytest.approx(expected, abs=0.005)


def test_scores_are_those_of_scikit_learn():
    rng = random.Random(3)
    golds = rng.choices("abcde", weights=[9, 5, 3, 2, 1], k=300)
    predicted = [rng.choice([gold, "a", "b", "not a class"]) for gold in golds]
    options = {"labels": sorted(set(golds)), "zero_division": 0}
    assert measures(golds, predicted) == pytest.approx(
        (
            100 * accuracy_score(golds, predicted),
            100 * f1_score(golds, predicted, average="weighted", **options),
            100 * f1_score(golds, predicted, average="macro", **options),
        )
    )


def test_an_unparsed_answer_is_wrong_and_no_class_of_its_own():
    assert measures(["a", "a", "b"], ["a", None, "b"]) == pytest.approx((200 / 3, 100 * (2 / 3 * 2 + 1) / 3, 250 / 3))


def test_counts_of_several_resamples_are_scored_at_once():
    counts = metrics.class_counts(["a", "b"], ["a", "a"])
    assert metrics.macro_f1(np.stack([counts.sum(axis=0), 2 * counts[0]])) == pytest.approx([100 / 3, 100])


@pytest.mark.parametrize(
    ("answer", "gold", "language", "exact", "raw", "f1"),
    [
        ("the dog died", "the dog died", "en", 100, 100, 100),
        ("The dog died!", "a dog died", "en", 100, 0, 100),
        ("dog", "my dog died", "en", 0, 0, 50),
        ("my cat", "the dog died", "en", 0, 0, 0),
        ("", "the dog died", "en", 0, 0, 0),
        ("it rained\nthe dog died", "the dog died\nit rained", "en", 100, 0, 100),
        ("it rained", "it rained\nthe dog died", "en", 0, 0, 200 / 3),
        ("狗死了。", "狗死了", "zh", 100, 0, 100),
        ("狗", "狗死了", "zh", 0, 0, 50),
    ],
)
def test_cause(answer, gold, language, exact, raw, f1):
    assert metrics.exact_match(answer, gold, language) == exact
    assert metrics.raw_exact_match(answer, gold) == raw
    assert metrics.token_f1(answer, gold, language) == pytest.approx(f1)


@pytest.mark.parametrize(
    ("answer", "gold", "language", "score"),
    [
        ("a b c d", "a b c d", "en", 100),
        ("a c", "a b c d", "en", 200 / 3),
        ("d c b a", "a b c d", "en", 25),
        ("", "a b", "en", 0),
        ("我很好", "我好", "zh", 80),
    ],
)
def test_rouge_l(answer, gold, language, score):
    assert metrics.rouge_l(answer, gold, language) == pytest.approx(score)


def test_the_common_subsequence_is_that_of_the_textbook_table():
    def table(a, b):
        row = [0] * (len(b) + 1)
        for x in a:
            row = [0, *np.maximum.accumulate([max(row[j + 1], row[j] + (x == y)) for j, y in enumerate(b)])]
        return row[-1]

    rng = random.Random(5)
    for _ in range(50):
        a, b = ([rng.choice("abcd") for _ in range(rng.randrange(1, 90))] for _ in range(2))
        assert metrics._common_subsequence(a, b) == table(a, b)


def test_bleu2_is_100_for_a_copy_and_0_for_silence():
    golds = ["I am so sorry to hear that.", "That is great news!"]
    assert metrics.bleu(golds, golds, "en", 2) == pytest.approx(100)
    assert metrics.bleu(["", ""], golds, "en", 2) == 0
    assert metrics.bleu(["我很好"], ["我很好"], "zh", 2) == pytest.approx(100)


def test_bleu2_by_hand():
    # 4 of 4 words and 2 of 3 pairs of words fit, and the answer is 4 / 5 as long as the gold.
    assert metrics.bleu(["a b c d"], ["a b x c d"], "en", 2) == pytest.approx(
        100 * (4 / 4 * 2 / 3) ** 0.5 * np.exp(1 - 5 / 4)
    )


def test_dist_counts_the_last_ngram_too():
    texts = [["a", "b", "a"], ["a", "b"]]
    assert metrics.dist(texts, 1) == pytest.approx(100 * 2 / 5)
    assert metrics.dist(texts, 2) == pytest.approx(100 * 2 / 3)
    assert metrics.dist([["a"]], 2) == 0


def test_tokens_are_words_and_marks_or_chinese_characters():
    assert metrics.tokens("Don't worry, OK?", "en") == ["don't", "worry", ",", "ok", "?"]
    assert metrics.tokens("我很OK。", "zh") == ["我", "很", "ok", "。"]
