"""One repository after its first `dvc repro`, for all tests that want a finished run: it is most of their time."""

from __future__ import annotations

import pytest

from tests.stages.clone import Clone, clone


@pytest.fixture(scope="session")
def done(tmp_path_factory) -> Clone:
    """A repository after its first `dvc repro`."""
    made = clone(tmp_path_factory.mktemp("pica"), "experiment=smoke")
    made.run("dvc", "repro")
    return made
