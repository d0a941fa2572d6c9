"""Which views a system could learn: what it answers where there was no training row is no part of a mean."""

from __future__ import annotations

import pandas as pd


def with_training_rows(scores: pd.DataFrame, mixture: pd.DataFrame) -> pd.DataFrame:
    """The scores with a column `train`: the training rows of each view.

    Args:
        mixture: tables/mixture.csv.
    """
    rows = mixture.set_index("view")["rows"]
    return scores.assign(train=scores["view"].map(rows).fillna(0).astype(int))


def learnt(scores: pd.DataFrame) -> pd.DataFrame:
    """The rows of views that have training rows; all of a table that does not say."""
    return scores[scores["train"] > 0] if "train" in scores else scores


def left_out(scores: pd.DataFrame) -> list[str]:
    """What the page says of the views that are no part of a mean, where there are some."""
    views = sorted(set(scores["view"]) - set(learnt(scores)["view"]))
    if not views:
        return []
    return [
        f"Without training rows, so that a baseline cannot learn what is asked: {', '.join(views)}. No mean has them."
    ]
