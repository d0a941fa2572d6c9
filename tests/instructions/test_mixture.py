"""How many rows a view may give, and gives."""

from __future__ import annotations

from math import inf
from typing import get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pica.corpora import views
from pica.errors import DataError
from pica.instructions.mixture import Pool, apportion, cap, plan
from pica.params import Mixture

CAPS = get_args(get_type_hints(Mixture)["caps"])
TASKS = [view for view in views().values() if view.name != "general-generation"]


def mixture(**given) -> Mixture:
    """Proportional, without a cap, a repetition or a share, but for what is given."""
    plain = {"caps": "none", "rows_per_view": 0, "balance": True, "temperature": 1.0, "max_epochs": 1}
    return Mixture(**plain | {"language": "all", "zh_share": 0.0, "replay": 0.0, "validation_rows": 3} | given)


def pool(number: int, examples: dict[str, int] | int, language: str = "en", cap: int | None = None) -> Pool:
    return Pool(f"view{number}-cause", language, cap, {"": examples} if isinstance(examples, int) else examples)


def general(examples: int) -> Pool:
    return Pool("general-generation", "en+zh", None, {"": examples})


def sizes(planned: dict[str, dict[str, int]]) -> list[int]:
    """The rows of each view."""
    return [sum(labels.values()) for labels in planned.values()]


# Caps


def test_pica_is_what_the_view_says():
    for view in TASKS:
        assert cap(view, mixture(caps="pica")) == view.rows


def test_none_is_no_limit():
    assert {cap(view, mixture()) for view in views().values()} == {None}


def test_a_bound_on_all_views_lowers_what_is_higher():
    for view in TASKS:
        assert cap(view, mixture(caps="pica", rows_per_view=300)) == min(300, view.rows)
        assert cap(view, mixture(rows_per_view=300)) == 300


@pytest.mark.parametrize("caps", CAPS)
def test_general_text_has_no_cap_but_its_share(caps):
    assert cap(views()["general-generation"], mixture(caps=caps, rows_per_view=9)) is None


# Sharing out

weights = st.floats(0.01, 1e6)
bounds = st.integers(0, 1_000)
shared = st.lists(st.tuples(weights, bounds), max_size=8).map(
    lambda pairs: ([w for w, _ in pairs], [b for _, b in pairs])
)


@given(shared, st.integers(0, 9_000))
def test_all_is_shared_out_within_the_bounds(given_, total):
    rows = apportion(*given_, total)
    assert sum(rows) == min(total, sum(given_[1]))
    assert all(0 <= count <= bound for count, bound in zip(rows, given_[1], strict=True))


@given(shared, st.integers(0, 9_000))
def test_it_is_in_proportion_where_no_bound_is_reached(given_, total):
    own, most = given_
    rows = apportion(own, most, total)
    open_ = [(count, weight) for count, weight, bound in zip(rows, own, most, strict=True) if count < bound]
    for count, weight in open_:
        # Nobody has a row that another one, who may have more, is due first.
        assert all(other <= (count + 1) / weight * w + 1e-6 for other, w in zip(rows, own, strict=True))


@given(shared, st.integers(0, 9_000), st.integers(0, 50))
def test_a_larger_total_takes_from_nobody(given_, total, more):
    before, after = apportion(*given_, total), apportion(*given_, total + more)
    assert all(one <= other for one, other in zip(before, after, strict=True))


# A plan

labels = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 400), min_size=1)
pools = st.lists(
    st.tuples(labels, st.none() | st.integers(1, 900), st.sampled_from(["en", "zh"])), min_size=1, max_size=6
)
pools = pools.map(lambda made: [pool(n, *(one[0], one[2], one[1])) for n, one in enumerate(made)])
mixtures = st.builds(mixture, temperature=st.sampled_from([1.0, 1.5, 3.0, 1e9]), max_epochs=st.integers(1, 4))


@given(pools, mixtures)
def test_no_view_gives_more_than_its_cap_or_a_row_too_often(given_, mix):
    for one, by_label in zip(given_, plan(given_, mix).values(), strict=True):
        assert sum(by_label.values()) <= (inf if one.cap is None else one.cap)
        assert all(by_label[label] <= mix.max_epochs * count for label, count in one.examples.items())


@given(pools, mixtures)
def test_the_total_is_what_the_caps_let_through(given_, mix):
    assert sum(sizes(plan(given_, mix))) == sum(min(one.total, one.cap or inf) for one in given_)


