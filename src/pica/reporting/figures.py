"""The figures, each a function from a small table to an inline SVG; the learning curve is a file beside a page.

Colours are written as CSS variables of the page and text as text, so that one drawing serves light and dark, print and
search. The palette is that of Okabe and Ito (2008), which colour-blind readers can tell apart; systems differ in their
markers too. The bytes depend on the table alone.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from html import escape
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from pica.reporting.tables import TASK_TITLES, sorted_by_task, title

# Colour → the page's variable. The values here are the light theme's; a variable may have another one in the dark.
_VARIABLES = {
    "#1c2128": "currentColor",
    "#d5d9df": "var(--line)",
    "#8b929c": "var(--grey)",
    "#0072b2": "var(--blue)",
    "#009e73": "var(--green)",
    "#e69f00": "var(--orange)",
    "#cc79a7": "var(--pink)",
    "#d55e00": "var(--red)",
    "#56b4e9": "var(--sky)",
}
_INK, _LINE, _GREY, _BLUE, _GREEN, _ORANGE, _PINK, _RED, _SKY = _VARIABLES
_TASK = dict(zip(TASK_TITLES, (_BLUE, _GREEN, _ORANGE, _PINK, _RED), strict=True))
# Of the systems that come with the code, and of others in their turn.
_SYSTEM = {
    "majority": (_GREY, "s"),
    "tfidf": (_ORANGE, "^"),
    "retrieval": (_PINK, "v"),
    "encoder": (_GREEN, "P"),
    "base": (_BLUE, "D"),
    "base-3-shot": (_SKY, "d"),
    "tuned": (_RED, "o"),
}
_OTHERS = tuple((colour, marker) for marker in "X*<>ph" for colour in (_PINK, _GREEN, _SKY, _ORANGE, _BLUE, _GREY))
_REASONS = (_BLUE, _ORANGE, _GREEN, _RED, _PINK, _SKY, _GREY)
_STATIONS = {
    "read": ("s", _GREY, "read"),
    "kept": ("D", _GREEN, "kept"),
    "examples": ("^", _BLUE, "examples made of them"),
    "drawn": ("o", _RED, "drawn for training"),
}

_STYLE = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.edgecolor": _LINE,
    "axes.labelcolor": _INK,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": _LINE,
    "grid.linewidth": 0.5,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}
_WIDTH, _ROW = 9.6, 0.2  # inches
# What an SVG file would say of when and by what it was made.
_METADATA = ("Date", "Creator", "Format", "Type")


def funnel(filtered: pd.DataFrame, counts: pd.DataFrame) -> str:
    """Rows after each step by corpus, and the share of those that were rejected, by reason.

    Args:
        filtered: corpus, split, outcome ("kept" or why not), rows.
        counts: `tables.by_corpus`.
    """
    counts = counts[::-1]
    rows = filtered.pivot_table(index="corpus", columns="outcome", values="rows", aggfunc="sum", fill_value=0)
    reasons = rows.reindex(counts.index).drop(columns="kept", errors="ignore")
    reasons = _most_frequent(reasons[reasons.sum().sort_values(ascending=False, kind="stable").index], len(_REASONS))
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, 1.3 + 0.85 * _ROW * len(counts)))
        size, share = figure.subplots(1, 2, sharey=True, width_ratios=(1, 1))
        seen = counts.where(counts > 0)  # a logarithm has no place for none
        size.hlines(counts.index, seen.min(axis=1), seen.max(axis=1), color=_LINE, linewidth=1.5, zorder=1)
        for column, (marker, colour, label) in _STATIONS.items():
            size.plot(seen[column], counts.index, marker, color=colour, markersize=4.5, label=label)
        size.set(xscale="log", title="Rows, log scale")
        _counts(size)
        left = 0 * counts["read"]
        for colour, reason in zip(_REASONS, reasons, strict=False):
            part = 100 * reasons[reason] / counts["read"].clip(lower=1)
            share.barh(counts.index, part, left=left, color=colour, label=reason, height=0.62)
            left = left + part
        share.set(title="Not kept, % of rows read")
        share.set_xlim(0, max(1, 1.05 * left.max()))
        size.set_ylim(-0.6, len(counts) - 0.4)
        for axes in (size, share):
            axes.grid(axis="y", visible=False)
        figure.legend(*size.get_legend_handles_labels(), loc="outside upper left", ncols=4)
        if not reasons.empty:
            figure.legend(*share.get_legend_handles_labels(), loc="outside lower left", ncols=3)
        read, kept = int(counts["read"].sum()), int(counts["kept"].sum())
        return _svg(
            figure, f"Of {read:,} rows in {len(counts)} datasets {kept:,} are kept; the table below has the counts."
        )


def mixture(table: pd.DataFrame) -> str:
    """Training rows and their share by view, coloured by task.

    Args:
        table: view, task, n, rows, epochs, share.
    """
    table = sorted_by_task(table, "task")
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, 1.0 + _ROW * len(table)))
        axes = figure.subplots()
        for task, rows in table.groupby("task", sort=False):
            axes.barh(rows["view"], rows["rows"], color=_TASK[task], label=TASK_TITLES[task][0])
        axes.set_ylim(len(table) - 0.4, -0.6)  # the first row on top, as in a table
        axes.margins(x=0.22)
        for row in table.itertuples():
            of = f"of {row.n:,}" if row.rows <= row.n else f"= {row.epochs:.1f} × {row.n:,}"
            axes.annotate(
                f"{row.rows:,} {of} · {100 * row.share:.1f} %",
                (row.rows, row.view),
                (3, 0),
                textcoords="offset points",
                va="center",
            )
        axes.grid(axis="y", visible=False)
        _counts(axes)
        figure.legend(loc="outside lower left", ncols=5)
        return _svg(
            figure, f"{int(table['rows'].sum()):,} training rows of {len(table)} views; the table below has them."
        )


def curves(table: pd.DataFrame) -> str:
    """Loss by optimiser step: that of each step pale, and its moving average over it.

    Args:
        table: step, loss, validation; NaN where a step has none. Both are means over examples.
    """
    loss, validation = table.dropna(subset="loss"), table.dropna(subset="validation")
    # Centred, so that it does not lag behind a falling loss.
    average = loss["loss"].rolling(max(5, len(loss) // 25), center=True, min_periods=1).mean()
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, 3.2))
        axes = figure.subplots()
        axes.plot(loss["step"], loss["loss"], color=_SKY, linewidth=0.7, alpha=0.5, label="training, each step")
        axes.plot(loss["step"], average, color=_BLUE, linewidth=1.8, label="training, moving average")
        axes.plot(
            validation["step"],
            validation["validation"],
            "o-",
            color=_RED,
            markersize=4,
            linewidth=1.2,
            label="validation",
        )
        axes.set(xlabel="step", ylabel="loss of an answer (nats per token)")
        axes.legend()
        first, last = average.iloc[[0, -1]]
        return _svg(
            figure, f"Training loss falls from {first:.2f} to {last:.2f} in {int(table['step'].max()):,} steps."
        )


def calibration(table: pd.DataFrame) -> str:
    """How often answers are right by how sure the system is of them, before and after its temperature is fitted.

    Args:
        table: temperature ("none" or "fitted"), n, confidence, right; shares in per cent.
    """
    drawn = {"none": (_BLUE, "o", "as scored"), "fitted": (_RED, "D", "at the temperature of validation rows")}
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(4.2, 3.4))
        axes = figure.subplots()
        axes.plot([0, 100], [0, 100], color=_GREY, linewidth=0.8, linestyle="--", label="as sure as right")
        for name, (colour, marker, said) in drawn.items():
            rows = table[table["temperature"] == name]
            if len(rows):
                axes.plot(rows["confidence"], rows["right"], color=colour, marker=marker, markersize=4, label=said)
        axes.set(xlabel="mean probability of the answer, %", ylabel="right, %", xlim=(0, 101), ylim=(-1, 101))
        axes.legend(loc="upper left")
        n = int(table.loc[table["temperature"] == "none", "n"].sum())
        return _svg(figure, f"How often answers are right by how probable they are: {n:,} rows in bins of equal size.")


def learning_curve(table: pd.DataFrame) -> str:
    """Scores by the number of training rows, a panel for each measure: a picture of its own, on white.

    Args:
        table: system, rows, and a column for each measure, in per cent.
    """
    measures = [name for name in table.columns if name not in ("system", "rows")]
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, 2.8))
        panels = figure.subplots(1, len(measures), squeeze=False)[0]
        style = _styles(table["system"])
        for axes, measure in zip(panels, measures, strict=True):
            for system, of in table.sort_values("rows").groupby("system", sort=False):
                colour, marker = style[system]
                drawn = {"color": colour, "marker": marker, "markersize": 4, "linewidth": 1.2}
                axes.plot(of["rows"], of[measure], label=title(system), **drawn)
            rows = sorted(table["rows"].unique())
            axes.set(xscale="log", title=f"{measure}, %", xlabel="training rows, log scale")
            axes.set_xticks(rows, [f"{count:,}" for count in rows])
            axes.minorticks_off()
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper left", ncols=7)
        return _saved(figure, "learning curve", facecolor="white")


def scores(table: pd.DataFrame) -> str:
    """Each system's score and interval by view.

    Args:
        table: system, view, task_type, score, low, high.
    """
    return _intervals(
        table, "system", "score", "score of the view's metric, % with 95 % interval", "Scores of each system by view."
    )


def differences(table: pd.DataFrame, compared: str) -> str:
    """How far one system is ahead of each other, by view.

    Args:
        table: other, view, task_type, difference, low, high.
    """
    label = f"{title(compared)} ahead by, points with 95 % interval of the paired difference"
    table = table[table["view"] != ""]  # the tasks' means stand in the table
    return _intervals(
        table, "other", "difference", label, f"Paired differences by view between {title(compared)} and the others."
    )


def _intervals(table: pd.DataFrame, by: str, value: str, label: str, alt: str) -> str:
    """Points with whiskers: a panel for each task, a line for each view, a marker for each system. Nothing where no
    view has a test row."""
    if table.empty:
        return ""
    table = sorted_by_task(table, "task_type")
    systems = list(table[by].unique())
    style = _styles(systems)
    tasks = table.groupby("task_type", sort=False)["view"].unique()
    heights = [len(views) + 1 for views in tasks]
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, 1.0 + 0.32 * sum(heights)))
        panels = figure.subplots(len(tasks), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
        for axes, (task, views) in zip(panels, tasks.items(), strict=True):
            for offset, system in zip(np.linspace(-0.24, 0.24, len(systems)), systems, strict=True):
                rows = table[(table["task_type"] == task) & (table[by] == system)].set_index("view").reindex(views)
                _points(axes, np.arange(len(views)) + offset, rows, value, title(system), style[system])
            axes.set(
                yticks=range(len(views)), yticklabels=views, ylim=(len(views) - 0.4, -0.6), title=TASK_TITLES[task][0]
            )
            axes.axvline(0, color=_INK, linewidth=0.8)
        panels[-1].set_xlabel(label)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper left", ncols=min(7, len(systems)))
        return _svg(figure, alt + " The table below has the figures.")


def _styles(systems: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The colour and marker of each system."""
    others = iter(_OTHERS)
    return {name: _SYSTEM[name] if name in _SYSTEM else next(others) for name in dict.fromkeys(systems)}


