from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from pica.training.batches import batches, collate
from pica.training.encode import IGNORED, Encoded


def example(length: int) -> Encoded:
    return Encoded(tuple(range(1, length + 1)), (IGNORED,) * (length - 1) + (length,))


@given(st.lists(st.integers(1, 50), min_size=1, max_size=80), st.integers(1, 200), st.integers(0, 9))
def test_every_example_stands_in_one_batch_within_the_budget(lengths, tokens, seed):
    examples = [example(n) for n in lengths]
    made = batches(examples, tokens, seed)
    assert sorted(i for batch in made for i in batch) == list(range(len(examples)))
    for batch in made:
        assert len(batch) == 1 or max(lengths[i] for i in batch) * len(batch) <= tokens
    assert made == batches(examples, tokens, seed)


def test_another_seed_gives_other_batches():
    examples = [example(n % 7 + 1) for n in range(50)]
    assert batches(examples, 20, seed=1) != batches(examples, 20, seed=2)


def test_collate_pads_on_the_left_and_counts_positions_from_the_text():
    made = collate([example(3), example(1)], pad=99)
    assert made["input_ids"].tolist() == [[1, 2, 3], [99, 99, 1]]
    assert made["attention_mask"].tolist() == [[1, 1, 1], [0, 0, 1]]
    assert made["position_ids"].tolist() == [[0, 1, 2], [0, 0, 0]]
    assert made["labels"].tolist() == [[IGNORED, IGNORED, 3], [IGNORED, IGNORED, 1]]
    assert all(tensor.dtype == torch.long for tensor in made.values())
