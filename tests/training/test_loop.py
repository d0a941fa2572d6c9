from __future__ import annotations

import math

import pytest
import torch

from pica.errors import ModelError
from pica.training.encode import encode
from pica.training.loop import Schedule, train
from pica.training.loss import mean_loss

SCHEDULE = Schedule(epochs=40, lr=1e-2, batch_tokens=256, warmup=0.1, weight_decay=0.0, seed=3)


@pytest.fixture
def examples(tokenizer):
    questions = ["We won the cup!", "They cut the hedge.", "The whole street is singing!", "Not a word to me."]
    answers = ["joy", "anger", "joy", "no emotion"]
    return [
        encode([{"role": "user", "content": q}, {"role": "assistant", "content": a}], tokenizer)
        for q, a in zip(questions, answers, strict=True)
    ]


def quiet(values, step):
    pass


def test_training_learns_and_twice_the_same(tokenizer, examples, model):
    before = mean_loss(model, examples, tokenizer.pad_token_id, 256)
    start = {name: w.clone() for name, w in model.state_dict().items()}
    first = train(model, examples, tokenizer.pad_token_id, SCHEDULE, quiet)
    after = mean_loss(model, examples, tokenizer.pad_token_id, 256)
    assert after < before / 2
    model.load_state_dict(start)
    again = train(model, examples, tokenizer.pad_token_id, SCHEDULE, quiet)
    assert again.loss == first.loss
    assert again.steps == first.steps == SCHEDULE.epochs


def test_every_step_is_logged_and_every_epoch_announced(tokenizer, examples, model):
    steps, epochs = [], []
    train(model, examples, tokenizer.pad_token_id, SCHEDULE, lambda values, step: steps.append(step), epochs.append)
    assert steps == epochs == list(range(1, SCHEDULE.epochs + 1))


def test_a_loss_that_is_not_finite_stops_the_run(tokenizer, examples, model):
    with torch.no_grad():
        model.model.embed_tokens.weight.fill_(math.nan)
    with pytest.raises(ModelError, match="step 1"):
        train(model, examples, tokenizer.pad_token_id, SCHEDULE, quiet)
