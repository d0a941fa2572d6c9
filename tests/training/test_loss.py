from __future__ import annotations

import pytest
import torch
from torch.nn.functional import cross_entropy

from pica.training.batches import collate
from pica.training.encode import IGNORED, encode
from pica.training.loss import batch_losses


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
