"""A model's predictions: the same in any batch, with labels of which one is the beginning of another, in any order."""

from __future__ import annotations

import pytest

from pica.evaluation import predict as asking
from pica.evaluation.causes import lines_of
from pica.evaluation.scoring import score_views
from pica.schema import Instruction
from tests.defaults import defaults

LABELS = ("sad", "sadness", "no emotion", "joy")
TEXTS = ("We won the cup!", "They cut the hedge without a word to me.", "Oh", "我把雨伞忘在了公交车上。")


def row(number: int, task: str, text: str, answer: str, split="test", candidates=(), language="en") -> Instruction:
    view = {"text_emotion": "classification", "emotion_cause": "cause", "dialogue_generation": "generation"}[task]
    request = "Which emotion does this text express? Choose one of: joy, anger, no emotion."
    return Instruction(
        task_type=task,
        dataset="made",
        instruction=request,
        instances=({"input": text, "output": answer},),
        is_classification=bool(candidates),
        name=f"made-{view}",
        id=f"made/{split}/{number}#{view}",
        split=split,
        language=language,
        messages=({"role": "user", "content": f"{request}\n\n{text}"}, {"role": "assistant", "content": answer}),
        candidates=candidates,
    )


@pytest.fixture
def rows() -> list[Instruction]:
    closed = [row(i, "text_emotion", text, LABELS[i % 4], candidates=LABELS) for i, text in enumerate(TEXTS)]
    validation = [row(i, "text_emotion", text, "joy", "validation", LABELS) for i, text in enumerate(TEXTS[:2])]
    causes = [row(i, "emotion_cause", f"A: Why?\nB: {text}", text) for i, text in enumerate(TEXTS[:2])]
    replies = [row(i, "dialogue_generation", f"A: {text}", "I see.") for i, text in enumerate(TEXTS)]
    return [*closed, *causes, *validation, *replies]


@pytest.fixture
def folder(model, tokenizer, tmp_path):
    model.save_pretrained(tmp_path / "base")
    tokenizer.save_pretrained(tmp_path / "base")
    return tmp_path / "base"


def predictions(rows, folder, batch_size):
    from dataclasses import replace

    evaluate = replace(defaults().evaluate, batch_size=batch_size, max_new_tokens=6, max_length=256)
    return asking.predict(rows, "base", folder, None, evaluate, {}).predictions


def test_metrics_are_equal_with_batches_of_1_8_and_64(rows, folder):
    alone, *others = [predictions(rows, folder, size) for size in (1, 8, 64)]
    for found in others:
        assert [(p.id, p.label, p.output, p.spans) for p in found] == [
            (p.id, p.label, p.output, p.spans) for p in alone
        ]
        for some, other in zip(found, alone, strict=True):
            assert some.log_probs == pytest.approx(other.log_probs, abs=1e-4)
            assert some.gold_log_prob == pytest.approx(other.gold_log_prob, abs=1e-4)
        assert score_views(found, 5, 0).round(2).equals(score_views(alone, 5, 0).round(2))


def test_what_a_prediction_keeps(rows, folder):
    found = {p.id: p for p in predictions(rows[::-1], folder, 8)}
    assert list(found) == [row.id for row in rows[::-1]]
    for row in rows:
        answer = found[row.id]
        if row.is_classification:
            assert answer.label == row.candidates[answer.log_probs.index(max(answer.log_probs))]
            assert len(answer.log_probs) == len(answer.content_free) == len(answer.lengths) == len(LABELS)
            assert answer.gold_log_prob is None
        else:
            assert answer.label is None
            assert answer.gold_tokens > 1
            assert answer.gold_log_prob < 0
        lines = lines_of(row)
        assert bool(answer.spans) == (row.task_type == "emotion_cause")
        assert all(any(span in line for line in lines) for span in answer.spans)


def test_what_is_asked_without_its_text_is_the_same_for_all_rows_of_one_request(rows, folder):
    closed = [p for p in predictions(rows, folder, 8) if p.label]
    assert len({p.content_free for p in closed}) == 1
    assert len({p.log_probs for p in closed if "/test/" in p.id}) == len(TEXTS)


def test_validation_rows_are_scored_and_not_answered_freely(rows, folder):
    for answer in predictions(rows, folder, 8):
        assert bool(answer.output) <= ("/test/" in answer.id)


def test_nothing_to_ask_is_no_prediction(folder):
    assert predictions([], folder, 8) == []
