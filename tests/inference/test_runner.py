from __future__ import annotations

import pytest
import torch
from torch.nn.functional import log_softmax

from pica.inference.runner import ModelRunner
from pica.training.cutting import without_oldest_but_causes
from pica.training.encode import answer_ids, encode, prompt_ids
from pica.training.loop import Schedule, train

LABELS = ("joy", "anger", "no emotion")


def question(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


@pytest.fixture
def prompts(tokenizer):
    texts = [
        "We won the cup!",
        "They cut the hedge without a word to me, and the whole street.",
        "我把雨伞忘在了公交车上。",
    ]
    return [prompt_ids(question(text), tokenizer) for text in texts]


@torch.no_grad()
def likelihood(model, prompt: list[int], answer: list[int]) -> float:
    """The log-probability of an answer by one plain forward pass: no padding, no cache."""
    scores = log_softmax(model(torch.tensor([prompt + answer])).logits[0], -1)
    return sum(scores[len(prompt) - 1 + i, token].item() for i, token in enumerate(answer))


def test_label_scores_are_those_of_a_plain_forward_pass(model, tokenizer, prompts):
    runner = ModelRunner(model, tokenizer, max_length=200, batch_size=8)
    with torch.no_grad():
        scores = runner._scores(prompts, LABELS)
    for row, prompt in enumerate(prompts):
        for column, label in enumerate(LABELS):
            expected = likelihood(model, prompt, answer_ids(label, tokenizer))
            assert scores[row, column].item() == pytest.approx(expected, abs=1e-3)


def test_labels_do_not_depend_on_the_batch(model, tokenizer, prompts):
    candidates = [LABELS, LABELS[:2], LABELS]
    together = ModelRunner(model, tokenizer, 200, batch_size=8).classify(prompts, candidates)
    alone = ModelRunner(model, tokenizer, 200, batch_size=1).classify(prompts, candidates)
    assert together == alone
    assert all(label in allowed for label, allowed in zip(together, candidates, strict=True))


def test_a_taught_answer_is_given_and_ended(model, tokenizer):
    chat = [*question("We won the cup!"), {"role": "assistant", "content": "joy"}]
    schedule = Schedule(epochs=40, lr=1e-2, batch_tokens=64, warmup=0.1, weight_decay=0.0, seed=1)
    train(model, [encode(chat, tokenizer)], ["made/train/1"], tokenizer.pad_token_id, schedule)
    runner = ModelRunner(model.eval(), tokenizer, 200, 4)
    prompt = runner.encode_prompt("", chat[:-1], room=10)
    reply = runner.generate([prompt], max_new_tokens=10)[0]
    assert (reply.text, reply.finished) == ("joy", True)
    assert runner.classify([prompt], [LABELS]) == ["joy"]
    assert not runner.generate([prompt], max_new_tokens=1)[0].finished


def test_a_long_prompt_loses_its_oldest_lines_and_leaves_room(model, tokenizer):
    runner = ModelRunner(model, tokenizer, max_length=60, batch_size=1)
    messages = [{"role": "user", "content": "Continue.\n\n" + "\n".join(f"line {i}" for i in range(40))}]
    ids = runner.encode_prompt("Continue.", messages, room=10)
    read = tokenizer.decode(ids)
    assert len(ids) <= 50
    assert "Continue." in read
    assert "line 39" in read
    assert "line 0\n" not in read


def test_a_row_whose_cause_would_be_cut_is_not_asked(model, tokenizer):
    runner = ModelRunner(model, tokenizer, max_length=60, batch_size=1)
    lines = "\n".join(f"line {i}" for i in range(40))
    messages = [{"role": "user", "content": f"Why?\n\n{lines}"}]
    early, late = (runner.encode_prompt("Why?", messages, 10, without_oldest_but_causes, f"line {i}") for i in (0, 39))
    assert early is None
    assert len(late) <= 50
