from __future__ import annotations

import random

import numpy as np
import pytest
import sacrebleu
from hypothesis import given
from hypothesis import strategies as st
from rouge_score import rouge_scorer
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
        ("it rained\nIt rained.", "it rained", "en", 100, 0, 200 / 3),
        ("狗死了。", "狗死了", "zh", 100, 0, 100),
        ("狗", "狗死了", "zh", 0, 0, 50),
        ("用iPhone", "用 iphone 13！", "zh", 0, 0, 80),
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


WORDS = ("i", "am", "so", "sorry", "the", "dog", "died", "last", "week", "?", "!", "我", "很", "难过")
SPOKEN = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
PAIRS = st.lists(st.tuples(SPOKEN, SPOKEN.filter(bool)), min_size=1, max_size=6)
LABELLED = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([*"abcde", None])), min_size=1, max_size=60)


@given(LABELLED)
def test_class_scores_are_those_of_scikit_learn(rows):
    golds, predicted = (list(column) for column in zip(*rows, strict=True))
    given = ["none" if label is None else label for label in predicted]
    options = {"labels": sorted(set(golds)), "zero_division": 0}
    expected = (
        100 * accuracy_score(golds, given),
        100 * f1_score(golds, given, average="weighted", **options),
        100 * f1_score(golds, given, average="macro", **options),
    )
    assert measures(golds, predicted) == pytest.approx(expected)


@given(PAIRS, st.sampled_from(["en", "zh"]))
def test_rouge_l_is_that_of_rouge_score(pairs, language):
    class Tokens:
        def tokenize(self, text):
            return metrics.tokens(text, language)

    scorer = rouge_scorer.RougeScorer(["rougeL"], tokenizer=Tokens())
    for answer, gold in pairs:
        expected = 100 * scorer.score(gold, answer)["rougeL"].fmeasure
        assert metrics.rouge_l(answer, gold, language) == pytest.approx(expected)


@given(PAIRS, st.sampled_from(["en", "zh"]))
def test_bleu_and_chrf_are_those_of_sacrebleu(pairs, language):
    answers, golds = (list(column) for column in zip(*pairs, strict=True))
    tokenize = "zh" if language == "zh" else "13a"
    expected = sacrebleu.corpus_bleu(answers, [golds], lowercase=True, tokenize=tokenize)
    assert metrics.bleu(answers, golds, language) == pytest.approx(expected.score)
    assert metrics.chrf(answers, golds) == pytest.approx(sacrebleu.corpus_chrf(answers, [golds]).score)


def test_bleu_says_how_it_was_computed():
    assert metrics.bleu_signature("en").startswith("nrefs:1|case:lc|eff:no|tok:13a|smooth:exp|version:")
    assert "tok:zh" in metrics.bleu_signature("zh")


def test_perplexity_is_over_all_tokens_and_no_mean_of_rows():
    # The mean of the rows' own would be (e^1 + e^3) / 2 = 11.4.
    assert metrics.perplexity([-9.0, -3.0], [9, 1]) == pytest.approx(np.exp(1.2))
    assert np.isfinite(metrics.perplexity([-1e6], [2]))


@pytest.mark.parametrize(
    ("answers", "golds", "f1"),
    [
        (["my dog died"], ["my dog died"], 100),
        (["it rained\nMy dog died."], ["my dog died\nit rained"], 100),
        (["it rained"], ["my dog died\nit rained"], 200 / 3),
        (["it rained", "it rained"], ["it rained", "my dog died"], 50),
        ([""], ["it rained"], 0),
    ],
)
def test_pairs_of_an_emotion_and_a_cause_are_a_set(answers, golds, f1):
    assert metrics.pair_f1(answers, golds, "en") == pytest.approx(f1)


@pytest.mark.parametrize(
    ("answer", "gold", "score"),
    [("my dog died", "dog", 300 / 11), ("dog", "my dog", 0), ("", "dog", 0), ("a", "a", 100)],
)
def test_coverage_is_the_golds_share_of_an_answer_that_holds_it(answer, gold, score):
    assert metrics.coverage(answer, gold) == pytest.approx(score)


def test_how_texts_open_ask_and_repeat_themselves():
    texts = [metrics.tokens(text, "en") for text in ("I am sorry", "I am here", "How so?", "No")]
    assert metrics.opener_entropy(texts) == pytest.approx(1.5)
    assert metrics.opener_entropy([[]]) == metrics.opener_entropy(texts[:2]) == 0
    assert metrics.questions(["How so?", "真的？", "No", ""]) == 50
    assert metrics.repetition([["a", "b", "c", "d"] * 2]) == pytest.approx(20)
    assert metrics.repetition([["a"], []]) == 0
