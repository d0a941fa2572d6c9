from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pica.training.batches import Layout, batches, collate, shared_prefix
from pica.training.encode import IGNORED, Encoded


def example(length: int) -> Encoded:
    return Encoded(tuple(range(1, length + 1)), (IGNORED,) * (length - 1) + (length,))


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=80),
    st.integers(1, 200),
    st.integers(0, 9),
    st.sampled_from(Layout),
)
def test_every_example_stands_in_one_batch_within_the_budget(lengths, tokens, seed, layout):
    examples = [example(n) for n in lengths]
    made = batches(examples, tokens, seed, layout)
    assert sorted(i for batch in made for i in batch) == list(range(len(examples)))
    for batch in made:
        padded = layout is Layout.PADDED
        width = max(lengths[i] for i in batch) * len(batch) if padded else sum(lengths[i] for i in batch)
        assert len(batch) == 1 or width <= tokens
    assert made == batches(examples, tokens, seed, layout)


@pytest.mark.parametrize("layout", [Layout.PADDED, Layout.PACKED])
def test_another_seed_gives_other_batches(layout):
    examples = [example(n % 7 + 1) for n in range(50)]
    assert batches(examples, 20, seed=1, layout=layout) != batches(examples, 20, seed=2, layout=layout)


def test_the_best_fit_fills_batches():
    examples = [example(n) for n in (6, 5, 4, 3, 2)]
    assert sorted(sorted(len(examples[i].ids) for i in batch) for batch in batches(examples, 10, 0, Layout.PACKED)) == [
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
    made = collate([whole, example(2)], pad=99, layout=Layout.PACKED)
    assert made["input_ids"].tolist() == [[4, 5, 6, 1, 2]]
    assert made["position_ids"].tolist() == [[0, 1, 2, 0, 1]]
    assert made["targets"].tolist() == [[5, 6, IGNORED, 2, IGNORED]]
    assert made["example"].tolist() == [[0, 0, 0, 1, 1]]
    assert made["cu_seq_lens_q"].tolist() == [0, 3, 5]
    assert made["max_length_q"] == 3


def asked(*ids: int, answer: int) -> Encoded:
    return Encoded((*ids, answer), (IGNORED,) * len(ids) + (answer,))


def test_what_all_examples_begin_with_stands_in_the_first_alone():
    made = collate([asked(1, 2, 3, answer=9), asked(1, 2, 4, 5, answer=8), asked(1, 2, 6, answer=7)], 99, Layout.SHARED)
    assert made["shared_prefix"] == 2
    assert made["input_ids"].tolist() == [[1, 2, 3, 9, 4, 5, 8, 6, 7]]
    assert made["position_ids"].tolist() == [[0, 1, 2, 3, 2, 3, 4, 2, 3]]
    assert made["targets"].tolist() == [[IGNORED, IGNORED, 9, IGNORED, IGNORED, 8, IGNORED, 7, IGNORED]]
    assert made["example"].tolist() == [[0, 0, 0, 0, 1, 1, 1, 2, 2]]
    assert made["cu_seq_lens_q"].tolist() == [0, 4, 7, 9]
    assert made["cu_seq_lens_k"].tolist() == [0, 4, 9, 13]
    assert (made["max_length_q"], made["max_length_k"]) == (4, 5)


def test_a_token_that_predicts_a_trained_one_is_not_shared():
    assert shared_prefix([asked(1, 2, answer=9), asked(1, 2, answer=8)]) == 1
    assert shared_prefix([Encoded((1, 2, 3), (1, 2, 3)), asked(1, 2, 3, answer=4)]) == 0


def test_an_example_alone_shares_nothing():
    assert shared_prefix([asked(1, 2, 3, answer=4)]) == 0


@given(st.lists(st.lists(st.integers(1, 2), min_size=1, max_size=6), min_size=1, max_size=5), st.data())
def test_every_example_can_be_read_off_a_shared_batch(rows, data):
    examples = [Encoded(ids, [IGNORED] * (start := data.draw(st.integers(0, len(ids)))) + ids[start:]) for ids in rows]
    made = collate(examples, 99, Layout.SHARED)
    prefix = made["input_ids"][0, : made["shared_prefix"]].tolist()
    ids, targets = made["input_ids"][0].tolist(), made["targets"][0].tolist()
    positions, bounds = made["position_ids"][0].tolist(), made["cu_seq_lens_q"].tolist()
    for number, example in enumerate(examples):
        own = slice(bounds[number], bounds[number + 1])
        before = prefix if number else []
        assert before + ids[own] == list(example.ids)
        assert [*range(len(before)), *positions[own]] == list(range(len(example.ids)))
        assert [IGNORED] * len(before) + targets[own] == [*example.labels[1:], IGNORED]
