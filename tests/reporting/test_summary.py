"""The report in short says what the page says."""

from __future__ import annotations

import re
from dataclasses import replace

from pica.evaluation.scoring import differences
from pica.reporting import page
from pica.reporting.summary import render
from tests.reporting.run import report


def test_it_has_the_sentences_the_numbers_and_the_leads():
    made = report()
    text = render(made)
    assert text.startswith("# PICA: model scratch, seed 42\n\n")
    assert all(sentence in text for sentence in page.summary(made))
    score = f"{made.systems['tuned']['macro_f1']:.1f}"
    (line,) = [line for line in text.splitlines() if line.startswith("| Macro F1 |")]
    assert f"**{score}**" in line
    assert re.search(r"\| View \| Metric \| over .*\| over TF-IDF \|", text)
    assert "made up" in text


def test_of_real_rows_it_does_not_say_that_they_are_made_up():
    assert "made up" not in render(report(kind="local"))


def test_one_system_alone_has_no_leads():
    made = report()
    text = render(replace(made, systems={"tuned": made.systems["tuned"]}, differences=differences([], [], 5, 0)))
    assert "over TF-IDF" not in text
