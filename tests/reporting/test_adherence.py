from __future__ import annotations

from pica.reporting import adherence, general
from tests.reporting.run import GENERAL
from tests.reporting.run import adherence as found


def test_a_view_and_control_is_a_row_beside_the_classifier_and_the_gold_replies():
    shown = adherence.table(found())
    assert shown.header == ["View, control", "Replies", "Classifier", "Gold", "Majority", "TF-IDF", "Base", "Tuned"]
    (row,) = shown.rows
    assert [cell.text for cell in row] == [
        *("esconv-generation, act", "40", "58.3", "55.0"),
        *("30.0", "31.0", "32.0", "33.0"),
    ]
    assert row[2].note == "esconv-act-inference"
    assert row[-1].best


def test_why_a_view_has_no_row_is_said_once():
    assert adherence.absent(found()) == ["smilechat-generation: its prompts ask for no emotion and no act"]
    nothing = found().iloc[:0]
    assert not adherence.table(nothing).rows
    assert adherence.absent(nothing) == []


def test_general_language_is_that_of_the_models_with_the_ratio_of_the_tuned_one():
    shown = general.table({"majority": {}, **GENERAL})
    assert shown.header == ["Language", "Base", "Tuned"]
    assert [[cell.text for cell in row] for row in shown.rows] == [
        ["English", "41.2", "44.1"],
        ["Chinese", "1,038.4", "1,142.2"],
    ]
    assert [cell.note for cell in shown.rows[0]] == ["", "", "1.07 times that before tuning"]
    assert not general.table({"majority": {}}).rows
