from __future__ import annotations

from unittest.mock import patch

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from pica.training.batches import collate
from pica.training.encode import IGNORED, encode
from pica.training.loss import CrossEntropy, batch_losses


@pytest.fixture
def examples(tokenizer):
    questions = ["We won the cup!", "They cut the hedge.", "The whole street is singing!", "Not a word to me."]
    answers = ["joy", "anger", "joy", "no emotion"]
    return [
        encode([{"role": "user", "content": q}, {"role": "assistant", "content": a}], tokenizer)
        for q, a in zip(questions, answers, strict=True)
    ]


def test_the_losses_of_a_padded_batch_are_those_of_its_examples_alone(model, tokenizer, examples):
    together, counts = batch_losses(model, collate(examples, tokenizer.pad_token_id))
    for example, loss, count in zip(examples, together.tolist(), counts.tolist(), strict=True):
        logits = model(torch.tensor([example.ids])).logits[0, :-1]
        alone = cross_entropy(logits, torch.tensor(example.labels[1:]), ignore_index=IGNORED, reduction="sum").item()
        assert loss == pytest.approx(alone, rel=1e-4)
        assert count == example.answer_tokens


@given(
    shape=st.tuples(st.integers(0, 9), st.integers(1, 12)),
    together=st.integers(1, 40),
    dtype=st.sampled_from([torch.float32, torch.bfloat16]),
    seed=st.integers(0, 99),
)
def test_losses_and_gradients_are_pytorchs_however_many_rows_are_looked_at_together(shape, together, dtype, seed):
    torch.manual_seed(seed)
    logits = (5 * torch.randn(shape)).to(dtype).requires_grad_()
    targets, weights = torch.randint(0, shape[1], shape[:1]), torch.randn(shape[0])
    with patch("pica.training.loss._TOGETHER", together):
        found = CrossEntropy.apply(logits, targets)
        (own,) = torch.autograd.grad((found * weights).sum(), logits)
    expected = cross_entropy(logits.float(), targets, reduction="none")
    (pytorchs,) = torch.autograd.grad((expected * weights).sum(), logits)
    assert found.dtype == torch.float32
    assert own.dtype == dtype
    assert torch.allclose(found, expected, atol=1e-5)
    # The probability of the target less one is of a small difference, so that rounding shows in the last bit of bf16.
    assert torch.allclose(own.float(), pytorchs.float(), rtol=1e-2, atol=1e-5)
