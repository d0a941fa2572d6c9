"""A run of the pipeline with a language model: its numbers in docs/results/<name>/, and its section of the page.

scores.csv       system, view, task_type, language, n, train, metric, score, low, high, …: every system's scores of
                 every view
differences.csv  other, task_type, view, metric, difference, low, high: how far the compared system is ahead; a row
                 without a view is the mean of its task, one without a task that of all views with the metric, of the
                 views that are part of one
variants.csv     view, variant, n, macro_f1, …, system: each way to score the labels
classes.csv      view, label, gold, predicted, share_gap, precision, recall, f1: of the compared system
outside.csv      system, set, language, n, metric, score, …: of the sets of others
empathy.csv      system, view, mechanism, n, level, gold_level, level_diff, accuracy, …: how much empathy replies show
general.csv      system, model, language, perplexity, ratio, accuracy, …: what each model can do in general
asked.csv        view, id: the test rows that the compared system was asked
run.json         what was run: {"model": "HuggingFaceTB/SmolLM2-135M-Instruct", "rows": 3123, "minutes": 61.2, …}
analysis.md      what a person makes of it, where somebody wrote that

A run kept earlier may lack variants, classes, outside, empathy, general and asked.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from pica.errors import DataError
from pica.evaluation.scoring import differences, headline
from pica.params import Params
from pica.reporting import empathy, general, labels, outside
from pica.reporting.markdown import bold, of_report, of_rows, table
from pica.reporting.tables import METRICS, TASK_TITLES, Table, of_all, sorted_by_task, title
from pica.results import literature
from pica.results.kept_runs import ASKED, DIFFERENCES, RUN, SCORES
from pica.results.means import LEADS_OVER, MEANS, counted, how_many, left_out, wide, with_training_rows
from pica.schema import Prediction
from pica.store import file_sha256, read_json, read_predictions, write_json, write_table
from pica.training.origin import origin
from pica.workspace import speed_of

_ADAPTER = Path("models/adapter/adapter_model.safetensors")
_TABLES = Path("tables")
ANALYSIS = "analysis.md"
VARIANTS, CLASSES, OUTSIDE, GENERAL = "variants.csv", "classes.csv", "outside.csv", "general.csv"
EMPATHY = "empathy.csv"
_COLUMNS = (
    *("system", "view", "task_type", "language", "n", "train", "metric", "score", "low", "high"),
    *("weighted_f1", "weighted_low", "weighted_high", "accuracy"),
    *("free_macro_f1", "unparsed", "truncated", "ece"),
    *("perplexity", "dist2", "length", "repetition"),
    *literature.KEYS,
)


def keep(folder: Path, params: Params) -> None:
    """Keep the last run's numbers: of all systems that answered, and what was trained for how long.

    Args:
        folder: docs/results/<name>.
        params: of the run.

    Raises:
        DataError: the run is not finished.
    """
    compared = params.evaluate.compared
    answers = {system: read_predictions(Path(f"data/predictions/{system}.parquet")) for system in _evaluated(params)}
    if not answers.get(compared):
        raise DataError(f"{compared} (evaluate.compared) has no answers here. Run `dvc repro` first.")
    if not _ADAPTER.is_file():
        raise DataError(f"{_ADAPTER} is missing. Run `dvc repro`: it trains what is kept.")
    systems = [system for system, rows in answers.items() if rows]
    scores = with_training_rows(of_all(_TABLES, systems), pd.read_csv(_TABLES / "mixture.csv"))
    scores = scores.reindex(columns=_COLUMNS).round(2)
    apart = set(scores["view"]) - set(counted(scores)["view"])
    others = [system for system in systems if system != compared]
    ahead = pd.concat([_ahead(answers[compared], answers[other], apart, params) for other in others])
    kept = {
        SCORES: scores,
        DIFFERENCES: ahead,
        VARIANTS: of_all(_TABLES / "variants", systems),
        CLASSES: pd.read_csv(_TABLES / f"classes/{compared}.csv"),
        OUTSIDE: of_all(_TABLES / "outside", systems),
        EMPATHY: of_all(_TABLES / "empathy", systems),
        GENERAL: of_all(_TABLES / "general", systems),
        ASKED: pd.DataFrame([(row.name, row.id) for row in answers[compared]], columns=["view", "id"]),
    }
    about = _about(params)
    for name, made in kept.items():
        write_table(folder / name, made.round(2).to_dict("records"), list(made.columns))
    write_json(folder / RUN, about)


def section(folder: Path, curve: Sequence[str] = (), draws: Sequence[str] = ()) -> str:
    """The section of the page on a run that was kept, from the level of its heading.

    Args:
        curve: the parts on its learning curve and on other seeds.
        draws: the parts on other draws of test rows.
    """
    scores, ahead, run = _read(folder)
    parts = [f"## {run['model'].rpartition('/')[2]}, tuned", *_opening(scores, ahead, run)]
    if (folder / ANALYSIS).is_file():
        parts.append((folder / ANALYSIS).read_text(encoding="utf-8").strip())
    parts += [*curve, "### By view", _views(scores), "### The lead by view", _leads(ahead, run)]
    parts += ["### Ways to score labels", *ways] if (ways := _ways_to_score(folder, scores, run)) else []
    parts += draws
    parts += _part("### Empathy of replies", folder / EMPATHY, empathy.table)
    parts += _part("### General language, before and after", folder / GENERAL, general.table)
    parts += literature.keys(scores)
    parts += _part("### Sets of others, never trained on", folder / OUTSIDE, outside.table)
    return "\n\n".join([*parts, *_published(folder, scores)])


def outcome(folder: Path) -> list[str]:
    """The means over views of a run that was kept, the leads by them, and what each way to score labels comes to."""
    scores, ahead, run = _read(folder)
    return [_means(scores, ahead, run), *_ways_to_score(folder, scores, run)]


def _ways_to_score(folder: Path, scores: pd.DataFrame, run: Mapping[str, Any]) -> list[str]:
    """What each way to score labels comes to, over the views that are part of a mean; nothing where it was not kept."""
    if not (folder / VARIANTS).is_file():
        return []
    kept = pd.read_csv(folder / VARIANTS)
    made = labels.variants(kept[kept["view"].isin(counted(scores)["view"])], run["label_scores"])
    return [made.caption, of_report(made)] if made.rows else []


def card_scores(folder: Path, adapter: Path) -> str:
    """What the card of an adapter says of its scores, from the run that was kept of it.

    Raises:
        DataError: no run was kept there, or one of another adapter.
    """
    if not (folder / RUN).is_file() or read_json(folder / RUN)["adapter_sha256"] != file_sha256(
        adapter / _ADAPTER.name
    ):
        raise DataError(f"{folder} has no scores of {adapter}. `pica results --keep {folder.name}` keeps them first.")
    return "\n\n".join([*_opening(*_read(folder)), "### By view", _views(_read(folder)[0])])


def _read(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    ahead = pd.read_csv(folder / DIFFERENCES).fillna({"view": "", "task_type": ""})
    return pd.read_csv(folder / SCORES), ahead, read_json(folder / RUN)


def _opening(scores: pd.DataFrame, ahead: pd.DataFrame, run: Mapping[str, Any]) -> Sequence[str]:
    return _said(run), _means(scores, ahead, run)


def _evaluated(params: Params) -> Iterator[str]:
    """The systems that were evaluated after the parameters' models: a run may have left some out."""
    for system in params.systems:
        if Path(f"data/predictions/{system}.parquet").is_file():
            yield system


