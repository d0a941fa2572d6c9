from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from pica.errors import ModelError
from pica.training.encode import Encoded, encode
from pica.training.loop import Run, Schedule, train
from tests.training.losses import mean_loss

SCHEDULE = Schedule(epochs=40, lr=1e-2, batch_tokens=256, warmup=0.1, weight_decay=0.0, seed=3)


@pytest.fixture
def examples(tokenizer):
    questions = ["We won the cup!", "They cut the hedge.", "The whole street is singing!", "Not a word to me."]
    answers = ["joy", "anger", "joy", "no emotion"]
    return [
        encode([{"role": "user", "content": q}, {"role": "assistant", "content": a}], tokenizer)
        for q, a in zip(questions, answers, strict=True)
    ]


def trained(model, examples, tokenizer, schedule=SCHEDULE, **options) -> Run:
    names = [f"made/train/{number}" for number in range(len(examples))]
    return train(model, examples, names, tokenizer.pad_token_id, schedule, **options)


def test_training_learns_and_twice_the_same(tokenizer, examples, model):
    before = mean_loss(model, examples, tokenizer.pad_token_id, 256)
    start = {name: w.clone() for name, w in model.state_dict().items()}
    first = trained(model, examples, tokenizer).progress
    after = mean_loss(model, examples, tokenizer.pad_token_id, 256)
    assert after < before / 2
    model.load_state_dict(start)
    again = trained(model, examples, tokenizer).progress
    assert again.log == first.log
    assert again.step == first.step == SCHEDULE.epochs


def test_every_step_is_logged_and_every_epoch_validated(tokenizer, examples, model):
    entries = []
    trained(model, examples, tokenizer, held_out=examples[:2], log=entries.append)
    assert [entry["step"] for entry in entries if "loss" in entry] == list(range(1, SCHEDULE.epochs + 1))
    assert [entry["step"] for entry in entries if "validation_loss" in entry] == list(range(1, SCHEDULE.epochs + 1))


def test_validation_comes_when_asked_for_and_at_the_end(tokenizer, examples, model):
    schedule = replace(SCHEDULE, epochs=10, validate_every=4)
    log = trained(model, examples, tokenizer, schedule, held_out=examples).progress.log
    assert [entry["step"] for entry in log if "validation_loss" in entry] == [4, 8, 10]


def test_the_best_weights_are_kept(tokenizer, examples, model):
    # What is held out asks for the opposite of what is trained, so it is best before much has been learnt.
    held_out = [Encoded(e.ids, (*e.labels[:-2], 1, 1)) for e in examples]
    run = trained(model, examples, tokenizer, held_out=held_out)
    validated = [entry["validation_loss"] for entry in run.progress.log if "validation_loss" in entry]
    assert run.progress.best_loss == min(validated) < validated[-1]
    assert mean_loss(model, held_out, tokenizer.pad_token_id, 256) == pytest.approx(min(validated))


def test_training_and_validation_have_one_loss_and_the_other_beside_it(tokenizer, model):
    """On the same rows and weights: each answer weighs the same in `loss`, each token in `loss_per_token`."""
    answers = ["joy", "We won the cup, and the whole street is singing without a word to me."]
    rows = [
        encode([{"role": "user", "content": "Hm?"}, {"role": "assistant", "content": a}], tokenizer) for a in answers
    ]
    at = trained(model, rows, tokenizer, replace(SCHEDULE, epochs=1, lr=1e-12), held_out=rows).progress
    step, validation = at.log
    for name, whole in (("loss", at.loss), ("loss_per_token", at.loss_per_token)):
        assert validation[f"validation_{name}"] == pytest.approx(step[name]) == pytest.approx(whole)
    assert (at.best_loss, at.best_loss_per_token) == (validation["validation_loss"], step["loss_per_token"])
    apart = [mean_loss(model, [row], tokenizer.pad_token_id, 256) for row in rows]
    tokens = [row.answer_tokens for row in rows]
    assert step["loss"] == pytest.approx(sum(apart) / 2)
    assert step["loss_per_token"] == pytest.approx(sum(a * n for a, n in zip(apart, tokens, strict=True)) / sum(tokens))
    assert abs(step["loss"] - step["loss_per_token"]) > 1e-3


def test_training_stops_early_when_validation_gets_no_better(tokenizer, examples, model):
    held_out = [Encoded(e.ids, (*e.labels[:-2], 1, 1)) for e in examples]
    done = trained(model, examples, tokenizer, replace(SCHEDULE, patience=3), held_out=held_out).progress
    assert done.step == done.best_step + 3 < SCHEDULE.epochs


def test_a_step_of_rows_takes_as_many_passes_as_it_needs_to_the_same_gradient(tokenizer, examples, model):
    start = {name: w.clone() for name, w in model.state_dict().items()}
    schedule = replace(SCHEDULE, epochs=1, batch_rows=4)
    (whole,) = trained(model, examples, tokenizer, schedule).progress.log
    model.load_state_dict(start)
    run = trained(model, examples, tokenizer, replace(schedule, batch_tokens=1))  # a row a pass
    assert run.progress.log == [pytest.approx(whole, rel=1e-4)]
    assert run.progress.padding == 0


def test_every_row_stands_in_one_step_of_an_epoch(tokenizer, examples, model):
    done = trained(model, examples, tokenizer, replace(SCHEDULE, epochs=2, batch_rows=3, batch_tokens=64)).progress
    assert done.step == 4
    assert done.tokens == 2 * sum(len(e.ids) for e in examples)


def test_a_loss_that_is_not_finite_stops_the_run_and_names_the_rows(tokenizer, examples, model):
    with torch.no_grad():
        model.model.embed_tokens.weight.fill_(math.nan)
    with pytest.raises(ModelError, match=r"step 1, in the rows .*made/train/2"):
        trained(model, examples, tokenizer)


def test_a_gradient_that_is_not_finite_stops_the_run(tokenizer, examples, model):
    model.model.norm.weight.register_hook(lambda gradient: gradient * math.inf)
    with pytest.raises(ModelError, match=r"the gradient's norm is (inf|nan) at step 1, in the rows .*made/train/2"):
        trained(model, examples, tokenizer)


def test_a_validation_loss_that_is_not_finite_stops_the_run(tokenizer, examples, model):
    def spoil(module, arguments, output):
        output.logits *= 1 if module.training else math.nan

    model.register_forward_hook(spoil)
    with pytest.raises(ModelError, match="the validation loss is nan at step 1"):
        trained(model, examples, tokenizer, held_out=examples)
