"""The coarse groups of ours and of PICA's, as docs/architecture.md has them."""

from __future__ import annotations

import re

import pytest

from pica.corpora import View, views
from tests.stages.imports import ROOT

PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")


def rows(view: View) -> str:
    """The page's table of a coarse view."""

    def under(groups: dict[str, str], group: str) -> str:
        return ", ".join(sorted(label for label, of in groups.items() if of == group))

    theirs = view.grouped("pica").relabel
    return "\n".join(f"| {name} | {under(view.relabel, name)} | {under(theirs, name)} |" for name in view.labels)


@pytest.mark.parametrize("view", ["goemotions-coarse", "edos-coarse", "memor-coarse"])
def test_the_page_has_both_tables(view):
    assert f"\n{rows(views()[f'{view}-classification'])}\n\n" in PAGE


COARSE = [view for view in views().values() if view.pica_groups and view.relabel and not view.groups]
FINE = [view for view in views().values() if view.pica_groups and view.groups]


@pytest.mark.parametrize("view", COARSE, ids=lambda view: view.name)
def test_pica_puts_every_label_of_a_coarse_view_into_one_of_its_groups(view):
    assert view.relabel.keys() <= view.grouped("pica").relabel.keys()
    assert set(view.grouped("pica").relabel.values()) == set(view.labels)
    assert view.grouped("parrott") is view


@pytest.mark.parametrize("view", FINE, ids=lambda view: view.name)
def test_pica_asks_for_every_fine_label(view):
    theirs = view.grouped("pica")
    assert set(view.labels) <= set(theirs.labels) == set(theirs.groups)


def test_the_datasets_that_pica_grouped_have_its_groups():
    named = {re.sub("-.*", "", view.name) for view in [*COARSE, *FINE]}
    assert named == {"goemotions", "edos", "empatheticdialogues", "memor"}
    # 28 of GoEmotions, 41 of EDOS.
    assert [len(views()[f"{name}-fine-classification"].pica_groups) for name in ("goemotions", "edos")] == [28, 41]
