"""One repository after its first `dvc repro`, for all tests that want a finished run: it is most of their time."""

from __future__ import annotations

import pytest

from tests.stages.clone import Clone, clone, link_environment


@pytest.fixture(scope="session")
def done(tmp_path_factory) -> Clone:
    """A repository after its first `dvc repro`. Its conf/ composes the smoke experiment without being asked to, its
    virtual environment is this one, and its tests are one."""
    made = clone(tmp_path_factory.mktemp("pica"), "experiment=smoke")
    config = made.path / "conf/config.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("experiment: null", "experiment: smoke"), "utf-8")
    link_environment(made.path)
    # The suite does not run itself: `make test` finds one test here.
    (made.path / "tests").mkdir()
    (made.path / "tests/test_made.py").write_text("def test_it():\n    pass\n", "utf-8")
    made.commit("smoke")
    made.run("dvc", "repro")
    return made