def _points(axes: Axes, y: np.ndarray, rows: pd.DataFrame, value: str, label: str, style: tuple[str, str]) -> None:
    colour, marker = style
    axes.hlines(y, rows["low"], rows["high"], color=colour, linewidth=1.2)
    axes.plot(rows[value], y, marker, color=colour, markersize=4, label=label)


def _most_frequent(columns: pd.DataFrame, count: int) -> pd.DataFrame:
    """The first columns, with the others summed as the last when there are more than `count`."""
    if columns.shape[1] <= count:
        return columns
    rest = columns.iloc[:, count - 1 :].sum(axis=1)
    return columns.iloc[:, : count - 1].assign(**{"other reasons": rest})


def _counts(axes: Axes) -> None:
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))


def _svg(figure: Figure, alt: str) -> str:
    """The figure as an `<svg>` element, as wide as its place."""
    drawing = _saved(figure, alt, transparent=True).partition("<svg")[2]
    drawing = re.sub(r' (?:width|height)="[^"]*pt"', "", drawing)
    drawing = re.sub(r'<g id="[^"]*">', "<g>", drawing)
    drawing = re.sub("|".join(_VARIABLES), lambda colour: _VARIABLES[colour[0]], drawing)
    return f'<svg role="img" aria-label="{escape(alt)}"{drawing}'


def _saved(figure: Figure, name: str, **look: Any) -> str:
    """The figure as an SVG file has it, without a date or ids that another figure has too."""
    file = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name}):  # ids are hashes of this and of what they name
        figure.savefig(file, format="svg", metadata=dict.fromkeys(_METADATA), **look)
    return file.getvalue()
