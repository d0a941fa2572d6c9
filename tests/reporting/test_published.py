from __future__ import annotations

import pandas as pd

from pica.corpora import catalogue, views
from pica.reporting import tables
from pica.reporting.published import beside, published

OUTSIDE = {"eqbench2"}
MULTI_LABEL = {"multi_macro_f1", "multi_micro_f1", "subset_accuracy"}


def test_every_figure_is_of_a_view_or_a_set_that_there_is():
    assert {figure.view for figure in published()} <= {*views(), *catalogue(), *OUTSIDE}


def test_every_figure_has_a_source_and_one_that_may_not_be_compared_says_why():
    assert all(figure.source and figure.system and figure.test for figure in published())
    assert [figure for figure in published() if not figure.comparable and not figure.why] == []


def test_every_key_of_a_view_is_one_that_the_page_can_name():
    of_views = [figure for figure in published() if figure.view in views()]
    assert {figure.metric for figure in of_views} <= tables.METRICS.keys()


def test_a_figure_stands_beside_ours_with_the_rows_of_both():
    scores = pd.DataFrame(
        [("tuned", "meld-classification", 60, 51.5), ("base", "meld-classification", 60, 20.0)],
        columns=["system", "view", "n", "weighted_f1"],
    )
    table = beside(scores, published(["meld-classification", "emocontext-classification"]), "tuned")
    assert {row[0].text for row in table.rows} == {"meld-classification"}
    assert {(row[-2].text, row[-1].text) for row in table.rows} == {("51.5", "60")}
    assert all(len(row) == len(table.header) for row in table.rows)
