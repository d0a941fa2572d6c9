"""A server that runs for one test, caches that live no longer, and an empty repository as the current folder."""

from __future__ import annotations

import time

import pytest
from huggingface_hub import constants

from tests.sources.server import serving


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("PICA_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # between two tries
    (tmp_path / "repository" / ".dvc").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "repository")
    with serving() as running:
        yield running
