"""Which kept runs belong together, by what their run.json says.

smollm2-135m         {"rows": 5954, "seed": 42, "adapter_sha256": "a6e8…", …}    has a section
smollm2-135m-19      {"rows": 758, "seed": 42, "adapter_sha256": "11c0…", …}     is a point of its learning curve
smollm2-135m-19-43   {"rows": 758, "seed": 43, "adapter_sha256": "9d27…", …}     is that training with another seed
smollm2-135m-43      {"rows": 5954, "seed": 43, "adapter_sha256": "a6e8…", …}    is the first adapter on other test rows
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
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
    trainings: dict[str, list[Path]] = defaultdict(list)
    for folder in _runs(tables):
        trainings[read_json(folder / RUN)["adapter_sha256"]].append(folder)
    first, seeds = _by_seed([folders[0] for folders in trainings.values()])
    curves: list[tuple[list[Any], dict[int, Path]]] = []
    for folder in first:
        run = read_json(folder / RUN)
        settings, rows = [run[key] for key in (*_SETTINGS, "seed")], run["rows"]
        # The same training twice is no curve.
        known = next((runs for of, runs in curves if of == settings and rows not in runs), None)
        if known is None:
            curves.append((settings, known := {}))
        known[rows] = folder
    made = []
    for _, runs in curves:
        curve = [runs[rows] for rows in sorted(runs, reverse=True)]
        draws = trainings[read_json(curve[0] / RUN)["adapter_sha256"]][1:]
        made.append(Family(curve, {folder: seeds[folder] for folder in curve if folder in seeds}, draws))
    return made


def _runs(tables: Path) -> Iterator[Path]:
    return (path.parent for path in sorted(tables.glob(f"*/{RUN}")))


def _by_seed(folders: Sequence[Path]) -> tuple[list[Path], dict[Path, list[Path]]]:
    """The trainings that no other one before them repeats with another seed, and of those the others' seeds."""
    first: list[Path] = []
    others: dict[Path, list[Path]] = defaultdict(list)
    for folder in folders:
        alike = next((known for known in first if _differ_in_seed_alone(known, folder)), None)
        if alike:
            others[alike].append(folder)
        else:
            first.append(folder)
    return first, others


def _differ_in_seed_alone(one: Path, other: Path) -> bool:
    # Not by the rows that there were: a seed draws which ones, and a dataset may have too few of a label.
    runs = [read_json(folder / RUN) for folder in (one, other)]
    settings = [[run[key] for key in (*_SETTINGS, "train_rows_per_view")] for run in runs]
    return settings[0] == settings[1] and runs[0]["seed"] != runs[1]["seed"]
