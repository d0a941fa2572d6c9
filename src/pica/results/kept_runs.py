"""Which kept runs belong together, by what their run.json says.

smollm2-135m         {"rows": 5954, "seed": 42, "adapter_sha256": "a6e8…", …}    has a section
smollm2-135m-19      {"rows": 758, "seed": 42, "adapter_sha256": "11c0…", …}     is a point of its learning curve
smollm2-135m-19-43   {"rows": 758, "seed": 43, "adapter_sha256": "9d27…", …}     is that training with another seed
smollm2-135m-43      {"rows": 5954, "seed": 43, "adapter_sha256": "a6e8…", …}    is the first adapter on other test rows
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pica.store import read_json

RUN, SCORES, DIFFERENCES, ASKED = "run.json", "scores.csv", "differences.csv", "asked.csv"
# Of run.json, what runs of one family have in common.
_SETTINGS = (
    *("model", "source", "quantisation", "compared", "adapter", "r", "lr", "batch_tokens", "max_length"),
    *("licences", "rows_per_view", "label_scores"),
)


@dataclass(frozen=True, slots=True)
class Family:
    """Folders of kept runs.

    Args:
        curve: one for each number of training rows, the one with most first; nothing else tells them apart.
        seeds: of those that were trained with other seeds too, the others.
        draws: those of the first one's adapter on other test rows.
    """

    curve: Sequence[Path]
    seeds: Mapping[Path, Sequence[Path]]
    draws: Sequence[Path]


def families(tables: Path) -> list[Family]:
    """All kept runs in a folder."""
    runs = {path.parent: read_json(path) for path in sorted(tables.glob(f"*/{RUN}"))}
    trainings: dict[str, list[Path]] = defaultdict(list)
    for folder, run in runs.items():
        trainings[run["adapter_sha256"]].append(folder)
    seeds = _by_seed({folders[0]: runs[folders[0]] for folders in trainings.values()})
    curves: list[tuple[list[Any], dict[int, Path]]] = []
    for folder in seeds:
        settings, rows = [runs[folder][key] for key in (*_SETTINGS, "seed")], runs[folder]["rows"]
        # The same training twice is no curve.
        known = next((points for of, points in curves if of == settings and rows not in points), None)
        if known is None:
            curves.append((settings, known := {}))
        known[rows] = folder
    made = []
    for _, points in curves:
        curve = [points[rows] for rows in sorted(points, reverse=True)]
        draws = trainings[runs[curve[0]]["adapter_sha256"]][1:]
        made.append(Family(curve, {folder: seeds[folder] for folder in curve if seeds[folder]}, draws))
    return made


def _by_seed(runs: Mapping[Path, Mapping[str, Any]]) -> dict[Path, list[Path]]:
    """Of each training that repeats none before it with another seed, those that repeat it."""
    found: dict[Path, list[Path]] = {}
    for folder, run in runs.items():
        alike = next((known for known in found if _differ_in_seed_alone(runs[known], run)), None)
        if alike:
            found[alike].append(folder)
        else:
            found[folder] = []
    return found


def _differ_in_seed_alone(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    # Not by the rows that there were: a seed draws which ones, and a dataset may have too few of a label.
    same = all(one[key] == other[key] for key in (*_SETTINGS, "train_rows_per_view"))
    return same and one["seed"] != other["seed"]
