"""Experiments grouped by all that differs but the seed: means, and which differences are larger than seed noise.

    A  train.lr=0.002    seeds 1, 2, 3        macro_f1  37.6 ± 0.4
    B  train.lr=0.004    seeds 1, 2, 3        macro_f1  39.1 ± 0.5    B - A  +1.5 [+0.3, +2.7]  p 0.03

A seed decides the initial weights, the order of the batches and which test rows are drawn, so where one group has all
the seeds of the other they are compared seed by seed on those (paired t-test), else as two samples (Welch's t-test).
p is Holm's, over all differences that are printed together: where none is more than noise, one such table in twenty
says otherwise.
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pica.errors import DataError
from pica.params import flatten

SEED = "seed"
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Run:
    """One experiment.

    Args:
        name: DVC's, or the commit.
        commit: that it is based on.
        time: ISO 8601, when it was made.
        params, metrics: dotted key → value; of metrics the numbers alone.
    """

    name: str
    commit: str
    time: str
    params: Mapping[str, Any]
    metrics: Mapping[str, float]

    @property
    def seed(self) -> Any:
        """What it was started with."""
        return self.params.get(SEED)

    @property
    def setting(self) -> str:
        """All that it has in common with runs of other seeds."""
        rest = {key: value for key, value in self.params.items() if key != SEED}
        return json.dumps([self.commit, rest], sort_keys=True, default=str)


@dataclass(frozen=True, slots=True)
class Group:
    """Runs that differ by their seed alone, and what tells them from the other groups."""

    letter: str
    label: str
    runs: Sequence[Run]

    @property
    def seeds(self) -> list[Any]:
        """In their order."""
        return sorted((run.seed for run in self.runs), key=lambda seed: (isinstance(seed, str), seed))

    def values(self, metric: str) -> dict[Any, float]:
        """Seed → the metric, of each run that has it."""
        return {run.seed: run.metrics[metric] for run in self.runs if metric in run.metrics}


@dataclass(frozen=True, slots=True)
class Difference:
    """How far `group` is from the first group in a metric.

    Args:
        low, high: of the 95 % interval.
        p: Holm's, over all differences that are looked at together.
        paired: by seed.
    """

    metric: str
    group: Group
    value: float
    low: float
    high: float
    p: float
    paired: bool

    @property
    def beyond_noise(self) -> bool:
        """Whether it is larger than what other seeds explain."""
        return self.p < LEVEL


def runs_of(shown: Sequence[Mapping[str, Any]], metrics: str) -> tuple[list[Run], dict[str, int]]:
    """The finished runs of `dvc exp show --json`, commits that experiments are based on among them, and how many
    experiments are in another state.

    Raises:
        DataError: no experiment has that file, and others have been written.

    Args:
        metrics: the file of the metrics, such as metrics/tuned.json.
    """
    runs, others, files = [], {}, set()
    for baseline in shown:
        if baseline["rev"] == "workspace":  # what lies there is one of the others, or not finished
            continue
        commit = baseline["rev"][:7]
        experiments = baseline.get("experiments") or []
        entries = [("", {"name": commit, "revs": [baseline]}), *(("experiment", each) for each in experiments)]
        for kind, entry in entries:
            state = (entry.get("executor") or {}).get("state", "success")
            data = entry["revs"][0].get("data")
            numbers = _numbers(data, metrics) if data else {}
            files |= set((data or {}).get("metrics") or ())
            if state == "success" and numbers:
                params = flatten(_content(data["params"], "params.yaml"))
                name = entry.get("name") or entry["revs"][0]["rev"][:7]
                runs.append(Run(name, commit, str(data.get("timestamp") or ""), params, numbers))
            elif kind:
                state = "without these metrics" if state == "success" else state
                others[state] = others.get(state, 0) + 1
    if files and metrics not in files:
        raise DataError(f"no experiment has {metrics}. They have: {', '.join(sorted(files))}.")
    return runs, others


def _content(files: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return (files.get(name) or {}).get("data") or {}


def _numbers(data: Mapping[str, Any], metrics: str) -> dict[str, float]:
    values = flatten(_content(data.get("metrics") or {}, metrics))
    return {key: float(v) for key, v in values.items() if isinstance(v, int | float) and not isinstance(v, bool)}


def groups_of(runs: Sequence[Run]) -> tuple[list[Group], int]:
    """The groups, that with the most runs first, and how many runs repeat a seed of their group and are left out."""
    settings: dict[str, dict[Any, Run]] = {}
    for run in sorted(runs, key=lambda run: run.time):
        settings.setdefault(run.setting, {})[run.seed] = run
    kept = sorted((list(of.values()) for of in settings.values()), key=lambda of: (-len(of), of[0].time))
    labels = _labels([of[0] for of in kept])
    groups = [Group(_letter(i), label, of) for i, (label, of) in enumerate(zip(labels, kept, strict=True))]
    return groups, len(runs) - sum(map(len, kept))


def _labels(firsts: Sequence[Run]) -> list[str]:
    """Of each group, the parameters whose values are not the same in all of them."""
    all_params = [{**run.params, "commit": run.commit} for run in firsts]
    keys = sorted(set().union(*all_params) - {SEED})
    telling = [key for key in keys if len({str(params.get(key)) for params in all_params}) > 1]
    return [", ".join(f"{key}={params.get(key)}" for key in telling) for params in all_params]


def _letter(index: int) -> str:
    """A to Z, then A1, …"""
    return chr(ord("A") + index % 26) + (str(index // 26) if index >= 26 else "")


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation (of a sample; NaN for one value)."""
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else math.nan


