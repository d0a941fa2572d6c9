"""Which views of the training mixture a chat asks in a language, how well they are known, and what is off for want of
one.

skills("en", Path("."))["emotion"]
Skill(view="dailydialog-classification", rows=830, score="macro_f1 41.2 on test", labels=("no emotion", …))
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import yaml

from pica.chat.state import Part
from pica.corpora import View, corpus, view_corpus, views
from pica.errors import ChatError

MIXTURE, SCORES = Path("tables/mixture.csv"), Path("tables/tuned.csv")

Use = Literal["emotion", "situation", "persona", "strategy", "reply"]
USES: tuple[Use, ...] = ("emotion", "situation", "persona", "strategy", "reply")
# Which controls of a reply's view tell it a part of the state, as `questions.reply` does. A `stage` is told nowhere.
_TOLD: Mapping[Part, frozenset[str]] = {
    "emotion": frozenset({"feeling"}),
    "situation": frozenset({"situation", "scene"}),
    "persona": frozenset({"situation", "scene"}),
    "strategy": frozenset({"strategy", "act"}),
}


@dataclass(frozen=True, slots=True)
class Skill:
    """What a part of the chat asks.

    Args:
        view: the view whose question it is.
        rows: training rows of it in the mixture; 0 where it was not trained, or where the mixture is not known.
        score: what the tuned model scored on its test rows; empty where that is not known.
    """

    view: str
    rows: int
    score: str = ""

    @property
    def trained(self) -> bool:
        """Whether the mixture covers it."""
        return self.rows > 0

    @property
    def labels(self) -> tuple[str, ...]:
        """The closed set of answers, empty for free text."""
        return views()[self.view].labels

    @property
    def speakers(self) -> tuple[str, str]:
        """What the view's dialogues call the user, and who replies."""
        named = table()["speakers"]
        return tuple(named.get(views()[self.view].speaker, named["*"]))

    @property
    def told(self) -> tuple[Part, ...]:
        """Of a reply: the parts of the state that stand in its prompts; the others it cannot see."""
        return tuple(part for part, controls in _TOLD.items() if controls & set(views()[self.view].controls))


def skills(language: str, root: Path) -> Mapping[Use, Skill]:
    """Of each use the view to ask in that language; a use that no view of the language serves is not there.

    Args:
        root: the repository, whose tables say what was trained and how it scored; they need not be there.

    Raises:
        ChatError: there is no view of a reply in that language.
    """
    rows, scores = trained_rows(root), view_scores(root)

    def skill(view: View) -> Skill:
        score = f"{scores[view.name]} on test" if view.name in scores else ""
        return Skill(view.name, rows.get(view.name, 0), score)

    found: dict[Use, Skill] = {}
    for use, serves in _SERVES.items():
        known = [skill(view) for view in views().values() if serves(view) and _speaks(view, language)]
        if known:
            found[use] = min(known, key=lambda each, use=use: _rank(use, each))
    if "reply" not in found:
        raise ChatError(f"no dataset of the catalogue has replies in '{language}': chat speaks en and zh.")
    if (acts := _strategies(views()[found["reply"].view])) is not None:
        found["strategy"] = skill(acts)
    return found


def trained_rows(root: Path) -> dict[str, int]:
    """View → training rows in the mixture; nothing where that is not known."""
    return {view: int(rows) for view, rows in _column(root / MIXTURE, "rows").items()}


def view_scores(root: Path) -> dict[str, str]:
    """View → what the tuned model scored on its test rows, as "macro_f1 41.2"; nothing where that is not known."""
    metrics = _column(root / SCORES, "metric")
    return {view: f"{metrics[view]} {float(score):.1f}" for view, score in _column(root / SCORES, "score").items()}


def _rank(use: Use, skill: Skill) -> tuple[bool, int, int]:
    listed = table()[use]
    return not skill.trained, listed.index(skill.view) if skill.view in listed else len(listed), -skill.rows


def _speaks(view: View, language: str) -> bool:
    return language in corpus(view_corpus(view.name)).languages


def _is_emotion(view: View) -> bool:
    return view.asks == "emotion" and view.task == "dialogue_emotion" and view.of == "turn" and not view.groups


def _free(asks: str) -> Callable[[View], bool]:
    return lambda view: view.task == "dialogue_inference" and view.asks == asks and not view.labels


_SERVES: Mapping[Use, Callable[[View], bool]] = {
    "emotion": _is_emotion,
    "situation": _free("situation"),
    "persona": _free("persona"),
    "reply": lambda view: (
        view.task == "dialogue_generation" and view.asks == "reply" and "speaker" not in view.controls
    ),
}


def _strategies(reply: View) -> View | None:
    """The view that asks for the strategies which the reply's view is told."""
    if "strategy" not in reply.controls:
        return None
    same = (v for v in views().values() if view_corpus(v.name) == view_corpus(reply.name) and v.asks == "strategy")
    return next(same, None)


def notes(language: str, found: Mapping[Use, Skill]) -> Iterator[str]:
    """A line a use: what is asked, or why it is off. And a line on what the reply is told of the state."""
    for use in USES:
        if use not in found:
            yield f"{use}: off, since no view of the catalogue asks for it in '{language}'"
        elif not found[use].trained and use != "reply":
            yield f"{use}: off, since {found[use].view} has no rows in the trained mixture"
        elif not found[use].trained:
            yield f"{use}: {found[use].view}, which has no rows in the trained mixture: expect the base's own words"
        else:
            known = found[use].score or "score not known"
            yield f"{use}: {found[use].view}, {found[use].rows:,} training rows, {known}"
    told = ", ".join(found["reply"].told)
    yield f"told to the reply: {told or 'no part of the state, so that a change of one changes none of its prompts'}"


@cache
def table() -> Mapping[str, Any]:
    """views.yaml."""
    return yaml.safe_load((files("pica.chat") / "views.yaml").read_text(encoding="utf-8"))


@cache
def negative() -> frozenset[str]:
    """Labels of negative feelings."""
    return frozenset(label for group in table()["negative"] for label in group)


def neutral(label: str) -> bool:
    """Whether a label of emotion stands for none."""
    return any(label in group for group in table()["neutral"])


def _column(path: Path, name: str) -> dict[str, str]:
    """view → the value of a column, of the rows of all languages together; nothing where there is no such file."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["view"]: row[name] for row in rows if row.get(name)}
