from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
from torch.nn.functional import log_softmax

from pica.inference import packed
from pica.inference.runner import ModelRunner
from pica.training.cutting import without_oldest_but_causes
from pica.training.encode import answer_ids, encode, end_token, prompt_ids
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


def scored(runner, prompts, labels=LABELS) -> list[list[float]]:
    """Log-probabilities of labels as whole answers."""
    end = end_token(runner.tokenizer)
    answers = [answer_ids(label, runner.tokenizer)[:-1] for label in labels]
    found = runner.score(prompts, [answers] * len(prompts), [end])
    return [[read.tokens.sum() + read.marks[-1, 0] for read in reads] for reads in found]


@pytest.mark.parametrize("batch_size", [1, 2, 8, 64])
def test_label_scores_are_those_of_a_plain_forward_pass(model, tokenizer, prompts, batch_size):
    runner = ModelRunner(model, tokenizer, max_length=200, batch_size=batch_size)
    assert runner.packs(prompts)
    for prompt, scores in zip(prompts, scored(runner, prompts), strict=True):
        expected = [likelihood(model, prompt, answer_ids(label, tokenizer)) for label in LABELS]
        assert scores == pytest.approx(expected, abs=1e-4)


def test_prompts_that_begin_alike_are_scored_as_alone(model, tokenizer):
    request = "Which emotion does this text express? Choose one of: joy, anger, no emotion.\n\n"
    prompts = [
        prompt_ids(question(request + text), tokenizer) for text in ("We won!", "Oh", "They cut the hedge, all.")
    ]
    runner = ModelRunner(model, tokenizer, max_length=400, batch_size=8)
    _, _, past = packed.beginning(model, prompts)
    assert past.shared > 20
    for prompt, scores in zip(prompts, scored(runner, prompts), strict=True):
        expected = [likelihood(model, prompt, answer_ids(label, tokenizer)) for label in LABELS]
        assert scores == pytest.approx(expected, abs=1e-4)
    assert runner.generate(prompts, 5) == [runner.generate([prompt], 5)[0] for prompt in prompts]


def test_answers_that_do_not_fit_into_one_pass_are_scored_in_several(model, tokenizer, prompts, monkeypatch):
    runner = ModelRunner(model, tokenizer, max_length=200, batch_size=8)
    together = scored(runner, prompts, LABELS * 40)
    monkeypatch.setattr(packed, "_LOGITS", 1)
    sizes = [sum(job.width for job in batch) for batch in packed.jobs(prompts, [[[1] * 30] * 9] * 3, 8, 400)]
    assert max(sizes) <= 64
    for some, other in zip(together, scored(runner, prompts, LABELS * 40), strict=True):
        assert some == pytest.approx(other, abs=1e-4)


def test_a_model_that_packs_no_answers_is_asked_each_with_its_prompt(model, tokenizer, prompts, monkeypatch):
    runner = ModelRunner(model, tokenizer, max_length=200, batch_size=2)
    packed_scores = scored(runner, prompts)
    monkeypatch.setattr(ModelRunner, "packs", lambda self, prompts: False)
    for some, other in zip(packed_scores, scored(runner, prompts), strict=True):
        assert some == pytest.approx(other, abs=1e-4)


def test_a_mark_is_scored_after_every_token(model, tokenizer, prompts):
    end, answer = end_token(tokenizer), answer_ids("no emotion", tokenizer)[:-1]
    ((read,),) = ModelRunner(model, tokenizer, 200, 8).score(prompts[:1], [[answer]], [end])
    assert read.marks.shape == (len(answer) + 1, 1)
    for cut in range(len(answer) + 1):
        expected = likelihood(model, prompts[0], [*answer[:cut], end])
        assert read.tokens[:cut].sum() + read.marks[cut, 0] == pytest.approx(expected, abs=1e-4)


def test_rows_that_have_ended_leave_the_batch(model, tokenizer, prompts):
    runner, alone = ModelRunner(model, tokenizer, 200, 8), ModelRunner(model, tokenizer, 200, 1)
    # The token that the model says third in one row is what ends an answer here, so rows end at different steps.
    said = [runner._say([prompt], 12)[0] for prompt in prompts]
    tokenizer = copy.deepcopy(tokenizer)
    tokenizer.eos_token = tokenizer.convert_ids_to_tokens(said[0][2])
    runner, alone = (replace(each, tokenizer=tokenizer) for each in (runner, alone))
    with torch.no_grad():
        assert runner._say(prompts, 12) == [alone._say_by_itself([prompt], 12)[0] for prompt in prompts]


def test_a_taught_answer_is_given_and_ended(model, tokenizer):
    chat = [*question("We won the cup!"), {"role": "assistant", "content": "joy"}]
    schedule = Schedule(epochs=40, lr=1e-2, batch_tokens=64, warmup=0.1, weight_decay=0.0, seed=1)
    train(model, [encode(chat, tokenizer)], ["made/train/1"], tokenizer.pad_token_id, schedule)
    runner = ModelRunner(model.eval(), tokenizer, 200, 4)
    prompt = runner.encode_prompt("", chat[:-1], room=10)
    reply = runner.generate([prompt], max_new_tokens=10)[0]
    assert (reply.text, reply.finished) == ("joy", True)
    (scores,) = scored(runner, [prompt])
    assert LABELS[scores.index(max(scores))] == "joy"
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
