from __future__ import annotations

import pandas as pd

from pica.evaluation.outside import COLUMNS
from pica.reporting.outside import table
from tests.reporting.run import outside


def test_each_set_has_a_row_and_each_model_a_column():
    shown = table(outside())
    assert shown.header == ["Set", "Questions", "Chance", "Base", "Tuned"]
    assert [[cell.text for cell in row] for row in shown.rows] == [
        ["ToMBench, emotions (en)", "60", "25.0", "30.0", "31.0"],
        ["EQ-Bench v2 (en)", "60", "–", "30.0", "31.0"],
    ]
    assert shown.rows[0][3].note == "25.0 to 36.0; by words 28.3; consistent 28.3"
    assert shown.rows[1][3].note == "25.0 to 36.0"


def test_where_nobody_was_asked_there_is_no_row():
    assert table(pd.DataFrame(columns=COLUMNS)).rows == []
