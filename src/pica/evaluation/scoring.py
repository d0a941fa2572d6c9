"""Predictions → one row a view → one number a metric.

Which metrics a view has follows from what it asks for, and each kind of view has one main metric:

    closed labels    macro_f1                       of `label`, decoded under the label set
    emotion_cause    cause_f1                       of `spans` (cause_f1_char in Chinese: tokens are characters)
    other free text  rouge_l                        (rouge_l_char)

`score_views` gives a row for each view with all its metrics; `headline` their means over views, so that a large corpus
does not drown a small one; `differences` how much one system is ahead of another on the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from pica.evaluation import calibration, label_scores, literature, metrics
from pica.evaluation.bootstrap import interval, resample
from pica.evaluation.causes import said
from pica.schema import TASKS, Prediction

# Of a system, beside all its measures; they stand in a table without rows too, where no view has a test row.
_ABOUT = ["system", "view", "task_type", "dataset", "language", "n", "metric", "score", "low", "high", "truncated"]

# Scores of answers and golds in a language, beside those that need nothing but the code: a `text_scores.TextScores`.
_MoreScores = Callable[[Sequence[str], Sequence[str], str], Mapping[str, float]]

# The columns whose means over views go into metrics/<system>.json; with macro_f1 of each task, a dozen numbers.
_HEADLINE = [
    *("macro_f1", "weighted_f1", "free_macro_f1", "unparsed", "ece"),
    *("cause_f1", "cause_f1_char", "rouge_l", "rouge_l_char", "dist2", "truncated"),
]


def score_views(
    predictions: Sequence[Prediction],
    draws: int,
    seed: int,
    variant: str = "raw",
    text_scores: _MoreScores = lambda answers, golds, language: {},
) -> pd.DataFrame:
    """A row for each view, in the order of the tasks; a metric that does not apply to a view is NaN there.

    Columns: system, view, task_type, dataset, language, n; `metric`, the view's main one, its value
    `score` and the 95 % interval `low`, `high`; then all metrics, weighted F1 with an interval too (`weighted_low`,
    `weighted_high`), and `truncated`, the share of answers that ran into the length limit.

    Args:
        predictions: of one system.
        draws: bootstrap resamples.
        seed: of the bootstrap.
        variant: of the label scores, whose probabilities are judged.
        text_scores: more scores of free text.
    """
    rows = [_score_view(rows, draws, seed, variant, text_scores) for rows in _by_view(predictions).values()]
    return pd.DataFrame(rows, columns=None if rows else _ABOUT).round(4)


def headline(views: pd.DataFrame) -> dict[str, float]:
    """The flat dozen for `dvc metrics diff`: means over the views of one system that have the metric.

    Metrics that no view has are left out, since neither JSON nor `dvc metrics diff` knows a NaN.
    """
    views = views.reindex(columns=["task_type", *_HEADLINE])
    means = views[_HEADLINE].mean()
    by_task = views.groupby("task_type")["macro_f1"].mean().add_suffix("_macro_f1")
    return {key: round(value, 4) for key, value in pd.concat([means, by_task]).dropna().items()}


def differences(
    system: Sequence[Prediction], other: Sequence[Prediction], draws: int, seed: int, over_tasks: bool = False
) -> pd.DataFrame:
    """How far `system` is ahead of `other`: a row for each view, then one for each task's mean over its views.

    They are compared on the rows that both answered: a model may not have been asked all, where its prompts are too
    short for what is asked, or its chat template refuses it.

    Columns: other, task_type, view (empty for a task's mean), metric, difference, low, high: the 95 % interval of the
    paired difference. Positive is better for `system`.

    Args:
        over_tasks: whether a row follows for each metric's mean over the views of all tasks; its task is empty, too.
    """
    both = {(p.name, p.id) for p in system} & {(p.name, p.id) for p in other}
    ours, theirs = (_by_view([p for p in rows if (p.name, p.id) in both]) for rows in (system, other))
    found: list[tuple[str, str, str, float, float, float]] = []
    by_metric: dict[str, dict[str, np.ndarray]] = {}

    def add(task: str, name: str, metric: str, gaps: Mapping[str, np.ndarray]) -> None:
        gap = np.mean([*gaps.values()], axis=0)
        low, high = interval(gap[1:], (row.id for view in gaps for row in ours[view]))
        found.append((task, name, metric, gap[0], low, high))

    for (task, metric), views in groupby(ours, key=lambda view: (ours[view][0].task_type, _metric(ours[view]))):
        gaps = {view: _values(ours[view], draws, seed) - _values(theirs[view], draws, seed) for view in views}
        by_metric.setdefault(metric, {}).update(gaps)
        for view, gap in gaps.items():
            add(task, view, metric, {view: gap})
        if len(gaps) > 1:
            add(task, "", metric, gaps)
    if over_tasks:
        for metric, gaps in by_metric.items():
            add("", "", metric, gaps)
    rows = [(other[0].system, *each) for each in found]
    return pd.DataFrame(rows, columns=["other", "task_type", "view", "metric", "difference", "low", "high"]).round(4)


def _by_view(predictions: Sequence[Prediction]) -> dict[str, list[Prediction]]:
    """The rows of each view: views in the order of the tasks, of their metrics, then of their names."""
    views: dict[str, list[Prediction]] = {}
    for prediction in predictions:
        views.setdefault(prediction.name, []).append(prediction)
    return dict(sorted(views.items(), key=lambda item: (TASKS.index(item[1][0].task_type), _metric(item[1]), item[0])))


def _score_view(
    rows: Sequence[Prediction], draws: int, seed: int, variant: str, text_scores: _MoreScores
) -> dict[str, Any]:
    first, metric = rows[0], _metric(rows)
    sums, value = _sums(rows, draws, seed)
    values = value(sums)
    low, high = interval(values[1:], (row.id for row in rows))
    return {
        "system": first.system,
        "view": first.name,
        "task_type": first.task_type,
        "dataset": first.dataset,
        "language": first.language,
        "n": len(rows),
        "metric": metric,
        "score": values[0],
        "low": low,
        "high": high,
        "truncated": _share(not row.finished for row in rows),
        metric: values[0],
        **_measures(rows, sums, variant, text_scores),
        **literature.of_view(rows),
    }


def _metric(rows: Sequence[Prediction]) -> str:
    """The main metric of a view."""
    if _closed(rows):
        return "macro_f1"
    return ("cause_f1" if _cause(rows) else "rouge_l") + _unit(rows)


def _closed(rows: Sequence[Prediction]) -> bool:
    return rows[0].label is not None


def _cause(rows: Sequence[Prediction]) -> bool:
    return rows[0].task_type == "emotion_cause"


def _unit(rows: Sequence[Prediction]) -> str:
    """The end of the name of a metric over tokens, since Chinese tokens are characters and the two do not compare."""
    return "_char" if rows[0].language == "zh" else ""


def _values(rows: Sequence[Prediction], draws: int, seed: int) -> np.ndarray:
    """A view's metric on its rows, and then on each draw: `[1 + draws]`."""
    sums, value = _sums(rows, draws, seed)
    return value(sums)


def _sums(rows: Sequence[Prediction], draws: int, seed: int) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """What the rows add up to, and then each draw of them, `[1 + draws, …]`; and the view's metric as a function of
    such sums."""
    addends, value = _addends(rows)
    sums = resample(addends, [row.id for row in rows], draws, seed)
    return np.concatenate([addends.sum(axis=0, keepdims=True), sums]), value


def _addends(rows: Sequence[Prediction]) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """What each row adds to a sum, `[n, …]`, and the view's metric as a function of such sums."""
    if _closed(rows):
        return metrics.class_counts([row.gold for row in rows], [row.label for row in rows]), metrics.macro_f1
    overlap = metrics.token_f1 if _cause(rows) else metrics.rouge_l
    scores = np.array([overlap(said(row), row.gold, row.language) for row in rows])
    return np.stack([scores, np.ones(len(rows))], axis=1), lambda sums: sums[:, 0] / sums[:, 1]


def _measures(
    rows: Sequence[Prediction], sums: np.ndarray, variant: str, text_scores: _MoreScores
) -> Mapping[str, float]:
    """The other metrics of a view, beside its main one.

    Args:
        sums: of the rows and of their draws, as `_sums` has them.
    """
    if _closed(rows):
        return _of_labels(rows, sums) | _of_probabilities(rows, variant)
    if _cause(rows):
        return _of_causes(rows)
    more = text_scores([row.output for row in rows], [row.gold for row in rows], rows[0].language)
    return _of_text(rows) | more


def _of_labels(rows: Sequence[Prediction], counts: np.ndarray) -> dict[str, float]:
    # Of the draws by which macro F1 has its interval.
    weighted = metrics.weighted_f1(counts)
    low, high = interval(weighted[1:], (row.id for row in rows))
    free = metrics.class_counts([row.gold for row in rows], [row.parsed for row in rows]).sum(axis=0)
    return {
        "weighted_f1": weighted[0],
        "weighted_low": low,
        "weighted_high": high,
        "accuracy": metrics.accuracy(counts[0]),
        "free_macro_f1": metrics.macro_f1(free),
        "unparsed": _share(row.parsed is None for row in rows),
    }


def _of_probabilities(rows: Sequence[Prediction], variant: str) -> dict[str, float]:
    """What needs a score of every candidate; nothing where a row has none."""
    if not all(row.log_probs for row in rows):
        return {}
    scores, gold = label_scores.matrix(rows, variant)
    measures = {"top2_accuracy": calibration.top(scores, gold, 2), **_calibrated(scores, gold, 1.0, "")}
    fitted = rows[0].temperature
    if fitted is None:
        return measures
    return {**measures, "temperature": fitted, **_calibrated(scores, gold, fitted, "_fitted")}


def _calibrated(scores: np.ndarray, gold: np.ndarray, temperature: float, end: str) -> dict[str, float]:
    return {
        f"{metric.__name__}{end}": metric(scores, gold, temperature)
        for metric in (calibration.brier, calibration.nll, calibration.ece)
    }


def _of_causes(rows: Sequence[Prediction]) -> dict[str, float]:
    """Of the spans, and of the free text beside them."""
    golds, language, unit = [row.gold for row in rows], rows[0].language, _unit(rows)
    answers, free = [said(row) for row in rows], [row.output for row in rows]

    def mean(metric: Callable[..., float], texts: Sequence[str], *given: str) -> float:
        return float(np.mean([metric(text, g, *given) for text, g in zip(texts, golds, strict=True)]))

    return {
        "cause_em": mean(metrics.exact_match, answers, language),
        "cause_raw_em": mean(metrics.raw_exact_match, answers),
        "pair_f1": metrics.pair_f1(answers, golds, language),
        "coverage": mean(metrics.coverage, answers),
        f"free_cause_f1{unit}": mean(metrics.token_f1, free, language),
        "free_cause_em": mean(metrics.exact_match, free, language),
        **_of_targets(rows),
    }


def _of_text(rows: Sequence[Prediction]) -> dict[str, float]:
    golds, answers, language, unit = [r.gold for r in rows], [r.output for r in rows], rows[0].language, _unit(rows)
    tokens = [metrics.tokens(answer, language) for answer in answers]
    return {
        f"bleu{unit}": metrics.bleu(answers, golds, language),
        f"bleu2{unit}": metrics.bleu(answers, golds, language, 2),
        f"chrf{unit}": metrics.chrf(answers, golds),
        f"dist1{unit}": metrics.dist(tokens, 1),
        f"dist2{unit}": metrics.dist(tokens, 2),
        f"length{unit}": np.mean([len(answer) for answer in tokens]),
        "empty": _share(not answer for answer in tokens),
        f"opener_entropy{unit}": metrics.opener_entropy(tokens),
        "questions": metrics.questions(answers),
        f"repetition{unit}": metrics.repetition(tokens),
        **_of_targets(rows),
    }


def _of_targets(rows: Sequence[Prediction]) -> dict[str, float]:
    """Perplexity, where the system gives targets a probability."""
    if not all(row.gold_tokens for row in rows):
        return {}
    return {"perplexity": metrics.perplexity([r.gold_log_prob for r in rows], [r.gold_tokens for r in rows])}


def _share(rows: Iterable[bool]) -> float:
    """In per cent."""
    return 100 * float(np.mean(list(rows)))
