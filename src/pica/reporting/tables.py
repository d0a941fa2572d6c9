"""What the page shows, worked out from a run's tables as plain rows and strings. Nothing here knows HTML."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from pica.params import flatten
from pica.reporting.metric_names import HIGHER_IS_BETTER, METRICS, OWN_TABLES
from pica.schema import SPLITS, TASKS, Prediction

_SYSTEMS = {
    "majority": "Majority",
    "tfidf": "TF-IDF",
    "retrieval": "Retrieval",
    "encoder": "Encoder",
    "base": "Base",
    "tuned": "Tuned",
}
TASK_TITLES = {
    "text_emotion": ("Text emotion", "文本情感分类"),
    "dialogue_emotion": ("Dialogue emotion", "对话情感分类"),
    "emotion_cause": ("Emotion cause", "情感原因抽取"),
    "dialogue_generation": ("Dialogue generation", "可控对话生成"),
    "dialogue_inference": ("Dialogue inference", "对话背景推理"),
}

# What a change of a text is called, where its column's name does not say it.
_CHANGES = {"blanks": "Blanks alone", "email": "Mail", "url": "Links", "handle": "Handles", "phone": "Phones"}

_EXAMPLES = 10


class Cell(NamedTuple):
    """One cell of a table.

    Args:
        text: what it says.
        note: what it says after that, smaller.
        best: whether it is the best of its row.
        bar: the length of a bar below it, 0 to 1; None for no bar.
        mark: how text or bar is coloured: "good", "bad" or neither.
    """

    text: str
    note: str = ""
    best: bool = False
    bar: float | None = None
    mark: str = ""


class Table(NamedTuple):
    """A table to print. The first `words` columns are text, the others numbers; the first names the row. What is too
    long for one of the `clipped` columns shows when it is pointed at."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    words: int = 1
    clipped: Sequence[int] = ()


class Confusion(NamedTuple):
    """One view's confusion matrix: for each gold label its rows, and the share of them that got each label, 0 to 1."""

    view: str
    labels: Sequence[str]
    rows: Sequence[tuple[str, int, Sequence[float]]]


class Matrix(NamedTuple):
    """What held-out and training sets share: a row for each held-out set, a cell for each training set, as text and how
    deep its colour is, 0 to 1."""

    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[tuple[str, float]]]]


class Answer(NamedTuple):
    """One system's answer. `right` is None for free text, of which comparing strings says nothing."""

    system: str
    text: str
    free: str
    right: bool | None


class Asked(NamedTuple):
    """What the systems were asked of a row: the request, with labels and controls, and the text that it is about. Views
    that ask without words, or about no text, have an empty one."""

    instruction: str
    input: str


class ExampleRow(NamedTuple):
    """One test row on the page."""

    id: str
    view: str
    asked: str
    gold: str
    answers: Sequence[Answer]


def title(system: str) -> str:
    """What the page calls a system: one of the user's own goes by its name."""
    return _SYSTEMS.get(system, system)


def of_all(folder: Path, systems: Iterable[str]) -> pd.DataFrame:
    """The table of each system in a folder, below each other."""
    return below([pd.read_csv(folder / f"{system}.csv").assign(system=system) for system in systems])


