from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pica.reporting import labels, tables
from pica.schema import Prediction

from .run import cards, report


@pytest.fixture(scope="module")
def run():
    return report(rows=16)


def column(table, name):
    return [row[table.header.index(name)].text for row in table.rows]


def test_every_row_of_every_table_is_as_long_as_its_header(run):
    everything = [
        tables.headline(run.systems),
        tables.funnel(run.filtered, run.views, run.mixture),
        tables.scorecard(run.cards),
        tables.cleaning(run.cleaning),
        tables.view_sizes(run.views),
        tables.mixture_rows(run.mixture),
        tables.by_task(run.scores),
        tables.by_view(run.scores),
        *tables.metrics_by_view(run.scores),
        labels.variants(run.variants, "raw"),
        *labels.classes(run.classes),
        tables.comparisons(run.differences, run.compared),
        tables.settings(run.params, "…"),
    ]
    assert all(len(row) == len(table.header) for table in everything for row in table.rows)


def test_the_best_of_a_row_is_marked_and_equals_share_the_mark():
    table = tables.headline(
        {
            "majority": {"macro_f1": 10.0, "cause_f1": 5.01, "unparsed": 0.0, "rouge_l": 1.0},
            "tuned": {"macro_f1": 60.0, "cause_f1": 5.04, "unparsed": 9.0, "rouge_l": 1.0},
        }
    )
    best = {row[0].text: [cell.best for cell in row[1:]] for row in table.rows}
    assert best["Macro F1"] == [False, True]
    assert best["Cause F1"] == [False, False], "they print the same"
    assert best["Unparsed answers"] == [False, False], "a baseline that cannot fail has no merit in it"


def test_rows_in_are_rows_kept_and_rows_rejected():
    filtered = pd.DataFrame(
        [("meld", "train", "kept", 1200), ("meld", "train", "empty", 3), ("meld", "test", "said twice", 20)],
        columns=["corpus", "split", "outcome", "rows"],
    )
    views = pd.DataFrame([("meld", 5000), ("meld", 40)], columns=["corpus", "examples"])
    mixture = pd.DataFrame([("meld", 900), ("meld", 1)], columns=["corpus", "rows"])
    (row,) = tables.funnel(filtered, views, mixture).rows
    assert [cell.text for cell in row] == ["meld", "said twice 20 · empty 3", "1,223", "1,200", "5,040", "901"]
    assert [count for _, count in tables.funnel_steps(filtered, views, mixture)] == [1223, 1200, 5040, 901]


def test_a_dataset_of_which_nothing_is_kept_stands_in_the_funnel():
    filtered = pd.DataFrame([("meld", "train", "empty", 3)], columns=["corpus", "split", "outcome", "rows"])
    nothing = pd.DataFrame({"corpus": [], "examples": [], "rows": []})
    (row,) = tables.funnel(filtered, nothing, nothing).rows
    assert [cell.text for cell in row] == ["meld", "empty 3", "3", "0", "0", "0"]


def test_the_score_card_says_why_a_dataset_is_dropped():
    table = cards(["meld", "yelp"]).assign(
        label_balance=[0.5, np.nan], leak_rate=[0.0, 0.0001], verdict=["keep", "drop"], why=[np.nan, "few labels"]
    )
    card = tables.scorecard(table)
    assert column(card, "Verdict") == ["keep", "drop"]
    assert [row[0].note for row in card.rows] == ["", "few labels; a classifier wrote the labels"]
    assert column(card, "Balance") == ["50.0 %", "–"]
    assert column(card, "Leaks") == ["–", "< 0.1 %"]


def test_a_leak_matrix_has_only_sets_that_leak_and_is_deepest_where_most_do():
    rows = [("meld", "test", "emorynlp", 2, 1295), ("meld", "test", "esconv", 0, 0), ("cams", "test", "meld", 3, 0)]
    columns = ["held_out", "split", "train", "conversations", "turns"]
    matrix = tables.leaks(pd.DataFrame(rows, columns=columns))
    assert matrix.columns == ["emorynlp", "meld"]
    texts = {held: [text for text, _ in cells] for held, cells in matrix.rows}
    assert texts == {"cams, test": ["", "3"], "meld, test": ["2 +1,295", ""]}
    depths = {text: depth for _, cells in matrix.rows for text, depth in cells}
    assert depths["2 +1,295"] == 1 > depths["3"] > depths[""] == 0


def test_only_datasets_that_were_changed_are_listed_with_all_kinds_of_change():
    rows = [("meld", 200, 198, 2, 0), ("cams", 90, 90, 0, 0)]
    table = tables.cleaning(pd.DataFrame(rows, columns=["corpus", "turns", "unchanged", "repaired", "email"]))
    assert list(table.header) == ["Dataset", "Turns", "Changed", "Repaired", "Mail"]
    assert [[cell.text for cell in row] for row in table.rows] == [["meld", "200", "1.0 %", "2", "–"]]


def test_tables_follow_the_order_of_the_tasks(run):
    tasks = column(tables.mixture_rows(run.mixture), "Task")
    assert tasks == sorted(tasks, key=[title for title, _ in tables.TASK_TITLES.values()].index)


def test_a_view_without_a_cap_has_none(run):
    endless = run.mixture.assign(cap=np.nan)
    assert set(column(tables.mixture_rows(endless), "Cap")) == {"none"}


def test_a_score_stands_with_its_interval(run):
    row = run.scores.iloc[0]
    (cell,) = [cells[3] for cells in tables.by_view(run.scores).rows if cells[0].text == row["view"]]
    assert cell.text == f"{row['score']:.1f}"
    assert cell.note == f"{row['low']:.1f} to {row['high']:.1f}"


