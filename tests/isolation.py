"""Tests say the same whatever their user has set, and whatever was run in the working tree before them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.stages.imports import ROOT

# What steers the tests themselves.
STEERING = {
    "PICA_ENCODE",
    "PICA_KILLS",
    "PICA_MIRROR",
    "PICA_MUTATIONS",
    "PICA_OUTSIDE",
    "PICA_README",
    "PICA_WHEELS",
}
# What is meant for a user's own runs, on their machines and in their language.
OWN = re.compile(
    r"(PICA|HF|HUGGINGFACE|TRANSFORMERS|ACCELERATE|RAY|DVC|DVCLIVE|LC)_.*|LANG|LANGUAGE|CUDA_VISIBLE_DEVICES|(NO|FORCE)_COLOR"
    r"|COLUMNS|GIT_(DIR|WORK_TREE|INDEX_FILE)|(LOCAL_)?RANK|WORLD_SIZE|MASTER_(ADDR|PORT)"
)
# Caches of downloads that are empty at first.
CACHES = TemporaryDirectory(prefix="pica-tests-")
# What runs write at the top of the repository.
LEFT_BY_RUNS = {
    "params.yaml",
    "dvc.lock",
    "data",
    "models",
    "metrics",
    "tables",
    "plots",
    "reports",
    "exports",
    ".pica",
}


def isolate() -> None:
    """For this process and those that it starts. Call it first: libraries read some of these when they are imported."""
    made = environment(os.environ)
    os.environ.clear()
    os.environ.update(made)
    os.umask(0o022)
    sys.addaudithook(_refuse_what_runs_left)


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """The variables without a user's own; nothing reaches a hub, reports home or speaks another language."""
    kept = {name: value for name, value in given.items() if name in STEERING or not OWN.fullmatch(name)}
    return kept | {
        "DVC_NO_ANALYTICS": "1",
        "HF_HOME": f"{CACHES.name}/huggingface",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_OFFLINE": "1",
        "LC_ALL": "C.UTF-8",
        "OMP_NUM_THREADS": "1",  # more would wait for one another: the models are tiny, and tests run side by side
        "PICA_HOME": f"{CACHES.name}/pica",
        # Whatever this machine's CPU could do.
        "PICA_PRECISION": "fp32",
    }


def _refuse_what_runs_left(event: str, arguments: tuple) -> None:
    # `os.open` gives no mode, and may be relative to another folder than the current one.
    if event != "open" or arguments[1] is None or not isinstance(arguments[0], (str, bytes)):
        return
    path = Path(os.path.abspath(os.fsdecode(arguments[0])))
    if path.is_relative_to(ROOT) and path != ROOT and path.relative_to(ROOT).parts[0] in LEFT_BY_RUNS:
        raise RuntimeError(f"{path} is what somebody ran last. Make your own: `workspace`, tests/defaults.py")
