"""Means over views, and which views are part of one: those that a system could learn, with enough test rows to tell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pica.evaluation.scoring import headline
from pica.results.kept_runs import SCORES

# Of `headline`, what a run's section opens with: its name there, ours, and the task and metric of the lead by it.
MEANS = (
    ("text_emotion_macro_f1", "Text emotion, macro F1", "text_emotion", "macro_f1"),
    ("dialogue_emotion_macro_f1", "Dialogue emotion, macro F1", "dialogue_emotion", "macro_f1"),
    ("dialogue_inference_macro_f1", "Dialogue inference, macro F1", "dialogue_inference", "macro_f1"),
    ("macro_f1", "All views with labels, macro F1", "", "macro_f1"),
    ("weighted_f1", "All views with labels, weighted F1", "", ""),
    ("cause_f1", "Emotion cause, token F1", "", "cause_f1"),
    ("rouge_l", "Free text, ROUGE-L", "", "rouge_l"),
    ("unparsed", "Free answers that name no label, %", "", ""),
    ("truncated", "Answers that do not end, %", "", ""),
)
# The systems that it says the lead over, beside the scores of all.
LEADS_OVER = ("base", "tfidf", "encoder")
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


def wide(scores: pd.DataFrame) -> pd.DataFrame:
    """The main metrics as columns of their own again, as `score_views` has them."""
    main = {metric: scores["score"].where(scores["metric"] == metric) for metric in scores["metric"].unique()}
    return scores.assign(**main)


def how_many(of_system: pd.DataFrame, key: str, task: str) -> int:
    """How many views a mean of `MEANS` is over.

    Args:
        of_system: one system's rows of the views that are part of a mean.
        task: that of the mean; empty where it is over all tasks.
    """
    rows = of_system[of_system["task_type"] == task] if task else of_system
    return int(rows[key.removeprefix(f"{task}_")].notna().sum())


def over_runs(folders: Sequence[Path]) -> pd.DataFrame:
    """run (its folder's name), system, and the means of every system that all these kept runs have, over the views that
    count in all of them."""
    runs = {folder.name: counted(wide(pd.read_csv(folder / SCORES))) for folder in folders}
    views = set.intersection(*(set(scores["view"]) for scores in runs.values()))
    means = pd.DataFrame(
        {"run": run, "system": system, **headline(of[of["view"].isin(views)])}
        for run, scores in runs.items()
        for system, of in scores.groupby("system", sort=False)
    )
    return means[means.groupby("system")["run"].transform("nunique") == len(folders)]