def below(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables below each other; those without rows say nothing of what kind their columns are."""
    return pd.concat([each for each in tables if len(each)] or tables, ignore_index=True)


def sorted_by_task(table: pd.DataFrame, task: str) -> pd.DataFrame:
    """Sorted by task in the order of the schema, and as it was within a task."""
    return table.sort_values(task, key=lambda tasks: tasks.map(TASKS.index), kind="stable")


# The run


def headline(systems: Mapping[str, Mapping[str, float]]) -> Table:
    """The headline numbers: a row for each metric, a column for each system."""
    of_views = [name for name in METRICS if name not in OWN_TABLES]
    known = [name for name in of_views if any(name in numbers for numbers in systems.values())]
    rows = [
        [Cell(METRICS[name]), *cells([systems[s].get(name, np.nan) for s in systems], merit=name in HIGHER_IS_BETTER)]
        for name in known
    ]
    return Table("Means over views, in per cent.", ["Metric", *(title(s) for s in systems)], rows)


def settings(values: Mapping[str, Any], caption: str) -> Table:
    """A nested mapping as a table of dotted keys."""
    rows = [[Cell(key), Cell(_plain(value))] for key, value in flatten(dict(values)).items()]
    return Table(caption, ["Name", "Value"], rows)


# The data


def funnel_steps(filtered: pd.DataFrame, views: pd.DataFrame, mixture: pd.DataFrame) -> list[tuple[str, int]]:
    """How many rows are left after each step of the pipeline."""
    names = ("rows read", "kept", "examples made of them", "drawn for training")
    return list(zip(names, map(int, by_corpus(filtered, views, mixture).sum()), strict=True))


def by_corpus(filtered: pd.DataFrame, views: pd.DataFrame, mixture: pd.DataFrame) -> pd.DataFrame:
    """A row for each corpus, by name: read, kept, examples, drawn."""
    counts = {
        "read": filtered.groupby("corpus")["rows"].sum(),
        "kept": filtered[filtered["outcome"] == "kept"].groupby("corpus")["rows"].sum(),
        "examples": views.groupby("corpus")["examples"].sum(),
        "drawn": mixture.groupby("corpus")["rows"].sum(),
    }
    return pd.DataFrame(counts).reindex(sorted(set(filtered["corpus"]))).fillna(0).astype(int)


def funnel(filtered: pd.DataFrame, views: pd.DataFrame, mixture: pd.DataFrame) -> Table:
    """A row for each corpus: rows after each step, and why the others were rejected."""
    reasons = filtered[filtered["outcome"] != "kept"].groupby(["corpus", "outcome"])["rows"].sum()
    rows = []
    for corpus, counts in by_corpus(filtered, views, mixture).iterrows():
        own = reasons.get(corpus, pd.Series(dtype=int)).sort_values(ascending=False, kind="stable")
        why = " · ".join(f"{reason} {count:,}" for reason, count in own.items() if count)
        kept = Cell(f"{counts['kept']:,}", bar=counts["kept"] / max(1, counts["read"]), mark="good")
        numbers = [Cell(f"{counts[name]:,}") for name in ("read", "examples", "drawn")]
        rows.append([Cell(corpus), Cell(why or "–"), numbers[0], kept, *numbers[1:]])
    header = ["Dataset", "Why others were rejected", "Read", "Kept", "Examples", "Drawn for training"]
    return Table("Rows after each step by dataset.", header, rows, words=2)


# What a rate on the score card is called, and how much of it fills its bar.
_RATES = {
    "duplicate_rate": ("Dup.", 0.5),
    "near_duplicate_rate": ("Near-dup.", 0.5),
    "conflict_rate": ("Conflicts", 0.2),
    "leak_rate": ("Leaks", 0.5),
    "shared_rate": ("Shared", 0.5),
}


def scorecard(table: pd.DataFrame) -> Table:
    """A row for each corpus: its verdict and the figures behind it."""
    rows = [
        [
            Cell(
                row["corpus"], "; ".join(row[name] for name in ("why", "note") if not pd.isna(row[name]) and row[name])
            ),
            Cell(row["verdict"], mark="good" if row["verdict"] == "keep" else "bad"),
            Cell(row["language"]),
            Cell(row["licence"]),
            Cell("yes" if row["commercial"] else "no"),
            *(Cell(f"{row[split]:,}" if row[split] else "–") for split in SPLITS),
            Cell(
                _share(row["label_balance"]),
                bar=None if pd.isna(row["label_balance"]) else row["label_balance"],
                mark="good",
            ),
            *(_drawback(row[name], full) for name, (_, full) in _RATES.items()),
            Cell(number(row["mean_words"])),
        ]
        for _, row in table.sort_values("corpus").iterrows()
    ]
    names = ("Train", "Val.", "Test", "Balance", *(name for name, _ in _RATES.values()), "Words")
    header = ["Dataset", "Verdict", "Lang.", "Licence", "Comm.", *names]
    return Table("What decides whether a dataset is kept.", header, rows, words=5, clipped=[header.index("Licence")])


def leaks(table: pd.DataFrame) -> Matrix:
    """What was removed from each training set because of each held-out set; sets that share nothing have no line."""
    found = table.assign(held=table["held_out"] + ", " + table["split"], all=table["conversations"] + table["turns"])
    counts = found[found["all"] > 0].pivot_table(
        index="held", columns="train", values=["all", "conversations", "turns"], aggfunc="sum", fill_value=0
    )
    if counts.empty:
        return Matrix([], [])
    deepest = np.log1p(counts["all"].to_numpy().max())
    columns = list(counts["all"].columns)
    rows = [
        (held, [_leak(row["conversations"][c], row["turns"][c], np.log1p(row["all"][c]) / deepest) for c in columns])
        for held, row in counts.iterrows()
    ]
    return Matrix(columns, rows)


def _leak(conversations: int, turns: int, depth: float) -> tuple[str, float]:
    shown = [f"{conversations:,}"] * bool(conversations) + [f"+{turns:,}"] * bool(turns)
    return " ".join(shown), float(depth)


def cleaning(table: pd.DataFrame) -> Table:
    """A row for each corpus of which a turn was changed: how many were repaired, and masked, by kind."""
    kinds = [name for name in table.columns if name not in ("corpus", "turns", "unchanged")]
    rows = []
    for _, row in table[table["turns"] > table["unchanged"]].sort_values("corpus").iterrows():
        about = [Cell(row["corpus"]), Cell(f"{row['turns']:,}"), Cell(_share(1 - row["unchanged"] / row["turns"]))]
        rows.append([*about, *(Cell(f"{row[kind]:,}" if row[kind] else "–") for kind in kinds)])
    header = ["Dataset", "Turns", "Changed", *(_CHANGES.get(kind, kind.capitalize()) for kind in kinds)]
    return Table("Turns by what was changed in them.", header, rows)


def view_sizes(views: pd.DataFrame) -> Table:
    """A row for each view: conversations and examples by split."""
    counts = sorted_by_task(views, "task").pivot_table(
        index=["view", "task", "language"], columns="split", values=["conversations", "examples"], sort=False
    )
    columns = [(kind, split) for kind in ("conversations", "examples") for split in SPLITS]
    rows = [
        [Cell(view), Cell(TASK_TITLES[task][0]), Cell(language), *(Cell(f"{row.get(c, 0):,.0f}") for c in columns)]
        for (view, task, language), row in counts.iterrows()
    ]
    names = [f"{kind.capitalize()}, {split}" for kind, split in columns]
    return Table("Conversations and examples by view.", ["View", "Task", "Language", *names], rows, words=3)


def mixture_rows(mixture: pd.DataFrame) -> Table:
    """A row for each view: how many training rows there are, may be and were drawn."""
    rows = [
        [
            Cell(row.view),
            Cell(TASK_TITLES[row.task][0]),
            Cell(f"{row.n:,}"),
            Cell("none" if pd.isna(row.cap) else f"{row.cap:,.0f}"),
            Cell(f"{row.rows:,}"),
            Cell(f"{row.epochs:.2f}"),
            Cell(_share(row.share)),
            Cell(f"{row.tokens:,}"),
        ]
        for row in sorted_by_task(mixture, "task").itertuples()
    ]
    header = ["View", "Task", "Examples", "Cap", "Drawn", "Epochs", "Share", "Tokens"]
    return Table("Training rows by view.", header, rows, words=2)


# The scores


def by_task(scores: pd.DataFrame) -> Table:
    """A row for each task and metric: each system's mean over the views; one that is of fewer rows is no best."""
    systems = list(scores["system"].unique())
    rows = []
    for (task, metric), group in sorted_by_task(scores, "task_type").groupby(["task_type", "metric"], sort=False):
        of = group.groupby("system").agg({"score": "mean", "n": "sum"}).reindex(systems)
        about = [Cell(TASK_TITLES[task][0]), Cell(METRICS[metric]), Cell(f"{group['view'].nunique()}")]
        rows.append([*about, *_of_all_rows(of["score"], of["n"])])
    header = ["Task", "Metric", "Views", *(title(s) for s in systems)]
    return Table("Means over the views of a task, in per cent.", header, rows, words=2)


def by_view(scores: pd.DataFrame) -> Table:
    """A row for each view: each system's score with its interval. One that is of fewer rows says so, and is no best."""
    systems = list(scores["system"].unique())
    rows = []
    for view, group in sorted_by_task(scores, "task_type").groupby("view", sort=False):
        of = group.set_index("system").reindex(systems)
        most = group["n"].max()
        notes = [
            _interval(low, high) + (f", {n:,.0f} rows" if n < most else "")
            for low, high, n in zip(of["low"], of["high"], of["n"], strict=True)
        ]
        about = [Cell(view), Cell(METRICS[group["metric"].iloc[0]]), Cell(f"{most:,}")]
        rows.append([*about, *_of_all_rows(of["score"], of["n"], notes)])
    header = ["View", "Metric", "Rows", *(title(s) for s in systems)]
    return Table("Scores by view, in per cent, with their 95 % intervals.", header, rows, words=2)


def fewer_rows(scores: pd.DataFrame) -> list[str]:
    """Which systems answered fewer rows than others, one sentence each."""
    rows = scores.groupby("system", sort=False)["n"].sum()
    most = rows.max()
    return [
        f"{title(system)} could be asked {n:,} of the {most:,} rows: its scores are of those."
        for system, n in rows.items()
        if n < most
    ]


def metrics_by_view(scores: pd.DataFrame) -> list[Table]:
    """All metrics by view and system: a table for each main metric. The interval of the main one is in `by_view`."""
    tables = []
    for metric, group in sorted_by_task(scores, "task_type").groupby("metric", sort=False):
        names = [name for name in METRICS if name in group and group[name].notna().any()]
        rows = [
            [Cell(row["view"]), Cell(title(row["system"])), *(_measure(row, name) for name in names)]
            for _, row in group.iterrows()
        ]
        header = ["View", "System", *(METRICS[name] for name in names)]
        tables.append(Table(f"Views scored by {METRICS[metric]}.", header, rows, words=2))
    return tables


def _measure(row: pd.Series, name: str) -> Cell:
    note = _interval(row["weighted_low"], row["weighted_high"]) if name == "weighted_f1" else ""
    return Cell(number(row[name]), note)


def comparisons(differences: pd.DataFrame, compared: str) -> Table:
    """A row for each view, and for each task's mean: how far one system is ahead of each other."""
    others = list(differences["other"].unique())
    rows = []
    grouped = sorted_by_task(differences, "task_type").groupby(["task_type", "metric", "view"], sort=False)
    for (task, metric, view), group in grouped:
        of = group.set_index("other").reindex(others)
        notes = [_interval(low, high) for low, high in zip(of["low"], of["high"], strict=True)]
        gaps = [Cell(f"{gap:+.1f}", note) for gap, note in zip(of["difference"], notes, strict=True)]
        rows.append([Cell(view or f"{TASK_TITLES[task][0]}, mean"), Cell(METRICS[metric]), *gaps])
    header = ["View", "Metric", *(f"over {title(other)}" for other in others)]
    return Table(f"Points by which {title(compared)} is ahead, with 95 % intervals.", header, rows, words=2)


def confusions(predictions: Sequence[Prediction]) -> list[Confusion]:
    """The confusion matrices of the views with closed labels, by name. Labels run from the most frequent gold down."""
    table = pd.DataFrame([(p.name, p.gold, p.label) for p in predictions if p.label is not None], columns=list("vgl"))
    matrices = []
    for view, rows in table.groupby("v"):
        golds = rows["g"].value_counts(sort=False).sort_index().sort_values(ascending=False, kind="stable")
        labels = [*golds.index, *sorted(set(rows["l"]) - set(golds.index))]
        shares = pd.crosstab(rows["g"], rows["l"], normalize="index").reindex(columns=labels, fill_value=0.0)
        matrices.append(Confusion(view, labels, [(g, int(n), shares.loc[g].tolist()) for g, n in golds.items()]))
    return matrices


def examples(
    predictions: Mapping[str, Sequence[Prediction]], asked: Mapping[tuple[str, str], Asked]
) -> dict[str, list[ExampleRow]]:
    """Ten test rows of each task answered by all systems: those whose hashes come first, so that nobody picks them."""
    answers = {system: {(p.name, p.id): p for p in rows} for system, rows in predictions.items()}
    first = next(iter(answers.values()))
    by_all = set(first).intersection(*answers.values())
    shown = {}
    for task in TASKS:
        keys = sorted((key for key in by_all if first[key].task_type == task), key=_hash)[:_EXAMPLES]
        if keys:
            shown[task] = [
                ExampleRow(
                    id=key[1],
                    view=key[0],
                    asked="\n\n".join(filter(None, asked[key])),
                    gold=first[key].gold,
                    answers=[_answer(system, answers[system][key]) for system in answers],
                )
                for key in keys
            ]
    return shown


def _answer(system: str, p: Prediction) -> Answer:
    if p.label is None:
        quoted = "\n".join(p.spans)
        return Answer(title(system), quoted or p.output, p.output if quoted and quoted != p.output else "", None)
    return Answer(title(system), p.label, p.output if p.output != p.label else "", p.label == p.gold)


def _hash(key: tuple[str, str]) -> str:
    return hashlib.sha256("/".join(key).encode()).hexdigest()


# Cells


def cells(values: Sequence[float], notes: Sequence[str] | None = None, merit: bool = True) -> list[Cell]:
    """Scores as cells, the best ones marked; those that print the same are equally good."""
    texts = [number(value) for value in values]
    top = number(np.nanmax(values))
    told_apart = merit and len(set(texts)) > 1
    return [
        Cell(text, note, told_apart and text == top)
        for text, note in zip(texts, notes or [""] * len(texts), strict=True)
    ]


def _of_all_rows(scores: pd.Series, rows: pd.Series, notes: Sequence[str] | None = None) -> list[Cell]:
    """Scores as cells, the best of those marked that are of as many rows as any."""
    marked = cells(scores.where(rows == rows.max()), notes)
    return [cell._replace(text=number(score)) for cell, score in zip(marked, scores, strict=True)]


def number(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.1f}"


def _drawback(share: float, full: float) -> Cell:
    """A share that speaks against a dataset; its bar is full at `full`."""
    bar = min(1.0, share / full) if share > 0 else None
    return Cell("–" if share == 0 else _share(share), bar=bar, mark="bad")


def _share(value: float) -> str:
    """A share, 0 to 1, in per cent; a small one does not print as zero."""
    if pd.isna(value):
        return "–"
    return "< 0.1 %" if 0 < value < 0.0005 else f"{100 * value:.1f} %"


def _interval(low: float, high: float) -> str:
    return "" if pd.isna(low) else f"{low:.1f} to {high:.1f}"


def _plain(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value}" if value not in ("", None) else "–"
