"""The draw: a choice by hash, so that order does not matter and new rows move few old ones."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pica.sampling import sample, sample_each

ids = st.sets(st.text(max_size=8), max_size=20)
limits = st.none() | st.integers(0, 25)
seeds = st.integers(0, 99)


@given(ids, limits, seeds, st.randoms())
def test_the_order_of_the_ids_does_not_matter(ids, limit, seed, random):
    shuffled = list(ids)
    random.shuffle(shuffled)
    assert sample(shuffled, limit, seed) == sample(sorted(ids), limit, seed)


@given(ids, limits, seeds)
def test_as_many_as_there_are_and_no_more_than_asked(ids, limit, seed):
    drawn = sample(ids, limit, seed)
    assert set(drawn) <= ids
    assert len(drawn) == len(set(drawn)) == (len(ids) if limit is None else min(limit, len(ids)))


@given(ids, st.integers(0, 25), seeds)
def test_a_smaller_draw_is_the_beginning_of_a_larger_one(ids, limit, seed):
    assert sample(ids, limit, seed) == sample(ids, None, seed)[:limit]


@given(ids, ids, st.integers(0, 25), seeds)
def test_new_ids_only_push_others_out(old, new, limit, seed):
    assert set(sample(old | new, limit, seed)) & old <= set(sample(old, limit, seed)) | new


def test_a_seed_is_another_order():
    ids = [f"meld/train/{number}" for number in range(100)]
    assert sample(ids, 10, seed=1) == sample(ids, 10, seed=1)
    assert sample(ids, 10, seed=1) != sample(ids, 10, seed=2)
    assert sample(ids, None, 1) != sample(ids, None, 2)


def test_the_draw_is_even():
    # 1,000 of 2,000: half of each half, give or take five standard deviations.
    drawn = sample([str(number) for number in range(2000)], 1000, seed=0)
    assert 390 < sum(int(id) < 1000 for id in drawn) < 610


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 99).map(str)), unique=True), st.integers(0, 9))
def test_each_group_gives_what_it_gives_alone(pairs, limit):
    chosen = sample_each(pairs, limit, seed=1)
    for group in dict(pairs):
        assert [id for of, id in chosen if of == group] == sample([id for of, id in pairs if of == group], limit, 1)
    assert sorted(sample_each(pairs, None, seed=1)) == sorted(pairs)
