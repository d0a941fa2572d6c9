"""A run as one HTML page, from its tables and predictions.

    Path("reports/index.html").write_text(render(Report(...)), encoding="utf-8")

The page needs no network and no script, follows the reader's light or dark, prints, and fits a phone. The same report
gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from pica.evaluation.metrics import bleu_signature
from pica.reporting import adherence, empathy, figures, general, labels, length, outside, tables
from pica.reporting.judge import judgements
from pica.reporting.published import beside, published
from pica.schema import Prediction


@dataclass(frozen=True)
class Report:
    """All that the page is made of. Systems come in the order in which they should stand.

    Args:
        compared: the system whose lead over each other one is shown.
        params: params.yaml, nested.
        versions: library → version.
        train: metrics/train.json.
        speed: where the speed of the training stands, from the page's folder. It is a file beside the page since it
            differs from run to run, and the page must not.
        systems: system → its headline numbers.
        scores: `score_views` of all systems, below each other.
        differences: `differences` of the compared system and each other one, below each other.
        filtered: tables/filter.csv: corpus, split, outcome ("kept" or why not), rows.
        views: tables/views.csv: view, corpus, task, language, split, conversations, examples.
        cards: tables/scorecard.csv: corpus, train, validation, test, label_balance, duplicate_rate,
            near_duplicate_rate, conflict_rate, leak_rate, shared_rate, mean_words, language, licence, commercial, note,
            verdict ("keep" or "drop"), why.
        leaks: tables/leaks.csv: held_out, split, train, conversations, turns.
        cleaning: tables/cleaning.csv: corpus, turns, unchanged, and a column for each kind of change.
        mixture: tables/mixture.csv: view, task, corpus, language, n, cap, rows, epochs, share, tokens.
        curves: step, loss, validation; NaN where a step has none.
        variants: tables/variants of all systems, below each other: system, view, variant, n and metrics.
        classes, bins: tables/classes and tables/calibration of the compared system.
        outside, adherence, empathy, general: tables/outside, tables/adherence, tables/empathy and tables/general of all
            systems, below each other.
        predictions: system → its predictions.
        asked: (view, id) → what the systems were asked.
        judged: the comparisons of metrics/judge.json that are about these predictions; those about others are `stale`.
    """

    compared: str
    params: Mapping[str, Any]
    versions: Mapping[str, str]
    train: Mapping[str, float]
    speed: str
    systems: Mapping[str, Mapping[str, float]]
    scores: pd.DataFrame
    differences: pd.DataFrame
    filtered: pd.DataFrame
    views: pd.DataFrame
    cards: pd.DataFrame
    leaks: pd.DataFrame
    cleaning: pd.DataFrame
    mixture: pd.DataFrame
    curves: pd.DataFrame
    variants: pd.DataFrame
    classes: pd.DataFrame
    bins: pd.DataFrame
    outside: pd.DataFrame
    adherence: pd.DataFrame
    empathy: pd.DataFrame
    general: pd.DataFrame
    predictions: Mapping[str, Sequence[Prediction]]
    asked: Mapping[tuple[str, str], tables.Asked]
    judged: Sequence[Mapping[str, Any]] = ()
    stale: Sequence[str] = ()


def render(report: Report) -> str:
    """The page."""
    environment = Environment(
        loader=PackageLoader("pica.reporting", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.jinja").render(
        made_up=report.params["source"]["kind"] == "sample",
        model=report.params["model"]["source"],
        seed=report.params["seed"],
        summary=summary(report),
        task_titles=tables.TASK_TITLES,
        compared=_called(report),
        headline=tables.headline(report.systems),
        funnel_steps=tables.funnel_steps(report.filtered, report.views, report.mixture),
        funnel_figure=figures.funnel(report.filtered, tables.by_corpus(report.filtered, report.views, report.mixture)),
        funnel=tables.funnel(report.filtered, report.views, report.mixture),
        scorecard=tables.scorecard(report.cards),
        leaks=tables.leaks(report.leaks),
        cleaning=tables.cleaning(report.cleaning),
        view_sizes=tables.view_sizes(report.views),
        max_epochs=report.params["mixture"]["max_epochs"],
        mixture_figure=figures.mixture(report.mixture),
        mixture_rows=tables.mixture_rows(report.mixture),
        curves_figure=figures.curves(report.curves),
        training=tables.settings(report.train, "The training run."),
        speed=report.speed,
        scored=not report.scores.empty,
        scores_figure=figures.scores(report.scores),
        by_task=tables.by_task(report.scores),
        by_view=tables.by_view(report.scores),
        fewer_rows=tables.fewer_rows(report.scores),
        metrics_by_view=tables.metrics_by_view(report.scores),
        differences_figure=figures.differences(report.differences, report.compared),
        comparisons=tables.comparisons(report.differences, report.compared),
        outside=outside.table(report.outside),
        general=general.table(report.general),
        adherence=adherence.table(report.adherence),
        without_adherence=adherence.absent(report.adherence),
        empathy=empathy.table(report.empathy),
        without_empathy=empathy.absent(report.empathy),
        published=beside(report.scores, published(), report.compared),
        calibration_figure="" if report.bins.empty else figures.calibration(report.bins),
        variants=labels.variants(report.variants, report.params["evaluate"]["label_scores"]),
        classes=labels.classes(report.classes),
        length_of_input=length.by_input(report.predictions, report.asked),
        length_of_label=length.by_label(report.predictions[report.compared]),
        bleu=[bleu_signature(language) for language in sorted(set(report.scores["language"]))],
        meteor=report.params["evaluate"]["wordnet"],
        bertscore=_bertscore(report.params["evaluate"]),
        confusions=tables.confusions(report.predictions[report.compared]),
        judgements=judgements(report.judged),
        stale=report.stale,
        examples=tables.examples(report.predictions, report.asked),
        params=tables.settings(report.params, "The parameters."),
        versions=tables.settings(report.versions, "The software."),
    )


def _bertscore(evaluate: Mapping[str, Any]) -> str:
    """What BERTScore was computed with; empty where it was not."""
    name, layer = evaluate["bertscore"], evaluate["bertscore_layer"]
    return f"{name}, {f'layer {layer}' if layer else 'its last layer'}" if name else ""


def summary(report: Report) -> list[str]:
    """The run in a few sentences."""
    sentences = (_scored(report), _ahead(report), _causes(report), _free(report), _data(report))
    return [sentence for sentence in sentences if sentence]


def _scored(report: Report) -> str:
    """The mean macro F1 of all systems, the compared one first."""
    scores = {system: numbers["macro_f1"] for system, numbers in report.systems.items() if "macro_f1" in numbers}
    if report.compared not in scores:
        return ""
    views = report.scores.loc[report.scores["metric"] == "macro_f1", "view"].nunique()
    own = scores.pop(report.compared)
    others = ", ".join(f"{tables.title(system)} {score:.1f}" for system, score in scores.items())
    others = f" ({others})" if others else ""
    reached = f"reaches a mean macro F1 of {own:.1f} over {views} views with closed labels{others}."
    called = _called(report)
    return f"{called[0].upper()}{called[1:]} {reached}"


def _ahead(report: Report) -> str:
    """On how many views the compared system is ahead of each other one, and on how many surely so."""
    of_views = report.differences[report.differences["view"] != ""]
    if of_views.empty:
        return ""
    by_other = of_views.groupby("other", sort=False)
    ahead = [f"{tables.title(other)} on {(rows['difference'] > 0).sum()}" for other, rows in by_other]
    sentence = f"Of {of_views['view'].nunique()} views {_called(report)} is ahead of {_and(ahead)}"
    if of_views["low"].isna().all():  # the bootstrap is switched off
        return f"{sentence}."
    surely = [str((rows["low"] > 0).sum()) for _, rows in by_other]
    return f"{sentence}; the 95 % interval of the paired difference lies above zero on {_and(surely)} of them."


def _called(report: Report) -> str:
    return "the tuned model" if report.compared == "tuned" else tables.title(report.compared)


def _and(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _causes(report: Report) -> str:
    """How the compared system quotes, where it is behind the majority vote on causes."""
    rows = report.scores[report.scores["task_type"] == "emotion_cause"]
    means = rows.groupby("system")["score"].mean()
    if report.compared not in means or means[report.compared] >= means.get("majority", 0.0):
        return ""
    causes = [p for p in report.predictions[report.compared] if p.task_type == "emotion_cause"]
    spans = [(span, report.asked[p.name, p.id].input) for p in causes for span in p.output.split("\n")]
    copied = 100 * sum(bool(span) and span in text for span, text in spans) / len(spans)
    return (
        "On emotion causes it is behind the majority vote, which quotes the whole turn. It quotes, too, since spans "
        f"are chosen from the text by their score; left to write freely, only {copied:.1f} % of the spans that it "
        "writes stand in the text."
    )


def _free(report: Report) -> str:
    """What free decoding gives."""
    numbers = report.systems[report.compared]
    if "unparsed" not in numbers:
        return ""
    return (
        f"Left to answer freely, it names none or several of the labels in {numbers['unparsed']:.1f} % of its answers; "
        f"{numbers['truncated']:.1f} % of all its answers run into the length limit."
    )


def _data(report: Report) -> str:
    """How many rows of how many datasets went in."""
    (_, read), (_, kept), (_, made), (_, drawn) = tables.funnel_steps(report.filtered, report.views, report.mixture)
    return (
        f"Of {read:,} rows in {report.filtered['corpus'].nunique()} datasets {kept:,} were kept; they make {made:,} "
        f"examples of {report.views['view'].nunique()} views, of which {drawn:,} were drawn for training."
    )
