"""One repository after its first `dvc repro`, for all tests that want a finished run: it is most of their time."""

from __future__ import annotations

import pytest

from tests.stages.clone import Clone, link_environment, small


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
