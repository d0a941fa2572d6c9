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


def test_ours_of_fewer_rows_is_not_said_to_be_comparable():
    (figure,) = [f for f in published(["meld-classification"]) if f.system == "BiosERC, BERT"]
    assert figure.comparison(2610)[0] == "yes"
    said, why = figure.comparison(400)
    assert (said, why) == ("roughly", "ours is of a draw of fewer rows")


def test_a_key_of_a_part_of_the_rows_is_shown_with_the_rows_of_that_part():
    columns = ["system", "view", "n", "csv_weighted_f1", "csv_n"]
    scores = pd.DataFrame([("tuned", "emorynlp-classification", 1328, 30.0, 984)], columns=columns)
    rows = beside(scores, published(["emorynlp-classification"]), "tuned").rows
    assert {row[-1].text for row in rows} == {"984"}
    assert "yes" in {row[3].text for row in rows}


def test_a_strategy_that_is_foreseen_is_not_compared_with_one_that_is_read():
    for figure in published(["esconv-act-inference"]):
        assert figure.comparison(10_000)[0] == "no"
        assert "yet to come" in figure.why