@given(pools, st.integers(1, 4))
def test_at_temperature_one_each_view_gives_all_that_its_cap_allows(given_, epochs):
    expected = [min(one.total, one.cap or inf) for one in given_]
    assert sizes(plan(given_, mixture(max_epochs=epochs))) == expected


@given(pools, mixtures)
def test_the_same_plan_twice_whatever_the_order_of_labels(given_, mix):
    turned = [Pool(p.view, p.language, p.cap, dict(reversed(p.examples.items()))) for p in given_]
    assert plan(given_, mix) == plan(given_, mix) == plan(turned, mix)


@given(pools, mixtures, st.integers(1, 300))
def test_more_examples_never_mean_fewer_rows(given_, mix, more):
    first = given_[0]
    grown = Pool(first.view, first.language, first.cap, first.examples | {"a": first.examples.get("a", 0) + more})
    assert sizes(plan([grown, *given_[1:]], mix))[0] >= sizes(plan(given_, mix))[0]


def test_a_high_temperature_evens_out_as_far_as_rows_and_epochs_go():
    given_ = [pool(1, 10_000), pool(2, 3_000), pool(3, 100)]
    assert sizes(plan(given_, mixture())) == [10_000, 3_000, 100]
    assert sizes(plan(given_, mixture(temperature=1e9))) == [10_000, 3_000, 100], "nothing to repeat"
    assert sizes(plan(given_, mixture(temperature=1e9, max_epochs=3))) == [6_400, 6_400, 300]
    assert sizes(plan(given_, mixture(temperature=1e9, max_epochs=99)))[2] == 4_366


def test_a_temperature_between_is_between():
    given_ = [pool(1, 8_000), pool(2, 1_000)]
    # Cube roots: 20 to 10.
    assert sizes(plan(given_, mixture(temperature=3.0, max_epochs=9))) == [6_000, 3_000]


def test_labels_are_even_as_far_as_they_go():
    (by_label,) = plan([pool(1, {"joy": 500, "fear": 20, "anger": 90}, cap=200)], mixture()).values()
    assert by_label == {"joy": 90, "fear": 20, "anger": 90}


# Shares


def chinese(given_: list[Pool], planned: dict[str, dict[str, int]]) -> float:
    rows = sizes(planned)
    return sum(count for one, count in zip(given_, rows, strict=True) if one.language == "zh") / sum(rows)


@given(pools.filter(lambda made: len({one.language for one in made}) == 2), st.floats(0.05, 0.95))
def test_the_share_of_a_language_holds_whatever_there_is(given_, share):
    for epochs in (1, 3):
        planned = plan(given_, mixture(zh_share=share, max_epochs=epochs))
        assert abs(chinese(given_, planned) - share) <= 1 / max(1, sum(sizes(planned)))


def test_where_a_language_has_too_little_there_is_less_of_the_other():
    given_ = [pool(1, 900), pool(2, 100, "zh")]
    assert sizes(plan(given_, mixture(zh_share=0.5))) == [100, 100]
    assert sizes(plan(given_, mixture(zh_share=0.5, max_epochs=4))) == [400, 400]
    assert sizes(plan(given_, mixture(zh_share=0.05))) == [900, 47]


def test_a_share_of_a_language_that_is_not_there_is_an_error():
    with pytest.raises(DataError, match=r"mixture.zh_share=0.5: there are rows in one language alone"):
        plan([pool(1, 900)], mixture(zh_share=0.5))


@given(pools, mixtures)
def test_without_replay_general_text_stays_out(given_, mix):
    planned = plan([*given_, general(500)], mix)
    assert planned.pop("general-generation") == {"": 0}
    assert planned == plan(given_, mix)


def test_replay_is_a_share_of_the_whole_and_takes_nothing_from_the_tasks():
    assert sizes(plan([pool(1, 900), general(500)], mixture(replay=0.1))) == [900, 100]
    assert sizes(plan([pool(1, 900), general(50)], mixture(replay=0.1, max_epochs=2))) == [900, 100]


@pytest.mark.parametrize("given_", [[pool(1, 900)], [pool(1, 900), general(99)]])
def test_replay_of_too_little_text_is_an_error(given_):
    there = sum(one.total for one in given_[1:])
    with pytest.raises(
        DataError, match=rf"mixture.replay=0.1 asks for 100 rows of general text, and there are {there}\."
    ):
        plan(given_, mixture(replay=0.1))