def test_weighted_f1_stands_with_its_interval_among_all_metrics(run):
    row = run.scores.iloc[0]
    table = tables.metrics_by_view(run.scores)[0]
    (found,) = [
        cells for cells in table.rows if [c.text for c in cells[:2]] == [row["view"], tables.title(row["system"])]
    ]
    notes = {name: cell.note for name, cell in zip(table.header, found, strict=True) if cell.note}
    assert notes == {"Weighted F1": f"{row['weighted_low']:.1f} to {row['weighted_high']:.1f}"}


def test_a_score_of_fewer_rows_says_so_and_is_not_the_best(run):
    view = run.scores.iloc[0]["view"]
    scores = run.scores.copy()
    last = scores[scores["view"] == view].index[-1]
    scores.loc[last, ["score", "n"]] = [99.9, scores.loc[last, "n"] - 1]
    (cells,) = [cells[3:] for cells in tables.by_view(scores).rows if cells[0].text == view]
    assert cells[-1].text == "99.9"
    assert cells[-1].note.endswith(f", {scores.loc[last, 'n']} rows")
    assert not cells[-1].best


def test_every_metric_of_the_scores_has_a_name(run):
    known = {
        *tables.METRICS,
        "system",
        "view",
        "task_type",
        "dataset",
        "language",
        "n",
        "metric",
        "score",
        "low",
        "high",
        "weighted_low",
        "weighted_high",
    }
    assert set(run.scores.columns) <= known
    assert {name for numbers in run.systems.values() for name in numbers} <= set(tables.METRICS)


def test_a_confusion_matrix_has_shares_of_the_gold_label():
    answers = [("joy", "joy"), ("joy", "joy"), ("joy", "anger"), ("joy", "fear"), ("anger", "joy"), ("anger", "anger")]
    rows = [
        Prediction(f"meld/test/{i}", "meld-classification", "dialogue_emotion", "meld", "en", "tuned", g, a, a, a, True)
        for i, (g, a) in enumerate(answers)
    ]
    (matrix,) = tables.confusions(rows)
    assert matrix.labels == ["joy", "anger", "fear"]
    assert matrix.rows == [("joy", 4, [0.5, 0.25, 0.25]), ("anger", 2, [0.5, 0.5, 0.0])]


def test_examples_are_ten_a_task_and_do_not_depend_on_the_order_of_rows(run):
    shown = tables.examples(run.predictions, run.asked)
    assert {task: len(rows) for task, rows in shown.items()} == dict.fromkeys(tables.TASK_TITLES, 10)
    turned = {system: rows[::-1] for system, rows in run.predictions.items()}
    assert tables.examples(turned, run.asked) == shown


def test_an_example_shows_the_request_with_its_controls_above_the_text(run):
    asked = {key: tables.Asked("Tom feels angry and asks a question.", "Ruth: It is gone.") for key in run.asked}
    (shown, *_) = tables.examples(run.predictions, asked)["dialogue_generation"]
    assert shown.asked == "Tom feels angry and asks a question.\n\nRuth: It is gone."
    without = dict.fromkeys(run.asked, tables.Asked("", "Ruth: It is gone."))
    assert tables.examples(run.predictions, without)["dialogue_generation"][0].asked == "Ruth: It is gone."


def test_an_example_shows_every_system_and_marks_closed_labels_only(run):
    shown = tables.examples(run.predictions, run.asked)
    for answer in shown["text_emotion"][0].answers:
        assert answer.right == (answer.text == shown["text_emotion"][0].gold)
    assert [answer.system for answer in shown["dialogue_generation"][0].answers] == [
        tables.title(system) for system in run.predictions
    ]
    assert all(answer.right is None for answer in shown["dialogue_generation"][0].answers)


def test_the_variant_that_decides_is_marked_and_labels_are_counted(run):
    table = labels.variants(run.variants, "ncc")
    decides = {row[0].text + row[1].text for row in table.rows if row[1].note == "decides"}
    assert decides == {f"{system}calibrated (ncc)" for system in column(table, "System")}
    (meld,) = [table for table in labels.classes(run.classes) if table.caption == "meld-classification"]
    assert sum(int(number) for number in column(meld, "Gold")) == 16
    assert sum(float(number) for number in column(meld, "Gap")) == pytest.approx(0, abs=0.5)


def test_a_quoted_cause_stands_with_its_free_answer(run):
    shown = tables.examples(run.predictions, run.asked)["emotion_cause"][0]
    tuned = {(p.name, p.id): p for p in run.predictions["tuned"]}[shown.view, shown.id]
    quoted = [replace(tuned, spans=("my sister", "the lake"), output="free words")]
    asked = {(tuned.name, tuned.id): tables.Asked("Why?", "…")}
    (row,) = tables.examples({"tuned": quoted}, asked)["emotion_cause"]
    assert [(a.text, a.free) for a in row.answers] == [("my sister\nthe lake", "free words")]


def test_a_mean_of_fewer_views_is_not_the_best():
    about = {"task_type": "text_emotion", "metric": "macro_f1", "n": 4}
    scores = [("tuned", "easy", 70.0), ("tuned", "hard", 20.0), ("base", "easy", 60.0), ("tfidf", "easy", 50.0)]
    scores += [("tfidf", "hard", 10.0)]
    frame = pd.DataFrame([{"system": system, "view": view, "score": score} | about for system, view, score in scores])
    (row,) = tables.by_task(frame).rows
    assert [(cell.text, cell.best) for cell in row[-3:]] == [("45.0", True), ("60.0", False), ("30.0", False)]
