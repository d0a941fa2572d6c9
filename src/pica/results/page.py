"""docs/results.md, from the tables that `pica results` keeps beside it in docs/results/. Numbers, no text of a dataset.

scores.csv       system, view, task_type, language, n, train, macro_f1, low, high, weighted_f1, weighted_low,
                 weighted_high, accuracy, other keys
multi_label.csv  system, multi_macro_f1, multi_micro_f1, subset_accuracy, jaccard, n, train
run.json         what was run: {"rows_per_view": 500, "train_rows_per_view": 5000, "seed": 42, "took": "…", …}
<name>/          a run with a language model, as `model_run` keeps it; `kept_runs` says which belong together
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pica.errors import DataError
from pica.reporting.markdown import bold, table
from pica.reporting.tables import TASK_TITLES, sorted_by_task, title
from pica.results import draws, learning_curve, literature, model_run, seeds
from pica.results.kept_runs import RUN, SCORES, Family, families
from pica.results.literature import GOEMOTIONS, MULTI_LABEL_KEYS
from pica.results.means import counted, left_out
from pica.store import read_json

MULTI_LABEL = "multi_label.csv"
# Of `score_views`, what the page is made of, where a run has it.
KEPT = (
    *("system", "view", "task_type", "language", "n", "train", "macro_f1", "low", "high"),
    *("weighted_f1", "weighted_low", "weighted_high", "accuracy"),
    *literature.KEYS,
)
_HEAD = """# Results

What the pipeline measured on the real datasets. This page is made by `pica results` from the tables in
[docs/results](results), which hold numbers and no text of a dataset."""
_BASELINES = """## Baselines

Systems without a language model on the views with closed labels that have test rows: what a tuned model has to beat.
`pica results --mirror FOLDER` makes these tables anew ({took}).

- **Rows.** {rows}
- **Training.** At most {train:,} training rows of each view, drawn by a hash of their ids and not balanced, after what
  stands in a test or validation set of any dataset was taken out.
- **Systems.** Majority is the most frequent training label. TF-IDF is logistic regression on n-grams of words and
  characters. Encoder is logistic regression on frozen features of {encoder}, an English model, which reads the last
  128 tokens of a row{encoder_rows}. None was tuned on any of these sets. Seed {seed}.
- **Scores** are in per cent. Macro F1 is over the labels that occur as gold; intervals are 95 % percentile intervals of
  {bootstrap:,} draws of whole dialogues. A "fine" view names the labels of the gold one's group alone, so its scores
  are higher than those over all labels.
