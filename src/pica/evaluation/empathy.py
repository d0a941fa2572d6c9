"""How much empathy English replies show: their levels of EPITOME's three mechanisms, beside those of the gold replies.

    system  view                  mechanism       n   level   gold_level  level_diff  accuracy  majority  note
    tuned   esconv-generation     reaction        60  0.35    0.5167      0.5667      71.2644   66.092
    tuned   esconv-generation     interpretation  60  0.8667  0.9         1.1333      68.9655   52.8736
    tuned   esconv-generation     exploration     60  0.5     0.3         0.6333      87.3563   84.4828
    tuned   smilechat-generation                                                                          its replies …

A level is 0 (no), 1 (weak) or 2 (strong), and `level_diff` the mean squared difference of a reply's and the gold one's,
which published work calls diff-EPITOME: lower is better. An empty reply shows nothing, so it has level 0.

The classifier is not the paper's (Sharma et al., A Computational Approach to Understanding Empathy Expressed in
Text-Based Mental Health Support, EMNLP 2020): that is a RoBERTa bi-encoder of post and response. Ours is TF-IDF on the
response alone, trained in each evaluation on EPITOME's training rows, which are responses on Reddit; so levels compare
systems with each other and with the gold replies, and with no published figure. How often it is right on EPITOME's test
rows is `accuracy`, and `majority` that of always giving the most frequent level.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pica.evaluation.literature import of_levels
from pica.evaluation.replies import FEW_LABELS, by_view, classify, means_over_views
from pica.schema import EXAMPLE, Prediction
from pica.store import read_rows

_LEVELS = ("level", "gold_level", "level_diff")
COLUMNS = ["system", "view", "mechanism", "n", *_LEVELS, "accuracy", "majority", "note"]
_MECHANISMS = ("reaction", "interpretation", "exploration")
# Of EPITOME's texts, so of the replies that its levels mean anything of.
_LANGUAGE = "en"


def scores(predictions: Sequence[Prediction], views: Path, seed: int) -> list[dict[str, Any]]:
    """A row for each view of replies and each mechanism, of one system: see COLUMNS.

    A mechanism that cannot be judged has a row without a view, and a view without English replies one without a
    mechanism; both say why.

    Args:
        predictions: of any tasks.
        views: the folder of the views' examples.
        seed: of the classifier.
    """
    replies = by_view(predictions)
    english = [reply for of_view in replies.values() for reply in of_view if reply.language == _LANGUAGE]
    found = [row for mechanism in _MECHANISMS if english for row in _of_mechanism(mechanism, english, views, seed)]
    others = replies.keys() - {reply.name for reply in english}
    found += [
        _row(replies[view][0].system, view=view, note="its replies are not in English") for view in sorted(others)
    ]
    return sorted(found, key=lambda row: row["view"])


def headline(scores: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """`reaction_level_diff` and those of the other mechanisms: means over views, those of them that there are."""
    return means_over_views(scores, "mechanism", _MECHANISMS, "level_diff")


def _of_mechanism(mechanism: str, replies: Sequence[Prediction], views: Path, seed: int) -> Iterator[dict[str, Any]]:
    system, view = replies[0].system, views / f"empathy_mental_health-{mechanism}-classification.parquet"
    if not view.is_file():
        yield _row(system, mechanism=mechanism, note=f"{view.stem} is not in this run")
        return
    texts = [*(reply.output for reply in replies), *(reply.gold for reply in replies)]
    found = classify(view, texts, _LANGUAGE, seed)
    if found is None:
        yield _row(system, mechanism=mechanism, note=FEW_LABELS.format(view.stem))
        return
    by_level = next(read_rows(view, EXAMPLE, ("candidates",)))["candidates"]
    levels = [by_level.index(label) if text.strip() else 0 for text, label in zip(texts, found.labels, strict=True)]
    both, names = np.array(levels).reshape(2, -1), np.array([reply.name for reply in replies])
    for name in dict.fromkeys(names.tolist()):
        means = {key: round(value, 4) for key, value in of_levels(*both[:, names == name]).items()}
        about = {"view": name, "mechanism": mechanism, "n": int((names == name).sum())}
        yield _row(system, **about, **means, accuracy=found.accuracy, majority=found.majority)


def _row(system: str, **known: Any) -> dict[str, Any]:
    return dict.fromkeys(COLUMNS) | {"system": system, "view": "", "mechanism": "", "note": ""} | known
