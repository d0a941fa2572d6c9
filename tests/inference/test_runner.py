from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
from torch.nn.functional import log_softmax

from pica.inference import packed, reading
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
    _, _, past = reading.beginning(model, prompts)
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


def test_batches_are_of_like_lengths_and_few():
    def prompt(length: int) -> list[int]:
        return [length] * length  # no two begin alike

    batches = list(packed.jobs([prompt(n) for n in (500, 20, 21, 499, 22, 498)], [[[1, 2]]] * 6, 8, 400))
    assert [sorted(job.row for job in batch) for batch in batches] == [[1, 2, 4], [0, 3, 5]]
    some = [prompt(n) for n in range(20, 60)]
    assert max(map(len, packed.jobs(some, [[[1, 2]]] * 40, 8, 400))) == 8
    # A pass for every token that is written: longer ones are worth the padding.
    assert len(list(packed.jobs([prompt(n) for n in (20, 100, 180)], [[[1] * 30]] * 3, 8, 400))) == 3
    assert len(list(packed.jobs([prompt(n) for n in (20, 100, 180)], [[[1] * 30]] * 3, 8, 400, {0: 48, 1: 48}))) == 2


def test_what_asks_the_same_stands_apart_where_reading_counts_and_together_where_writing_does():
    asked = [[kind] * 100 + [place] * 5 for kind in (1, 2) for place in range(4)]
    read = packed.jobs(asked, [[[1, 2]]] * 8, 8, 400)
    assert sorted(sorted(job.row for job in batch) for batch in read) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    written = packed.jobs(asked, [[[]]] * 8, 8, 400, dict.fromkeys(range(8), 48))
    assert [sorted(job.row for job in batch) for batch in written] == [[*range(8)]]


@pytest.mark.parametrize("batch_size", [1, 2, 8])
@pytest.mark.parametrize("reads_on", [True, False])
def test_prompts_that_are_read_once_are_scored_and_answered_as_those_that_are_read_twice(
    model, tokenizer, prompts, batch_size, reads_on, monkeypatch
):
    runner = ModelRunner(model, tokenizer, max_length=200, batch_size=batch_size)
    answers = [[answer_ids(label, tokenizer)[:-1] for label in LABELS[: 1 + place]] for place in range(3)]
    marks = [end_token(tokenizer)]
    scores, replies = runner.score(prompts, answers, marks), runner.generate(prompts, 6)
    if not reads_on:
        monkeypatch.setattr(ModelRunner, "_reads_on", lambda self, prompts: False)
    found, said = runner.score_and_generate(prompts, answers, marks, {0, 2}, 6)
    assert said == {0: replies[0], 2: replies[2]}
    for some, other in zip(found, scores, strict=True):
        assert [read.whole for read in some] == pytest.approx([read.whole for read in other], abs=1e-4)


def test_a_prompt_is_read_once(model, tokenizer, prompts):
    runner = ModelRunner(model, tokenizer, max_length=200, batch_size=8)
    answers = [[answer_ids(label, tokenizer)[:-1] for label in LABELS]] * 3
    read = []
    handle = model.get_input_embeddings().register_forward_hook(lambda module, ids, _: read.append(ids[0].numel()))
    runner.packs(prompts), runner._reads_on(prompts)
    checks = sum(read)
    read.clear()
    runner.score_and_generate(prompts, answers, [end_token(tokenizer)], {0, 1, 2}, 1)
    handle.remove()
    width = sum(map(len, answers[0]))
    assert sum(read) - checks <= 3 * (max(map(len, prompts)) + width)


def test_what_a_model_can_do_is_seen_once_and_again_on_longer_prompts(model, tokenizer, prompts, monkeypatch):
    runner, seen, plain = ModelRunner(model, tokenizer, max_length=400, batch_size=8), [], ModelRunner.packs
    monkeypatch.setattr(ModelRunner, "packs", lambda self, asked: seen.append(len(asked)) or plain(self, asked))
    first = scored(runner, prompts)
    assert scored(runner, prompts) == first
    assert len(scored(runner, prompts[:1])) == 1
    assert seen == [3]
    scored(runner, [*prompts, prompts[1] * 2])
    assert seen == [3, 4]


def test_what_prompts_of_one_request_begin_with_is_read_once_for_free_answers(model, tokenizer):
    asked = " Say it warmly, in few words, and do not give advice that nobody has asked for."
    requests = [f"Reply to the {who} who says this.{asked}\n\n" for who in ("friend", "child")]
    texts = ("We won!", "Oh", "I lost it.", "They came, both.")
    prompts = [prompt_ids(question(request + text), tokenizer) for text in texts for request in requests]
    runner = ModelRunner(model, tokenizer, max_length=400, batch_size=8)
    read = []
    handle = model.get_input_embeddings().register_forward_hook(lambda module, ids, _: read.append(ids[0].numel()))
    runner._reads_on(prompts)
    checks = sum(read)
    read.clear()
    together = runner.generate(prompts, 4)
    handle.remove()
    assert sum(read) - checks < sum(map(len, prompts)) / 2
    assert together == [runner.generate([prompt], 4)[0] for prompt in prompts]


def test_answers_in_several_passes_are_written_once(model, tokenizer, prompts, monkeypatch):
    runner = ModelRunner(model, tokenizer, max_length=200, batch_size=8)
    answers = [[answer_ids(label, tokenizer)[:-1] for label in LABELS * 40]] * 3
    replies = runner.generate(prompts, 6)
    monkeypatch.setattr(packed, "_LOGITS", 1)
    found, said = runner.score_and_generate(prompts, answers, [end_token(tokenizer)], {0, 1, 2}, 6)
    assert [said[row] for row in range(3)] == replies
    assert [len(reads) for reads in found] == [120] * 3


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