def _ahead(
    system: Sequence[Prediction], other: Sequence[Prediction], apart: Collection[str], params: Params
) -> pd.DataFrame:
    """The leads by view, task and metric, on the rows that both were asked: a slow system may have been asked fewer.

    Args:
        apart: the views that are no part of a mean.
    """
    drawn = (params.evaluate.bootstrap, params.seed)
    made = []
    if rows := [row for row in system if row.name not in apart]:
        made.append(differences(rows, other, *drawn, over_tasks=True))
    if rest := [row for row in system if row.name in apart]:
        made.append(differences(rest, other, *drawn).query("view != ''"))
    return pd.concat(made, ignore_index=True)


def _about(params: Params) -> dict[str, Any]:
    metrics = Path("metrics/train.json")
    train, base = read_json(metrics), origin(Path("models/base"))
    speed = _speed(speed_of(metrics))
    return {
        "model": base.hub or base.source,
        "source": base.source,
        "quantisation": base.quantisation,
        "compared": params.evaluate.compared,
        "adapter_sha256": file_sha256(_ADAPTER),
        "adapter": params.adapter.kind,
        "r": params.adapter.r,
        "lr": params.train.lr,
        "batch_tokens": params.train.batch_tokens,
        "max_length": params.train.max_length,
        "licences": params.filter.licences,
        "train_rows_per_view": params.mixture.rows_per_view,
        "rows_per_view": params.evaluate.rows_per_view,
        "label_scores": params.evaluate.label_scores,
        "bootstrap": params.evaluate.bootstrap,
        "seed": params.seed,
        **{key: train[key] for key in ("rows", "steps", "best_step", "loss", "validation_loss", "precision")},
        "trainable_parameters": train["trainable_parameters"],
        "minutes": round(speed["seconds"] / 60, 1),
        "tokens": round(speed["seconds"] * speed["tokens_per_second"]),
        "tokens_per_second": speed["tokens_per_second"],
        "cores": os.cpu_count(),
    }


