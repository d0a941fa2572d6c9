"""The majority lines of real test splits, by hand and by our metrics: what everybody's table starts with.

Runs where `PICA_MIRROR` names a folder laid out like the mirror.
"""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest

from pica.evaluation import metrics
from pica.evaluation.literature import _has_time, micro_f1_without
from pica.schema import LABEL_SEPARATOR, Conversation, Prediction
from tests.real.test_corpora_real import MIRROR

pytestmark = pytest.mark.skipif("PICA_MIRROR" not in os.environ, reason="PICA_MIRROR names no mirror of the real files")

Labels = Sequence[str]


class Line(NamedTuple):
    """What the data of a test split gives: its rows, accuracy, weighted F1, macro F1 and classes."""

    corpus: str
    labels: Callable[[Conversation], Labels]
    n: int
    accuracy: float
    weighted_f1: float
    macro_f1: float
    classes: int


def emotions(row: Conversation) -> Labels:
    return [turn.emotion for turn in row.turns if turn.emotion]


def acts(row: Conversation) -> Labels:
    return [turn.act for turn in row.turns if turn.act]


def single(row: Conversation) -> Labels:
    """The emotion of a whole row that has one and not several."""
    return [row.emotion] if row.emotion and LABEL_SEPARATOR not in row.emotion else []


def own(labels: Callable[[Conversation], Labels]) -> Callable[[Conversation], Labels]:
    """Those of DailyDialog's own dialogues, without RECCON's copies."""
    return lambda row: [] if "reccon" in row.id else labels(row)


def with_time(row: Conversation) -> Labels:
    """The labels of EmoryNLP's utterances that its subset in CSV has, too."""
    return [turn.emotion for i, turn in enumerate(row.turns) if _has_time(f"{row.id}#classification-{i}")]


def without_evaluation_set(row: Conversation) -> Labels:
    """Those of EmotionLines' own test set, without that of the challenge of 2019."""
    return [] if "eval2019" in row.id else emotions(row)


# Each of the whole test split.
LINES = (
    Line("meld", emotions, 2610, 48.12, 31.27, 9.28, 7),
    Line("emorynlp", with_time, 984, 29.27, 13.25, 6.47, 7),
    Line("emorynlp", emotions, 1328, 26.28, 10.94, 5.95, 7),
    Line("emotionlines", without_evaluation_set, 2223, 57.89, 42.46, 10.48, 7),
    Line("dailydialog", own(emotions), 7740, 81.67, 73.43, 12.84, 7),
    Line("dailydialog", own(acts), 7740, 45.66, 28.62, 15.67, 4),
    Line("emocontext", single, 5509, 84.90, 77.96, 22.96, 4),
    Line("goemotions", single, 4590, 34.99, 18.14, 1.85, 28),
    Line("cams", single, 370, 24.86, 9.90, 6.64, 6),
    Line("esconv", acts, 2895, 21.76, 7.78, 4.47, 8),
    Line("twitter_financial", single, 2388, 65.58, 51.94, 26.40, 3),
    Line("emowoz", emotions, 7372, 72.31, 60.70, 11.99, 7),
)


def line(golds: Labels) -> tuple[float, float, float]:
    """Accuracy, weighted and macro F1 of the label that is most frequent."""
    majority = Counter(golds).most_common(1)[0][0]
    counts = metrics.class_counts(golds, [majority] * len(golds)).sum(axis=0)
    return tuple(round(float(score(counts)), 2) for score in (metrics.accuracy, metrics.weighted_f1, metrics.macro_f1))


@pytest.mark.parametrize("expected", LINES, ids=lambda line: f"{line.corpus}, {line.n}")
def test_majority_line(real_rows, expected):
    found = [row for row in real_rows(expected.corpus) if isinstance(row, Conversation)]
    golds = [label for row in found if row.split == "test" for label in expected.labels(row)]
    assert (len(golds), len(set(golds))) == (expected.n, expected.classes)
    assert line(golds) == (expected.accuracy, expected.weighted_f1, expected.macro_f1)


# From the raw files what our readers leave out: doubled lines and pairs, sentiments, a class of its own.


def table(name: str, column: str) -> Labels:
    with (MIRROR / name).open(encoding="utf-8", newline="") as file:
        return [row[column] for row in csv.DictReader(file)]


def letters(place: int) -> Labels:
    """The sentiment or the act of each line of Mastodon's test file: `3 *_I …`."""
    lines = (MIRROR / "mastodon/datatestJoint.txt").read_text(encoding="utf-8").splitlines()
    return [line.split()[1].split("_")[place] for line in lines if line.strip()]


def all_of_emotionlines() -> Labels:
    scenes = json.loads((MIRROR / "emotionlines/friends_test.json").read_text(encoding="utf-8"))
    return [line["emotion"] for scene in scenes for line in scene]


RAW = {
    "MELD, sentiment": (lambda: table("meld/test_sent_emo.csv", "Sentiment"), 2610, (48.12, 31.27, 21.66)),
    "Mastodon, sentiment": (lambda: letters(0), 1142, (41.94, 24.79, 19.70)),
    "Mastodon, act": (lambda: letters(1), 1142, (51.75, 35.30, 4.55)),
    "EmotionLines, all": (all_of_emotionlines, 2764, (46.56, 29.59, 7.94)),
}
# Accuracy and macro F1 of all pairs, since EPITOME has no splits.
EPITOME = {
    "emotional-reactions-reddit.csv": (66.05, 26.5),
    "interpretations-reddit.csv": (52.72, 23.0),
    "explorations-reddit.csv": (84.44, 30.5),
}


@pytest.mark.parametrize("name", RAW)
def test_majority_line_of_raw_files(name):
    labels, n, expected = RAW[name]
    assert len(labels()) == n
    assert line(labels()) == expected


@pytest.mark.parametrize("name", EPITOME)
def test_majority_line_of_epitome(name):
    levels = table(f"empathy_mental_health/{name}", "level")
    accuracy, _, macro_f1 = line(levels)
    assert (len(levels), accuracy, round(macro_f1, 1)) == (3084, *EPITOME[name])


def test_emocontext_without_its_majority_class_leaves_the_majority_vote_nothing(real_rows):
    """Which is why its challenge scores so; and 4,677 of 5,509 rows are that class."""
    found = [row for row in real_rows("emocontext") if row.split == "test"]
    answers = [
        Prediction(
            row.id,
            "emocontext-classification",
            "text_emotion",
            "emocontext",
            "en",
            "majority",
            row.emotion,
            "others",
            "others",
            "others",
            True,
        )
        for row in found
    ]
    assert sum(answer.gold == "others" for answer in answers) == 4677
    assert micro_f1_without("others", answers) == 0
