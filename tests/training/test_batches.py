from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pica.training.batches import batches, collate
from pica.training.encode import IGNORED, Encoded


def example(length: int) -> Encoded:
    return Encoded(tuple(range(1, length + 1)), (IGNORED,) * (length - 1) + (length,))


@given(st.lists(st.integers(1, 50), min_size=1, max_size=80), st.integers(1, 200), st.integers(0, 9), st.booleans())
def test_every_example_stands_in_one_batch_within_the_budget(lengths, tokens, seed, packed):
    examples = [example(n) for n in lengths]
    made = batches(examples, tokens, seed, packed)
    assert sorted(i for batch in made for i in batch) == list(range(len(examples)))
    for batch in made:
        width = sum(lengths[i] for i in batch) if packed else max(lengths[i] for i in batch) * len(batch)
        assert len(batch) == 1 or width <= tokens
    assert made == batches(examples, tokens, seed, packed)


@pytest.mark.parametrize("packed", [True, False])
def test_another_seed_gives_other_batches(packed):
    examples = [example(n % 7 + 1) for n in range(50)]
    assert batches(examples, 20, seed=1, packed=packed) != batches(examples, 20, seed=2, packed=packed)


def test_the_best_fit_fills_batches():
    examples = [example(n) for n in (6, 5, 4, 3, 2)]
    assert sorted(sorted(len(examples[i].ids) for i in batch) for batch in batches(examples, 10, 0, packed=True)) == [
        [2, 3, 5],
        [4, 6],
    ]


def test_padding_stands_on_the_right_and_has_no_target():
    made = collate([example(3), example(1)], pad=99)
    assert made["input_ids"].tolist() == [[1, 2, 3], [1, 99, 99]]
    assert made["targets"].tolist() == [[IGNORED, 3, IGNORED], [IGNORED, IGNORED, IGNORED]]
    assert made["example"].max() == 1


def test_packed_positions_start_anew_and_no_example_predicts_the_next():
    whole = Encoded((4, 5, 6), (4, 5, 6))
    made = collate([whole, example(2)], pad=99, packed=True)
    assert made["input_ids"].tolist() == [[4, 5, 6, 1, 2]]
    assert made["position_ids"].tolist() == [[0, 1, 2, 0, 1]]
    assert made["targets"].tolist() == [[5, 6, IGNORED, 2, IGNORED]]
    assert made["example"].tolist() == [[0, 0, 0, 1, 1]]
    assert made["cu_seq_lens_q"].tolist() == [0, 3, 5]
    assert made["max_length_q"] == 3
