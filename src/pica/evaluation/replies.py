"""What the replies of a system carry, as a classifier finds that is trained on the single turns of a view.

    found = classify(Path("data/views/meld-classification.parquet"), ["We won!", ""], "en", seed=42)
    found.labels       ["joy", "neutral"]
    found.accuracy     58.3333
    found.majority     48.1

The classifier is the TF-IDF baseline. It errs, so what it scores on the view's test turns comes with what it finds. Of
an empty reply it knows only what is frequent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pica.evaluation.baselines import Tfidf, chances_of
from pica.sampling import sample
from pica.schema import EXAMPLE, Prediction
from pica.store import read_rows

# Turns that a classifier is trained on and tested with at most: seconds, and twice as many gain it little.
_TRAIN, _TEST = 5_000, 1_000
# Why there is no classifier of a view.
FEW_LABELS = "the training rows of {} have fewer than two labels"

# A conversation's id, and the turn of it that an example is about.
Place = tuple[str, int]


class Classified(NamedTuple):
    """What a classifier finds.

    Args:
        labels: of the texts that it was given.
        accuracy: its own on the view's test turns, in per cent; None where there are none.
        majority: that of always giving the most frequent training label.
    """

    labels: Sequence[str]
    accuracy: float | None
    majority: float | None


def by_view(predictions: Sequence[Prediction]) -> dict[str, list[Prediction]]:
    """The replies among predictions of any tasks, by their view; views in the order of their names."""
    replies: dict[str, list[Prediction]] = {}
    for prediction in predictions:
        if prediction.task_type == "dialogue_generation":
            replies.setdefault(prediction.name, []).append(prediction)
    return dict(sorted(replies.items()))


def classify(view: Path, texts: Sequence[str], language: str, seed: int) -> Classified | None:
    """The labels of texts, by a classifier of a view's turns; None where those of training have fewer than two.

    Args:
        view: the file of its examples.
        seed: of the draw of turns, and of the classifier.
    """
    known, tests = (_turns(view, split, most, seed) for split, most in (("train", _TRAIN), ("test", _TEST)))
    counts = Counter(answer for _, answer in known)
    if len(counts) < 2:
        return None
    turns, answers = zip(*known, strict=True)
    chances = chances_of(Tfidf(seed), turns, answers, [*(text for text, _ in tests), *texts], language)
    labels = [max(chance, key=chance.__getitem__) for chance in chances]
    of_tests, of_texts = labels[: len(tests)], labels[len(tests) :]
    right = [label == answer for label, (_, answer) in zip(of_tests, tests, strict=True)]
    most_frequent = max(sorted(counts), key=counts.__getitem__)
    return Classified(of_texts, share(right), share([answer == most_frequent for _, answer in tests]))


def place(id: str) -> Place | None:
    """`meld/train/3#generation-5` → (`meld/train/3`, 5); None for an example that is about no single turn."""
    conversation, _, about = id.partition("#")
    turn = about.rpartition("-")[2]
    return (conversation, int(turn)) if turn.isdecimal() else None


def means_over_views(
    scores: Sequence[Mapping[str, Any]], column: str, kinds: Sequence[str], value: str
) -> dict[str, float]:
    """`<kind>_<value>` of each kind in a column: the mean of its rows' values, where there are any."""
    found = {}
    for kind in kinds:
        values = [row[value] for row in scores if row[column] == kind and row[value] is not None]
        if values:
            found[f"{kind}_{value}"] = round(float(np.mean(values)), 4)
    return found


def share(found: Sequence[bool]) -> float | None:
    """In per cent; None of nothing."""
    return round(100 * float(np.mean(found)), 4) if found else None


def _turns(view: Path, split: str, most: int, seed: int) -> list[tuple[str, str]]:
    """Text and label of at most so many of the turns that a view asks about."""
    ids = (row["id"] for row in read_rows(view, EXAMPLE, ("id", "split")) if row["split"] == split)
    drawn = set(sample((id for id in ids if place(id)), most, seed))
    read = read_rows(view, EXAMPLE, ("id", "turns", "answer"))
    return [(row["turns"][-1]["text"], row["answer"]) for row in read if row["id"] in drawn]
