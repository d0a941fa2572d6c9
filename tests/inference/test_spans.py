from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import log_softmax

from pica.inference import spans
from pica.inference.runner import ModelRunner
from pica.training.encode import answer_ids, encode, end_token, prompt_ids
from pica.training.loop import Schedule, train

LINES = ["What is it?", "I feel awful, my parrot died!"]


@pytest.fixture
def runner(model, tokenizer):
    return ModelRunner(model, tokenizer, max_length=300, batch_size=4)


def asked(tokenizer, lines) -> list[int]:
    return prompt_ids([{"role": "user", "content": "Which words say why?\n\n" + "\n".join(lines)}], tokenizer)


def test_the_span_is_the_one_of_the_highest_score_by_plain_passes(runner, tokenizer):
    """Every span of whole words, scored by itself."""
    end, newline, prompt = end_token(tokenizer), spans._newline(tokenizer), asked(tokenizer, LINES)
    scores = {}
    for line in LINES:
        words = [match.span() for match in spans._WORD.finditer(line)]
        for start, _ in words:
            for _, stop in words:
                if stop > start and line[start].isalnum():
                    ids = answer_ids(line[start:stop], tokenizer)[:-1]
                    with torch.no_grad():
                        logs = log_softmax(runner.model(torch.tensor([prompt + ids])).logits[0, -len(ids) - 1 :], -1)
                    total = logs[range(len(ids)), ids].sum() + logs[-1, [end, *newline]].logsumexp(0)
                    scores[line[start:stop]] = total.item() / (len(ids) + 1)
    ((first, *_),) = spans.quote(runner, [prompt], [LINES], ["en"])
    # A span whose words are tokenised otherwise inside the line than alone may differ; this tokenizer has none.
    assert scores[first] == pytest.approx(max(scores.values()), abs=1e-4)


def test_spans_are_the_same_in_any_batch_and_stand_in_the_input(runner, tokenizer):
    chats = [LINES, ["We won the cup, and the whole street is singing!"], ["我把雨伞忘在了公交车上，所以淋湿了。"]]
    prompts, languages = [asked(tokenizer, lines) for lines in chats], ["en", "en", "zh"]
    together = spans.quote(runner, prompts, chats, languages)
    for prompt, lines, language, found in zip(prompts, chats, languages, together, strict=True):
        assert spans.quote(runner, [prompt], [lines], [language]) == [found]
        assert found
        assert all(any(span in line for line in lines) for span in found)


def test_a_model_that_was_taught_two_causes_quotes_both(model, tokenizer):
    lines = ["They cut the hedge, and it rained."]
    prompt = asked(tokenizer, lines)
    chat = [
        {"role": "user", "content": "Which words say why?\n\n" + lines[0]},
        {"role": "assistant", "content": "They cut the hedge\nit rained"},
    ]
    schedule = Schedule(epochs=60, lr=1e-2, batch_tokens=64, warmup=0.1, weight_decay=0.0, seed=1)
    train(model, [encode(chat, tokenizer)], ["made/train/1"], tokenizer.pad_token_id, schedule)
    runner = ModelRunner(model.eval(), tokenizer, 300, 4)
    assert spans.quote(runner, [prompt], [lines], ["en"]) == [("They cut the hedge", "it rained")]


@settings(max_examples=60)
@given(line=st.text(min_size=1, max_size=40), language=st.sampled_from(["en", "zh"]))
def test_every_end_that_may_be_read_is_a_place_in_the_line(tokenizer, line, language):
    for start in spans._starts([line], language, tokenizer):
        assert 0 <= start.start < len(line)
        for count, at in start.ends:
            assert start.start < at <= len(line)
            assert count <= len(start.ids)
        counts = [count for count, _ in start.ends]
        assert counts == sorted(set(counts))
        assert np.isfinite(counts).all()
