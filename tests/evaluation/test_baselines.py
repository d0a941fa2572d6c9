from __future__ import annotations

import math

import pytest

from pica.evaluation.baselines import majority, tfidf
from pica.schema import Instruction

SYSTEMS = pytest.mark.parametrize("system", [majority, lambda train, test: tfidf(train, test, seed=0)])


def instruction(row, view, task, text, answer, candidates=(), language="en"):
    return Instruction(
        task_type=task,
        dataset=view.partition("-")[0],
        instruction="…",
        instances=({"input": text, "output": answer},),
        is_classification=bool(candidates),
        name=view,
        id=f"{view}/{row}",
        split="train",
        language=language,
        messages=(),
        candidates=candidates,
    )


def reviews(rows, candidates=("bad", "good")):
    texts = {"good": "what a lovely warm film, I enjoyed it", "bad": "a dull slow film, I hated it"}
    return [
        instruction(i, "imdb-classification", "text_emotion", texts[answer], answer, candidates)
        for i, answer in enumerate(rows)
    ]


def outputs(predictions):
    return [p.output for p in predictions]


def test_majority_repeats_the_most_frequent_answer():
    train = reviews(["good", "good", "bad"])
    assert outputs(majority(train, reviews(["bad", "good"]))) == ["good", "good"]


def test_tfidf_learns_from_words():
    predictions = tfidf(reviews(["good", "bad"] * 10), reviews(["bad", "good"]), seed=0)
    assert outputs(predictions) == ["bad", "good"]
    assert [(p.system, p.gold, p.label, p.parsed, p.finished) for p in predictions] == [
        ("tfidf", "bad", "bad", "bad", True),
        ("tfidf", "good", "good", "good", True),
    ]


def test_chinese_is_learnt_by_characters():
    def row(text, answer):
        return instruction(0, "ntcir13-classification", "text_emotion", text, answer, ("喜", "悲"), "zh")

    train = [row("今天真开心", "喜"), row("他伤心地哭了", "悲")] * 5
    assert outputs(tfidf(train, [row("太开心了", "喜"), row("伤心", "悲")], seed=0)) == ["喜", "悲"]


@SYSTEMS
def test_answers_stay_inside_the_candidates_of_the_row(system):
    train = reviews(["good"] * 6 + ["bad"] * 3)
    asked = reviews(["bad"], candidates=("bad", "awful"))
    assert [p.label for p in system(train, asked)] == ["bad"]


@SYSTEMS
def test_a_view_without_training_rows_gets_its_first_candidate_or_silence(system):
    asked = [*reviews(["good"]), instruction(0, "esconv-generation", "dialogue_generation", "A: Hi", "Hello")]
    assert outputs(system([], asked)) == ["bad", ""]


@SYSTEMS
def test_one_answer_in_training_is_the_answer(system):
    assert outputs(system(reviews(["good"] * 3), reviews(["bad"]))) == ["good"]


@SYSTEMS
def test_predictions_come_in_the_order_of_the_test_rows(system):
    reply = instruction(0, "esconv-generation", "dialogue_generation", "A: Hi", "Hello")
    asked = [reviews(["good"])[0], reply, reviews(["bad", "bad"])[1]]
    assert [p.id for p in system([*reviews(["good", "bad"]), reply], asked)] == [row.id for row in asked]


@SYSTEMS
def test_free_text_has_no_label(system):
    rows = [instruction(0, "esconv-generation", "dialogue_generation", "A: Hi", "Hello")]
    assert [(p.label, p.parsed) for p in system(rows, rows)] == [(None, None)]


def test_generation():
    def row(text, answer):
        return instruction(0, "esconv-generation", "dialogue_generation", text, answer)

    train = [row("A: my dog is ill", "Poor dog!"), row("A: I lost my job", "So sorry."), row("A: hello", "Hi.")]
    asked = [row("A: they took my job away", "…")]
    assert outputs(majority(train, asked)) == ["Hi."], "all are as frequent, so the alphabet decides"
    assert outputs(tfidf(train, asked, seed=0)) == ["So sorry."]


def test_cause():
    def row(text, answer):
        return instruction(0, "dailydialog-cause", "emotion_cause", text, answer)

    train = [
        row("Ann: Why so glum?\nBen: I feel awful, because my dog died.", "because my dog died"),
        row("Ann: You look sad.\nBen: My cat died; I feel awful.", "My cat died"),
    ] * 5
    asked = [row("Ann: What is it?\nBen: I feel awful, my parrot died!", "my parrot died")]
    assert outputs(majority(train, asked)) == ["I feel awful, my parrot died!"]
    assert outputs(tfidf(train, asked, seed=0)) == ["my parrot died"]


def test_cause_in_a_single_text_keeps_its_colon():
    asked = [instruction(0, "emotion_stimulus-cause", "emotion_cause", "Sad news: he left.", "he left")]
    assert outputs(majority([], asked)) == ["Sad news: he left."]


def test_two_runs_agree():
    train, asked = reviews(["good", "bad", "good"] * 5), reviews(["bad", "good"])
    assert tfidf(train, asked, seed=1) == tfidf(train, asked, seed=1)


@SYSTEMS
def test_a_closed_label_has_probabilities_of_which_the_answer_has_the_highest(system):
    asked = reviews(["bad", "good"], candidates=("good", "bad", "never seen"))
    for row in system(reviews(["good", "bad", "bad"] * 5), asked):
        chances = dict(zip(row.candidates, row.log_probs, strict=True))
        assert row.label == max(chances, key=chances.get)
        assert sum(map(math.exp, chances.values())) == pytest.approx(1)
        assert math.exp(chances["never seen"]) == pytest.approx(1 / 18), "one of 15 rows and 3 labels"


@SYSTEMS
def test_causes_stand_in_the_input(system):
    rows = [
        instruction(0, "dailydialog-cause", "emotion_cause", "Ann: Why?\nBen: Oh, my dog died; sad.", "my dog died")
    ]
    for answer in system(rows, rows):
        assert answer.spans
        assert all(span in rows[0].instances[0]["input"] for span in answer.spans)
