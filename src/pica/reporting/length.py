"""The page's tables of length: how scores depend on that of the text asked about and on that of the labels.

    Text asked about      Rows   Words   Majority   TF-IDF   Tuned
    shortest quarter       312      14       24.1     38.0    41.2

Rows are sorted into quarters within their view: else a quarter would be a choice of datasets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from pica.evaluation.metrics import tokens
from pica.reporting.tables import Asked, Cell, Table, title
from pica.schema import Prediction

_QUARTERS = ("shortest quarter", "second", "third", "longest quarter")
# Labels of so many tokens or more make one line.
_LONG = 4


def by_input(predictions: Mapping[str, Sequence[Prediction]], asked: Mapping[tuple[str, str], Asked]) -> Table:
    """How often each system gives the right label, by how long the text is that it was asked about.

    Views of fewer rows than there are quarters are left out. Lengths are in words, or Chinese characters.
    """
    table = _quarters(predictions, asked)
    systems = [system for system in predictions if system in set(table["system"])]
    lines = []
    for number, rows in table.groupby("quarter"):
        once = rows.loc[rows["system"] == systems[0], "words"]
        right = rows.groupby("system")["right"].mean()
        facts = [_QUARTERS[number], f"{len(once):,}", f"{once.median():.0f}"]
        lines.append([*map(Cell, facts), *(Cell(f"{right[system]:.1f}") for system in systems)])
    header = ["Text asked about", "Rows", "Words (median)", *map(title, systems)]
    return Table("Right labels in a hundred, by length of the text, in quarters of each view.", header, lines)


def _quarters(predictions: Mapping[str, Sequence[Prediction]], asked: Mapping[tuple[str, str], Asked]) -> pd.DataFrame:
    """Each closed answer with the words of its text and the quarter of its view, 0 to 3."""
    closed = [(system, p) for system, answers in predictions.items() for p in answers if p.candidates]
    # Once a text, not once a system.
    languages = {(p.name, p.id): p.language for _, p in closed}
    words = {key: len(tokens(asked[key].input, language)) for key, language in languages.items()}
    found = [(system, p.name, p.id, words[p.name, p.id], 100.0 * (p.label == p.gold)) for system, p in closed]
    table = pd.DataFrame(found, columns=["system", "view", "id", "words", "right"]).sort_values(["words", "id"])
    views = table.groupby(["system", "view"])["id"]
    sizes = views.transform("size")
    table["quarter"] = views.cumcount() * len(_QUARTERS) // sizes
    return table[sizes >= len(_QUARTERS)]


def by_label(answers: Sequence[Prediction]) -> Table:
    """How often one system gives labels of one token, of two and so on, beside how often they are gold.

    A log-probability is a sum over tokens, and so holds against long labels. Systems without log-probabilities have an
    empty table.
    """
    scored = [p for p in answers if p.lengths]
    rows = pd.DataFrame(
        {
            "gold": [min(_tokens(p, p.gold), _LONG) for p in scored],
            "answered": [min(_tokens(p, p.label), _LONG) for p in scored],
            "right": [100.0 * (p.label == p.gold) for p in scored],
        }
    )
    lines = []
    for length in range(1, _LONG + 1):
        of_gold = rows[rows["gold"] == length]
        said = (rows["answered"] == length).sum()
        if len(of_gold) or said:
            name = f"{length} or more" if length == _LONG else f"{length}"
            right = f"{of_gold['right'].mean():.1f}" if len(of_gold) else "–"
            shares = [f"{100 * count / len(rows):.1f}" for count in (len(of_gold), said)]
            lines.append([Cell(name), *map(Cell, shares), Cell(right)])
    header = ["Tokens of the label", "Gold, %", "Answered, %", "Found, %"]
    return Table("Labels by their length in tokens.", header, lines)


def _tokens(p: Prediction, label: str) -> int:
    """Of a label, without the end token."""
    return p.lengths[p.candidates.index(label)] - 1
