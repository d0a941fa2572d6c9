from __future__ import annotations

from pica.evaluation.empathy import headline
from pica.reporting import empathy, tables
from tests.reporting.run import empathy as found


def test_a_view_and_mechanism_is_a_row_beside_the_classifier_and_the_gold_replies():
    shown = empathy.table(found())
    assert shown.header == ["View, mechanism", "Replies", "Classifier", "Gold", "Majority", "TF-IDF", "Base", "Tuned"]
    (row,) = shown.rows
    assert [cell.text for cell in row] == [
        *("esconv-generation, reaction", "40", "71.3", "0.52"),
        *("0.00", "0.25", "0.50", "0.75"),
    ]
    assert row[2].note == "most frequent level 66.1"
    assert [cell.note for cell in row[4:]] == ["diff 1.00", "diff 0.88", "diff 0.75", "diff 0.62"]
    assert not any(cell.best for cell in row)
    assert "not to be compared with published figures" in shown.caption


def test_a_system_without_replies_of_a_view_has_no_level():
    judged = found()
    (row,) = empathy.table(judged[(judged["system"] != "base") | judged["level"].isna()]).rows
    assert [(cell.text, cell.note) for cell in row[6:]] == [("–", ""), ("0.75", "diff 0.62")]


def test_why_a_view_or_a_mechanism_has_no_row_is_said_once():
    assert empathy.absent(found()) == [
        "exploration: empathy_mental_health-exploration-classification is not in this run",
        "smilechat-generation: its replies are not in English",
    ]
    nothing = found().iloc[:0]
    assert not empathy.table(nothing).rows
    assert empathy.absent(nothing) == []


def test_its_headline_has_names_and_is_not_among_the_means_in_per_cent():
    numbers = headline(found().dropna(subset="level").to_dict("records"))
    assert numbers == {"reaction_level_diff": 0.8125}
    assert numbers.keys() <= tables.METRICS.keys()
    assert not tables.headline({"tuned": numbers}).rows
