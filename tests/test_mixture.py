"""How many rows a view may give."""

from __future__ import annotations

from typing import get_args, get_type_hints

import pytest

from pica.corpora import views
from pica.mixture import cap
from pica.params import Mixture
from pica.schema import SPLITS

CAPS = get_args(get_type_hints(Mixture)["caps"])


def mixture(caps: str, validation_rows: int = 3, rows_per_view: int = 0) -> Mixture:
    return Mixture(caps=caps, rows_per_view=rows_per_view, language="all", validation_rows=validation_rows)


def test_pica_is_what_the_view_says():
    for view in views().values():
        assert cap(view, "train", mixture("pica")) == view.rows


def test_none_is_no_limit():
    assert {cap(view, "train", mixture("none")) for view in views().values()} == {None}


def test_a_bound_on_all_views_lowers_what_is_higher():
    for view in views().values():
        assert cap(view, "train", mixture("pica", rows_per_view=300)) == min(300, view.rows)
        assert cap(view, "train", mixture("none", rows_per_view=300)) == 300


@pytest.mark.parametrize("caps", CAPS)
def test_test_rows_are_all_kept_and_validation_rows_counted(caps):
    for view in views().values():
        assert cap(view, "test", mixture(caps)) is None
        assert cap(view, "validation", mixture(caps, validation_rows=7)) == 7


@pytest.mark.parametrize("split", SPLITS)
def test_every_choice_that_the_parameters_allow_has_a_cap(split):
    view = next(iter(views().values()))
    limits = [cap(view, split, mixture(caps)) for caps in CAPS]
    assert all(limit is None or limit > 0 for limit in limits)
