"""What a user has set or run does not reach the tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.isolation import LEFT_BY_RUNS, environment
from tests.stages.imports import ROOT


def test_a_users_settings_are_taken_away_and_what_steers_the_tests_stays():
    own = {"PICA_WORKERS": "nonsense", "PICA_ENGINE": "ray", "HF_HOME": "/nonexistent", "HF_HUB_OFFLINE": "0"}
    own |= {"HF_TOKEN": "hf_…", "CUDA_VISIBLE_DEVICES": "7", "LC_ALL": "C", "LANG": "zh_CN.GB18030", "FORCE_COLOR": "1"}
    kept = {"PATH": "/usr/bin", "HOME": "/root", "PICA_MIRROR": "/mirror", "PICA_README": "all", "LCMS": "kept"}
    made = environment(own | kept)
    assert {name: made[name] for name in kept} == kept
    assert {name: made[name] for name in made if own.get(name) == made[name]} == {}
    assert (made["HF_HUB_OFFLINE"], made["LC_ALL"]) == ("1", "C.UTF-8")


def test_the_tests_run_with_it():
    # `pica` sets some more when it is imported.
    assert environment(os.environ).items() <= os.environ.items()
    mask = os.umask(0o022)
    os.umask(mask)
    assert mask == 0o022


@pytest.mark.parametrize("name", sorted(LEFT_BY_RUNS))
def test_what_runs_leave_in_the_working_tree_is_not_read(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    for path in (ROOT / name, ROOT / name / "any.json", Path("tests/..") / name):
        with pytest.raises(RuntimeError, match="what somebody ran last"):
            path.read_bytes()


def test_files_of_the_same_names_elsewhere_are_read(workspace):
    assert (workspace / "params.yaml").read_text(encoding="utf-8")
    assert (ROOT / "conf/config.yaml").read_text(encoding="utf-8")
