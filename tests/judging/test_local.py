"""A judge of this machine: probabilities of whole answers, as training has them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pica.judging.forms import pairwise, rating
from pica.judging.local import LocalJudge
from tests.conftest import ARCHITECTURE


def test_probabilities_are_those_of_the_whole_answers(tmp_path, tokenizer):
    import torch

    from pica.training import scratch
    from pica.training.batches import collate
    from pica.training.encode import encode
    from pica.training.loss import batch_losses

    model = scratch.make_model(replace(ARCHITECTURE, context=1024), tokenizer, seed=1).eval()
    for weights in model.parameters():
        weights.data.mul_(4)
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    questions = [
        rating("fluency", "en", "", "We won the cup."),
        pairwise("en", "USER: The cat is gone.", "Where did you look?", "Ok."),
        rating("fluency", "en", "", "word " * 900),
    ]
    judge = LocalJudge(tmp_path, batch_size=2)
    answers = judge.ask(questions)
    assert list(answers) == questions[:2]
    assert judge.unanswered == {"longer than the judge's context": 1}
    for question, answer in answers.items():
        asked = {"role": "user", "content": question.text}
        rows = [encode([asked, {"role": "assistant", "content": option}], tokenizer) for option in question.options]
        with torch.no_grad():
            losses, _ = batch_losses(model, collate(rows, tokenizer.pad_token_id))
        expected = torch.softmax(-losses, 0).tolist()
        assert list(answer.probabilities.values()) == pytest.approx(expected, abs=1e-4)
        assert max(expected) - min(expected) > 0.05, "a judge that prefers something"
