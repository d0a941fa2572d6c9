"""GoEmotions as its authors test it: which of 28 labels each of the 5,427 official test comments has, several or one.

    multi_label_scores(Path("data/filtered/goemotions.parquet"), Tfidf(42), rows=0, seed=42)
    {"multi_macro_f1": …, "multi_micro_f1": …, "subset_accuracy": …, "jaccard": …, "n": 5427, "train": 43410}

The views of the instruction set ask for one label of each comment, so a learner is trained here on the official
training set, label by label. A label is given where its probability is 0.3 or more, as by the dataset's authors.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from pica.evaluation.baselines import Learner
from pica.evaluation.literature import multi_label
from pica.sampling import sample
from pica.schema import CONVERSATION, LABEL_SEPARATOR, Conversation
from pica.store import read_rows

_THRESHOLD = 0.3


def multi_label_scores(filtered: Path, learner: Learner, rows: int, seed: int) -> dict[str, float]:
    """The scores of a learner on the official test set, and how many rows that and its training set have.

    Args:
        filtered: the dataset's kept rows of all splits, as `filter` writes them.
        rows: how many of its training rows to learn from at most, those that come first by a hash; 0 = all.
    """
    kept = [Conversation.from_row(row) for row in read_rows(filtered, CONVERSATION)]
    of_split = {split: {row.id: row for row in kept if row.split == split} for split in ("train", "test")}
    train = [of_split["train"][id] for id in sample(of_split["train"], rows or None, seed)]
    test = list(of_split["test"].values())
    labels = sorted({label for row in kept for label in _labels(row)})
    known, asked = learner.features(*([row.turns[0].text for row in part] for part in (train, test)), "en")
    chosen = np.zeros((len(test), len(labels)), int)
    for column, label in enumerate(tqdm(labels, desc="goemotions", unit="label")):
        has = [label in _labels(row) for row in train]
        if all(has) or not any(has):  # nothing to tell apart
            chosen[:, column] = all(has)
            continue
        chances = learner.probabilities(known, has, asked)
        chosen[:, column] = [of_row.get(True, 0.0) >= _THRESHOLD for of_row in chances]
    return {**multi_label(_table(test, labels), chosen), "n": len(test), "train": len(train)}


def _labels(row: Conversation) -> Sequence[str]:
    return row.emotion.split(LABEL_SEPARATOR) if row.emotion else ()


def _table(rows: Sequence[Conversation], labels: Sequence[str]) -> np.ndarray:
    return np.array([[label in _labels(row) for label in labels] for row in rows], int)