def _speed(path: Path) -> dict[str, float]:
    """What `finetune` wrote of its speed: a name and a number a line."""
    if not path.is_file():
        raise DataError(f"{path}, the speed of this training, is not here: keep a run where it was trained.")
    lines = (line.split() for line in path.read_text(encoding="utf-8").splitlines())
    return {name: float(value.replace(",", "")) for name, value in lines}


def _said(run: Mapping[str, Any]) -> str:
    quantised = f", quantised to {run['quantisation']}" if run["quantisation"] else ""
    of_view = f", at most {run['train_rows_per_view']:,} of a view" if run["train_rows_per_view"] else ""
    of_test = f"at most {run['rows_per_view']:,} rows of a view" if run["rows_per_view"] else "all rows"
    said = (
        f"**Base.** `{run['source']}`{quantised}.",
        f"**Training.** {run['rows']:,} rows{of_view}, of datasets whose licences are `{run['licences']}`, which are "
        f"{run['tokens']:,.0f} tokens in {run['minutes']:.0f} minutes: {run['tokens_per_second']:,.0f} tokens a second "
        f"in {run['precision']} on {run['cores']} cores. Adapter: {run['adapter']} of rank {run['r']}, "
        f"{run['trainable_parameters']:,} weights.",
        f"**Steps.** {run['steps']:,} of {run['batch_tokens']:,} tokens at learning rate {run['lr']:g}; the best by "
        f"validation is step {run['best_step']:,}. Loss {run['loss']:.2f}, validation {run['validation_loss']:.2f}.",
        f"**Test.** {of_test[0].upper()}{of_test[1:]}, drawn by a hash of their ids. Intervals are 95 % percentile "
        f"intervals of {run['bootstrap']:,} draws of whole dialogues. Seed {run['seed']}.",
        "**Baselines** here learn from the same training rows.",
    )
    return "\n".join(f"- {line}" for line in said)


