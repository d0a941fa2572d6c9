"""docs/models.md says of each architecture what is measured here."""

from __future__ import annotations

import pytest

from tests.training import families


@pytest.mark.parametrize("name", families.FAMILIES)
def test_a_family_can_do_what_the_page_says(name):
    assert families.measured(name) == families.written()[name]


def test_the_page_has_these_families_alone():
    assert list(families.written()) == list(families.FAMILIES)
