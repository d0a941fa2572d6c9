"""Repositories for tests that want a finished run, which is most of their time: one is for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from tests.defaults import defaults
from tests.stages.clone import Clone, clone, link_environment


def small(path: Path, systems: Sequence[str] = tuple(defaults().systems)) -> Clone:
    """A repository whose conf/ composes the smoke experiment with these systems, without being asked to."""
    made = clone(path)
    config, listed = (made.path / "conf" / name for name in ("config.yaml", "systems/default.yaml"))
    config.write_text(config.read_text(encoding="utf-8").replace("experiment: null", "experiment: smoke"), "utf-8")
    known = yaml.safe_load(listed.read_text(encoding="utf-8"))
    listed.write_text(yaml.safe_dump({name: known[name] for name in systems}, sort_keys=False), "utf-8")
    made.run("pica", "compose")
    made.commit("small")
    return made


@pytest.fixture(scope="session")
def done(tmp_path_factory) -> Clone:
    """A repository after its first `dvc repro`. Its virtual environment is this one, and its tests are one."""
    made = small(tmp_path_factory.mktemp("pica"))
    link_environment(made.path)
    # The suite does not run itself: `make test` finds one test here.
    (made.path / "tests").mkdir()
    (made.path / "tests/test_made.py").write_text("def test_it():\n    pass\n", "utf-8")
    made.commit("with tests")
    made.run("dvc", "repro")
    return made
