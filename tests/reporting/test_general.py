from __future__ import annotations

from pica.reporting import general
from tests.reporting.run import general as measured


def test_what_a_model_can_do_in_general_stands_beside_what_it_could_before_tuning():
    shown = general.table(measured())
    assert shown.header == ["Measure", "Base", "Tuned"]
    assert [[cell.text for cell in row] for row in shown.rows] == [
        ["Perplexity, English text", "41.2", "44.1"],
        ["Perplexity, Chinese text", "1,038.4", "1,142.2"],
        ["Right by letter, English", "45.0", "42.0"],
        ["Right by letter, Chinese", "31.0", "31.0"],
        ["Replies in English", "100.0", "100.0"],
        ["Replies in Chinese", "85.0", "95.0"],
        ["Bare labels, English", "0.0", "15.0"],
        ["Bare labels, Chinese", "0.0", "5.0"],
    ]
    assert [row[2].note for row in shown.rows] == [
        *("1.07 times that before tuning", "1.10 times that before tuning"),
        *("-3.0 since tuning", "", "", "+10.0 since tuning", "+15.0 since tuning", "+5.0 since tuning"),
    ]
    assert {row[1].note for row in shown.rows} == {""}


def test_only_the_system_of_the_same_model_before_tuning_is_compared_with():
    found = measured()
    found.loc[found["system"] == "base", "model"] = "models/other"
    assert {row[2].note for row in general.table(found).rows[2:]} == {""}
    alone = general.table(found[found["system"] == "tuned"])
    assert {row[1].note for row in alone.rows[2:]} == {""}


def test_without_a_model_there_is_no_table():
    assert not general.table(measured().iloc[:0]).rows
