from __future__ import annotations

from pica.reporting import adherence
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
