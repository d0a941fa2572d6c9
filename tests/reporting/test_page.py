from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from pica.evaluation.scoring import differences, headline, score_views
from pica.reporting import figures
from pica.reporting.page import render, summary
from pica.reporting.tables import TASK_TITLES
from pica.schema import TASKS

from .run import report

VOID = {"meta", "link", "br", "img", "use", "path", "input", "hr"}


class Outline(HTMLParser):
    """Collects the tags of a page, and says which are not closed in order."""

    def __init__(self, page):
        super().__init__()
        self.open, self.seen, self.ids, self.links = [], [], [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.seen.append((tag, attrs))
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if tag == "a":
            self.links.append(attrs["href"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def run():
    return report(rows=16)


@pytest.fixture(scope="module")
def page(run):
    return render(run)


def test_the_page_is_well_formed_and_its_links_lead_somewhere(page):
    outline = Outline(page)
    assert {link.removeprefix("#") for link in outline.links} <= set(outline.ids)
    assert len(outline.ids) == len(set(outline.ids))
    sections = [attrs["id"] for tag, attrs in outline.seen if tag == "section"]
    assert len(sections) == len(set(sections)) == len(outline.links)
    assert sections.index("scores") == 0  # what people come for, before what it was made of


def test_the_page_needs_no_network_and_no_script(page):
    tags = {tag for tag, _ in Outline(page).seen}
    assert not tags & {"script", "link", "iframe", "img"}
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert not re.search(r"url\((?!#)", page)
    assert "@import" not in page


def test_the_speed_is_a_file_beside_the_page_which_says_so_when_it_is_missing(run, page):
    (shown,) = [attrs for tag, attrs in Outline(page).seen if tag == "object"]
    assert shown["data"] == run.speed
    assert re.search(r"<object[^>]*>[^<]*is not kept beside[^<]*</object>", page)


def test_the_same_run_gives_the_same_bytes(run, page):
    assert render(report(rows=16)) == page


def test_figures_have_a_text_for_those_who_cannot_see_them(page):
    figures = [attrs for tag, attrs in Outline(page).seen if tag == "svg"]
    assert len(figures) == 6
    assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in figures)


def test_the_mixture_says_how_often_a_view_is_repeated(run):
    two = run.mixture[:2].assign(n=[1200, 40], rows=[900, 100], epochs=[0.75, 2.5], share=[0.9, 0.1])
    drawing = figures.mixture(two)
    assert "900 of 1,200 · 90.0 %" in drawing
    assert "100 = 2.5 × 40 · 10.0 %" in drawing


def test_figures_take_their_colours_from_the_page(page):
    used, defined = set(re.findall(r"var\((--\w+)", page)), set(re.findall(r"(--\w+):", page))
    assert used <= defined
    assert not re.search(r"(?:fill|stroke): #", page)


def test_what_the_data_say_is_escaped(page):
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_page_with_rows_of_real_datasets_says_so(page):
    warning = "not for redistribution"
    assert warning not in page
    assert "made up" in page
    real = render(report("mirror", rows=4))
    assert warning in real
    assert "made up" not in real


def test_the_page_says_which_usual_metrics_are_not_computed(page):
    assert "BERTScore, which needs another model, was not asked for." in page
    assert "METEOR, which needs WordNet, was not asked for." in page


def test_the_page_says_with_what_bertscore_was_computed():
    made = report()
    asked = {"wordnet": "nltk_data/corpora/wordnet", "bertscore": "hub:FacebookAI/roberta-large", "bertscore_layer": 17}
    made.params["evaluate"].update(asked)
    page = render(made)
    assert "BERTScore is the F1 of hub:FacebookAI/roberta-large, layer 17, without idf" in page
    assert "METEOR is nltk" in page


def test_each_task_has_its_examples(page):
    for task in TASKS:
        assert f"<h3>{TASK_TITLES[task][0]} " in page


def test_the_summary_says_how_the_tuned_model_compares(run):
    first, second, causes, third, fourth = summary(run)
    assert f"macro F1 of {run.systems['tuned']['macro_f1']:.1f} over 5 views" in first
    assert re.search(r"Of 9 views the tuned model is ahead of Majority on \d, TF-IDF on \d and Base on \d;", second)
    assert causes.startswith("On emotion causes it is behind the majority vote")
    assert f"{run.systems['tuned']['unparsed']:.1f} %" in third
    assert f"Of {run.filtered['rows'].sum():,} rows in 6 datasets" in fourth


def test_a_run_without_closed_labels_has_a_page_too(run):
    open_views = ["esconv-generation", "dailydialog-cause"]
    only = replace(
        run,
        systems={system: {"rouge_l": 20.0, "truncated": 0.0} for system in run.systems},
        scores=run.scores[run.scores["view"].isin(open_views)],
        differences=run.differences[run.differences["view"].isin(open_views)],
        predictions={s: [p for p in rows if p.name in open_views] for s, rows in run.predictions.items()},
    )
    assert len(summary(only)) == 3  # who is ahead, the causes, and the rows
    without = render(only)
    assert {*Outline(render(run)).links} - {*Outline(without).links} == {"#confusion", "#length"}


def test_a_small_run_has_a_page_too(run):
    """One view, nothing rejected, no cap, no validation loss, no bootstrap."""
    view = "meld-classification"
    no_interval = {"low": np.nan, "high": np.nan}
    small = replace(
        run,
        scores=run.scores[run.scores["view"] == view].assign(**no_interval),
        differences=run.differences[run.differences["view"] == view].assign(**no_interval),
        filtered=run.filtered[run.filtered["outcome"] == "kept"],
        leaks=run.leaks[:0],
        cleaning=run.cleaning.assign(unchanged=run.cleaning["turns"]),
        mixture=run.mixture[run.mixture["view"] == view].assign(cap=np.nan),
        curves=run.curves.assign(validation=np.nan),
        predictions={s: [p for p in rows if p.name == view] for s, rows in run.predictions.items()},
    )
    page = render(small)
    assert "interval of the paired difference lies" not in page
    assert "No training conversation contained text of" in page
    assert "Every turn was left as it is." in page
    assert not re.search(r"\bnan\b", page)


def test_behind_the_majority_vote_on_causes_the_page_says_how_many_spans_are_copied(run):
    causes = [p for p in run.predictions["tuned"] if p.task_type == "emotion_cause"]
    written = {(p.name, p.id): "a fox barked" if place % 4 else p.gold for place, p in enumerate(causes)}
    tuned = [replace(p, output=written.get((p.name, p.id), p.output)) for p in run.predictions["tuned"]]
    of_tuned = (run.scores["task_type"] == "emotion_cause") & (run.scores["system"] == "tuned")
    predictions = run.predictions | {"tuned": tuned}
    behind, ahead = (
        replace(run, scores=run.scores.assign(score=run.scores["score"].mask(of_tuned, score)), predictions=predictions)
        for score in (1.0, 99.0)
    )
    (said,) = (sentence for sentence in summary(behind) if "causes" in sentence)
    assert f"only {100 * len(causes[::4]) / len(causes):.1f} % of the spans" in said
    assert not any("causes" in sentence for sentence in summary(ahead))


@pytest.mark.parametrize("system", ["base", "tuned"])
def test_a_system_that_could_not_be_asked_some_rows_has_a_page_that_says_so(run, system):
    """Of the tuned system no cause is left, so nothing is said of how it quotes."""
    made = run.predictions | {system: [p for p in run.predictions[system] if p.task_type != "emotion_cause"]}
    scores = pd.concat([score_views(rows, 5, 0) for rows in made.values()])
    fewer = replace(
        run,
        scores=scores,
        differences=pd.concat([differences(made["tuned"], made[s], 5, 0) for s in list(made)[:-1]]),
        predictions=made,
    )
    page = render(fewer)
    assert f"{system.title()} could be asked 128 of the 144 rows: its scores are of those." in page
    assert page.count("could be asked") == 1
    assert "On emotion causes" not in " ".join(summary(fewer)) or system == "base"
    assert "could be asked" not in render(run)


def test_a_run_without_test_rows_says_so(run):
    none = replace(
        run,
        systems={system: {} for system in run.systems},
        scores=score_views([], 0, 0),
        differences=differences([], [], 0, 0),
        predictions={system: [] for system in run.predictions},
        asked={},
        curves=run.curves.assign(validation=np.nan),
    )
    page = render(none)
    Outline(page)
    assert "there is nothing to score" in page
    assert 'id="differences"' not in page


@pytest.mark.parametrize("number", range(9))
def test_a_run_with_one_test_row_of_one_view_has_a_page(run, number):
    view = run.scores["view"].unique()[number]
    made = {system: [p for p in rows if p.name == view][:1] for system, rows in run.predictions.items()}
    scores = {system: score_views(rows, 5, 0) for system, rows in made.items()}
    one = replace(
        run,
        systems={system: headline(table) for system, table in scores.items()},
        scores=pd.concat(scores.values()),
        differences=pd.concat([differences(made["tuned"], made[s], 5, 0) for s in list(made)[:-1]]),
        predictions=made,
        curves=run.curves.head(1).assign(validation=np.nan),
    )
    page = render(one)
    Outline(page)
    assert not re.search(r"\bnan\b", re.sub(r"<[^>]*>", " ", page))