"""


def render(folder: Path) -> str:
    """The page, from the tables in a folder.

    Raises:
        DataError: the folder has no tables.
    """
    runs = [_run(family) for family in families(folder)]
    baselines = _baselines(folder) if (folder / RUN).is_file() else []
    if not (runs or baselines):
        raise DataError(f"{folder} has no tables. `pica results --mirror FOLDER` makes those of the baselines.")
    return "\n\n".join([_HEAD, *runs, *baselines]) + "\n"


def _run(family: Family) -> str:
    """The section on a run, with what those say that belong to it."""
    first = family.curve[0]
    curve = learning_curve.section(family.curve)
    repeated = [part for folder, others in family.seeds.items() for part in seeds.section(folder, others)]
    other_rows = [part for other in family.draws for part in draws.section(first, other)]
    return model_run.section(first, [*curve, *repeated], other_rows)


def _baselines(folder: Path) -> list[str]:
    scores, run = pd.read_csv(folder / SCORES), read_json(folder / RUN)
    multi = pd.read_csv(folder / MULTI_LABEL)
    parts = [_about(scores, run), "### Macro F1", _macro(scores), *left_out(scores)]
    parts += ["### Weighted F1 and accuracy", _others(scores), *literature.keys(scores), *_multi(multi)]
    return [*parts, *literature.figures(pd.concat([scores, multi.assign(view=GOEMOTIONS)], ignore_index=True))]


def _about(scores: pd.DataFrame, run: Mapping[str, Any]) -> str:
    views = scores.drop_duplicates("view")
    limit = run["rows_per_view"]
    asked = f"at most {limit:,} test rows of each, drawn by a hash of their ids" if limit else "their whole test sets"
    rows = (
        f"{len(views)} views, {views['n'].sum():,} test rows: {asked}. Where a dataset has no official test set, "
        f"a hash of the dialogue's id decides. {_untested(run)} Some datasets come to a mirror as a small piece: their "
        "lines have few rows."
    )
    return _BASELINES.format(
        took=run["took"],
        rows=rows,
        train=run["train_rows_per_view"],
        encoder=run["encoder"],
        encoder_rows=f" and learns from {run['encoder_rows']:,} rows of a view at most" if run["encoder_rows"] else "",
        seed=run["seed"],
        bootstrap=run["bootstrap"],
    ).rstrip("\n")


def _untested(run: Mapping[str, Any]) -> str:
    """Which views are missing; a run kept earlier does not say."""
    if "untested" not in run:
        return "A view without test rows is left out."
    return f"Without test rows, and so left out: {', '.join(run['untested']) or 'none'}."


def _macro(scores: pd.DataFrame) -> str:
    systems = list(scores["system"].unique())
    rows = []
    for task, group in sorted_by_task(scores, "task_type").groupby("task_type", sort=False):
        for view, of_view in group.groupby("view", sort=False):
            first, of = of_view.iloc[0], of_view.set_index("system").reindex(systems)
            cells = [
                bold(f"{row.macro_f1:.1f}", row.macro_f1 == of["macro_f1"].max()) + _range(row.low, row.high)
                for row in of.itertuples()
            ]
            rows.append([view, TASK_TITLES[task][0], f"{first['train']:,.0f}", f"{first['n']:,}", *cells])
    means = counted(scores).groupby("system")["macro_f1"].mean()
    if len(means):
        rows.append(["**mean**", "", "", "", *(f"{means[system]:.1f}" for system in systems)])
    return table(["View", "Task", "Train", "Test", *map(title, systems)], rows, words=2)


def _others(scores: pd.DataFrame) -> str:
    systems = list(scores["system"].unique())
    rows = []
    for view, of_view in sorted_by_task(scores, "task_type").groupby("view", sort=False):
        of = of_view.set_index("system").reindex(systems)
        rows.append([view, *(f"{_weighted(row)} / {row['accuracy']:.1f}" for _, row in of.iterrows())])
    return table(["View", *map(title, systems)], rows, words=1)


def _weighted(row: pd.Series) -> str:
    """Weighted F1, with its interval, which a run kept earlier does not have."""
    return f"{row['weighted_f1']:.1f}" + _range(row.get("weighted_low"), row.get("weighted_high"))


def _range(low: float | None, high: float | None) -> str:
    """An interval behind a figure; nothing where it is not known, as of one dialogue."""
    return "" if pd.isna(low) else f" ({low:.1f}–{high:.1f})"


def _multi(multi: pd.DataFrame) -> list[str]:
    """The part on GoEmotions; none where the run did not have it."""
    if multi.empty:
        return []
    said = (
        f"All {multi['n'].iloc[0]:,} official test rows, 28 labels, each learnt by itself from rows of the official "
        "training set; a label is given where its probability is 0.3 or more."
    )
    # A run kept earlier does not say from how many rows.
    learnt_from = ["train"] if "train" in multi else []
    rows = [
        [
            title(row["system"]),
            *(f"{row[name]:,}" for name in learnt_from),
            *(f"{row[k]:.1f}" for k in MULTI_LABEL_KEYS),
        ]
        for _, row in multi.iterrows()
    ]
    header = ["System", *("Training rows" for _ in learnt_from), *MULTI_LABEL_KEYS.values()]
    return ["### GoEmotions, several labels a row", f"{said}\n\n{table(header, rows, words=1)}"]
