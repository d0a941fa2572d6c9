"""Which views are part of a mean: those that a system could learn, with enough test rows to tell."""

from __future__ import annotations

import pandas as pd

# Test rows that a view needs to be in a mean, where all views count the same.
_FEWEST = 10


def with_training_rows(scores: pd.DataFrame, mixture: pd.DataFrame) -> pd.DataFrame:
    """The scores with a column `train`: the training rows of each view.

    Args:
        mixture: tables/mixture.csv.
    """
    rows = mixture.set_index("view")["rows"]
    return scores.assign(train=scores["view"].map(rows).fillna(0).astype(int))


def counted(scores: pd.DataFrame) -> pd.DataFrame:
    """The rows of views that are part of a mean: with training rows, where the table says, and test rows enough."""
    enough = scores.groupby("view")["n"].transform("max") >= _FEWEST
    return scores[enough & (scores["train"] > 0)] if "train" in scores else scores[enough]


def left_out(scores: pd.DataFrame) -> list[str]:
    """What the page says of the views that are no part of a mean, where there are some."""
    untrained = sorted(set(scores.loc[scores["train"] == 0, "view"])) if "train" in scores else []
    few = sorted(set(scores["view"]) - set(counted(scores)["view"]) - set(untrained))
    said = {
        "Without training rows, so that a baseline cannot learn what is asked": untrained,
        f"With fewer than {_FEWEST} test rows, too few to tell": few,
    }
    return [f"{why}: {', '.join(views)}. No mean has them." for why, views in said.items() if views]