def _means(scores: pd.DataFrame, ahead: pd.DataFrame, run: Mapping[str, Any]) -> str:
    systems, of_mean = list(scores["system"].unique()), counted(wide(scores))
    means = {system: headline(of_mean[of_mean["system"] == system]) for system in systems}
    gaps = ahead[ahead["view"] == ""].set_index(["other", "task_type", "metric"])
    others = [name for name in LEADS_OVER if name in systems and name != run["compared"]]
    rows = []
    for key, name, task, metric in MEANS:
        values = [means[system].get(key) for system in systems]
        if any(value is not None for value in values):
            leads = [_lead(gaps, other, task, metric) for other in others]
            views = how_many(of_mean[of_mean["system"] == run["compared"]], key, task)
            rows.append([name, str(views), *("–" if value is None else f"{value:.1f}" for value in values), *leads])
    leads = [f"{title(run['compared'])} over {title(other)}" for other in others]
    means_of = table(["Mean over views", "Views", *map(title, systems), *leads], rows, words=1)
    return "\n\n".join([*_asked_fewer(scores, run["compared"]), means_of, *left_out(scores)])


def _asked_fewer(scores: pd.DataFrame, compared: str) -> list[str]:
    """Which systems were asked fewer rows than the compared one, so that their means are of other rows than its own."""
    rows = scores.groupby("system", sort=False)["n"].sum()
    said = [f"{title(system)} was asked {n:,}" for system, n in rows.items() if n < rows[compared]]
    if not said:
        return []
    return [
        f"{title(compared)} was asked {rows[compared]:,} rows, but {' and '.join(said)}: its means are of those, and a "
        "lead is always on the rows that both were asked."
    ]


def _lead(gaps: pd.DataFrame, other: str, task: str, metric: str) -> str:
    if (other, task, metric) not in gaps.index:
        return ""
    return _ahead_by(gaps.loc[(other, task, metric)])


def _ahead_by(gap: pd.Series) -> str:
    """How far the compared system is ahead, and the interval where there is one: one dialogue has none."""
    if pd.isna(gap["difference"]):
        return ""
    known = "" if pd.isna(gap["low"]) else f" ({gap['low']:+.1f} to {gap['high']:+.1f})"
    return f"{gap['difference']:+.1f}{known}"


def _views(scores: pd.DataFrame) -> str:
    systems = list(scores["system"].unique())
    rows = []
    for (task, view), of_view in sorted_by_task(scores, "task_type").groupby(["task_type", "view"], sort=False):
        of, most = of_view.set_index("system").reindex(systems), of_view["n"].max()
        best = of_view.loc[of_view["n"] == most, "score"].max()
        cells = [_score(row.score, row.n, most, best) for row in of.itertuples()]
        rows.append([view, TASK_TITLES[task][0], METRICS[of_view["metric"].iloc[0]], f"{most:,}", *cells])
    return table(["View", "Task", "Metric", "Test", *map(title, systems)], rows, words=3)


def _score(score: float, n: float, most: int, best: float) -> str:
    """A system's score of a view, in bold where no other of as many rows is better."""
    return "–" if pd.isna(score) else of_rows(bold(f"{score:.1f}", n == most and score == best), n, most)


def _leads(ahead: pd.DataFrame, run: Mapping[str, Any]) -> str:
    others = list(ahead["other"].unique())
    of_views = ahead[ahead["view"] != ""]
    rows = []
    for view, group in sorted_by_task(of_views, "task_type").groupby("view", sort=False):
        of = group.set_index("other").reindex(others)
        rows.append([view, *(_ahead_by(row) for _, row in of.iterrows())])
    return table([f"{title(run['compared'])} over", *map(title, others)], rows, words=1)


def _part(heading: str, path: Path, of: Callable[[pd.DataFrame], Table]) -> list[str]:
    """A heading, what the table is of, and the table of what was kept; nothing where it was not, or has no rows."""
    if not path.is_file():
        return []
    made = of(pd.read_csv(path))
    return [heading, made.caption, of_report(made)] if made.rows else []


def _published(folder: Path, scores: pd.DataFrame) -> list[str]:
    """The figures of others beside the best of ours that were asked all rows, those of outside sets among them."""
    known = [wide(scores[scores["n"] == scores.groupby("view")["n"].transform("max")])]
    if (folder / OUTSIDE).is_file():
        known.append(pd.read_csv(folder / OUTSIDE).rename(columns={"set": "view"}))
    return literature.figures(pd.concat(known, ignore_index=True))