def differences(groups: Sequence[Group], metrics: Sequence[str]) -> list[Difference]:
    """Every other group against the first, in every metric that both have from two runs at least."""
    first, *others = groups
    found = [
        _difference(metric, first, other)
        for other in others
        for metric in metrics
        if min(len(first.values(metric)), len(other.values(metric))) > 1
    ]
    adjusted = _holm([each.p for each in found])
    return [
        Difference(each.metric, each.group, each.value, each.low, each.high, p, each.paired)
        for each, p in zip(found, adjusted, strict=True)
    ]


def _difference(metric: str, first: Group, other: Group) -> Difference:
    from scipy.stats import ttest_ind, ttest_rel

    ours, theirs = first.values(metric), other.values(metric)
    common = sorted(ours.keys() & theirs.keys(), key=str)
    paired = len(common) == min(len(ours), len(theirs))
    a = np.array([ours[seed] for seed in (common if paired else ours)])
    b = np.array([theirs[seed] for seed in (common if paired else theirs)])
    value = float(b.mean() - a.mean())
    steady = np.ptp(b - a) == 0 if paired else np.ptp(a) == np.ptp(b) == 0
    if steady:  # no seed makes any difference
        return Difference(metric, other, value, value, value, 1.0 if value == 0 else 0.0, paired)
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # of values that are nearly the same
        test = ttest_rel(b, a) if paired else ttest_ind(b, a, equal_var=False)
        ends = test.confidence_interval(1 - LEVEL)
    return Difference(metric, other, value, float(ends.low), float(ends.high), float(test.pvalue), paired)


def _holm(values: Sequence[float]) -> list[float]:
    """Holm's p-values."""
    adjusted, highest = [1.0] * len(values), 0.0
    for rank, index in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        highest = max(highest, min(1.0, (len(values) - rank) * values[index]))
        adjusted[index] = highest
    return adjusted


def needed(seeds: int) -> float:
    """How many of its standard deviations over seeds a paired difference has to reach, by the t-test alone."""
    from scipy.stats import t

    return float(t.ppf(1 - LEVEL / 2, seeds - 1) / math.sqrt(seeds))
