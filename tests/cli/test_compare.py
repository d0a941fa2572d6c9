"""`pica compare`: experiments grouped by all but the seed, and which differences seeds do not explain."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from pica.cli import main
from pica.cli.seeds import differences, groups_of, needed, runs_of
from pica.errors import DataError

PIPELINE = """
stages:
  train:
    cmd: >-
      {python} train.py
    params: [seed, train]
    deps: [train.py]
    metrics:
      - metrics/tuned.json: {{cache: false}}
"""
TRAIN = """
import json, os, random, yaml
params = yaml.safe_load(open("params.yaml"))
noise = random.Random(params["seed"])
os.makedirs("metrics", exist_ok=True)
lead = 5 if params["train"]["lr"] > 0.002 else 0
scores = {"macro_f1": 30 + lead + noise.gauss(0, 0.5), "rouge_l": 10 + noise.gauss(0, 1) * (1 + lead)}
json.dump(scores, open("metrics/tuned.json", "w"))
"""


def entry(name, seed, lr, metrics, time="2026-01-01T00:00:00", state="success"):
    data = {
        "timestamp": time,
        "params": {"params.yaml": {"data": {"seed": seed, "train": {"lr": lr}}}},
        "metrics": {"metrics/tuned.json": {"data": metrics}} if metrics else {},
    }
    return {"name": name, "executor": {"state": state}, "revs": [{"rev": name, "data": data}]}


def shown(*experiments, baseline=None):
    head = {"rev": "abcdef0123", "data": baseline["revs"][0]["data"] if baseline else None}
    return [{"rev": "workspace", "data": None}, {**head, "experiments": list(experiments)}]


def grouped(*experiments, baseline=None):
    runs, _ = runs_of(shown(*experiments, baseline=baseline), "metrics/tuned.json")
    return groups_of(runs)


def test_what_differs_but_for_the_seed_makes_a_group_and_its_name():
    groups, repeats = grouped(
        *(entry(f"a{seed}", seed, 0.002, {"f1": seed}) for seed in (3, 1, 2)),
        *(entry(f"b{seed}", seed, 0.004, {"f1": seed}) for seed in (1, 2)),
        baseline=entry("", 42, 0.002, {"f1": 42}),
    )
    assert [(group.letter, group.label, group.seeds) for group in groups] == [
        ("A", "train.lr=0.002", [1, 2, 3, 42]),
        ("B", "train.lr=0.004", [1, 2]),
    ]
    assert repeats == 0


def test_a_seed_that_was_run_again_counts_once_by_its_newest_run():
    (group,), repeats = grouped(
        entry("old", 1, 0.002, {"f1": 1}, "2026-01-01"), entry("new", 1, 0.002, {"f1": 2}, "2026-02-01")
    )
    assert (group.values("f1"), repeats) == ({1: 2.0}, 1)


def test_what_is_not_finished_is_counted_and_not_used():
    runs, others = runs_of(
        shown(
            entry("a", 1, 0.002, {"f1": 1}),
            entry("b", 2, 0.002, None, state="queued"),
            entry("c", 3, 0.002, None, state="failed"),
            entry("d", 4, 0.002, None),
        ),
        "metrics/tuned.json",
    )
    assert [run.name for run in runs] == ["a"]
    assert others == {"queued": 1, "failed": 1, "without these metrics": 1}


def test_metrics_that_no_experiment_has_are_named_with_those_there_are():
    with pytest.raises(DataError, match=r"no experiment has metrics/tund.json. They have: metrics/tuned.json"):
        runs_of(shown(entry("a", 1, 0.002, {"f1": 1})), "metrics/tund.json")


def compared(ours, theirs):
    groups, _ = grouped(
        *(entry(f"a{seed}", seed, 1, {"f1": value}) for seed, value in ours.items()),
        *(entry(f"b{seed}", seed, 2, {"f1": value}) for seed, value in theirs.items()),
    )
    (found,) = differences(groups, ["f1"])
    return found


def test_groups_with_the_same_seeds_are_compared_seed_by_seed():
    ours, theirs = {1: 30.0, 2: 35.0, 3: 33.0, 9: 50.0}, {1: 31.1, 2: 36.0, 3: 34.1}
    found = compared(ours, theirs)
    assert (found.paired, found.value) == (True, pytest.approx(1.0667, abs=1e-3))
    expected = stats.ttest_rel([31.1, 36.0, 34.1], [30.0, 35.0, 33.0])
    assert found.p == pytest.approx(expected.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert found.beyond_noise


def test_other_seeds_are_two_samples_and_hide_the_same_difference():
    found = compared({1: 30.0, 2: 35.0, 3: 33.0}, {4: 31.1, 5: 36.0, 6: 34.1})
    assert not found.paired
    assert found.p == pytest.approx(stats.ttest_ind([31.1, 36, 34.1], [30, 35, 33], equal_var=False).pvalue)
    assert not found.beyond_noise


def test_what_no_seed_changes_is_the_same_or_is_not():
    same, other = compared({1: 5, 2: 5}, {1: 5, 2: 5}), compared({1: 5, 2: 5}, {1: 6, 2: 6})
    assert (same.value, same.beyond_noise) == (0, False)
    assert (other.value, other.low, other.beyond_noise) == (1, 1, True)


def test_one_seed_says_nothing():
    groups, _ = grouped(entry("a", 1, 1, {"f1": 1}), entry("b", 1, 2, {"f1": 9}), entry("c", 2, 1, {"f1": 2}))
    assert differences(groups, ["f1"]) == []


def test_noise_is_found_larger_than_noise_in_one_table_of_twenty():
    """Twelve metrics and three groups that differ by nothing, and Holm over all 24 differences."""
    rng, tables = np.random.default_rng(0), 25
    names = [f"m{i}" for i in range(12)]
    hits = 0
    for _ in range(tables):
        made = [
            entry(f"{lr}-{seed}", seed, lr, {name: rng.normal() for name in names})
            for lr in (1, 2, 3)
            for seed in (1, 2, 3)
        ]
        groups, _ = grouped(*made)
        hits += any(each.beyond_noise for each in differences(groups, names))
    assert hits <= 4


def test_two_seeds_need_a_difference_nine_times_its_spread():
    assert [round(needed(n), 1) for n in (2, 3, 5)] == [9.0, 2.5, 1.2]


def test_real_experiments_over_seeds(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def call(*command):
        subprocess.run(command, check=True, capture_output=True)

    Path("params.yaml").write_text("seed: 42\ntrain:\n  lr: 0.002\n")
    Path("train.py").write_text(TRAIN)
    Path("dvc.yaml").write_text(PIPELINE.format(python=shlex.quote(sys.executable)))
    dvc = (sys.executable, "-m", "dvc")
    call("git", "init", "-q")
    call("git", "config", "user.email", "a@example.org")
    call("git", "config", "user.name", "A")
    call(*dvc, "init", "-q")
    call(*dvc, "repro", "-q")
    call("git", "add", "-A")
    call("git", "commit", "-qm", "first")

    main(["compare"])
    said = capsys.readouterr().out
    assert said.count("\n") == 1, "without experiments it is one line"
    assert "dvc exp run --queue -S seed=1,2,3" in said

    for seed, rate in [("1", "0.002"), ("1", "0.01"), ("42", "0.01")]:
        call(*dvc, "exp", "run", "-q", "-S", f"seed={seed}", "-S", f"train.lr={rate}")
    main(["compare"])
    said = capsys.readouterr().out
    assert "A  train.lr=0.002   seeds 1, 42" in said
    assert "B  train.lr=0.01   seeds 1, 42" in said
    (line,) = [line for line in said.splitlines() if line.startswith("macro_f1  B - A")]
    assert "+5.00" in line
    assert "larger than seed noise" in line
    (line,) = [line for line in said.splitlines() if line.startswith("rouge_l   B - A")]
    assert "within seed noise" in line
    assert "paired t-test by seed" in said


def test_outside_a_repository_it_is_one_message(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["compare"])
    assert "error: DVC shows no experiments: you are not inside of a DVC repository" in capsys.readouterr().err
