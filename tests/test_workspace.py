"""Where the repository is, from wherever a stage runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from pica.workspace import repository, resolve_path


@pytest.mark.parametrize("inside", [".", "src/pica", ".dvc/tmp/exps/tmpab12", ".dvc/tmp/exps/tmpab12/src/pica"])
def test_it_is_the_folder_with_dvc_in_it(tmp_path, inside):
    (tmp_path / ".dvc").mkdir()
    (tmp_path / inside).mkdir(parents=True, exist_ok=True)
    assert repository(tmp_path / inside) == tmp_path


def test_a_queued_experiments_own_dvc_folder_is_not_the_repository(tmp_path):
    copy = tmp_path / ".dvc/tmp/exps/tmpab12"
    (copy / ".dvc").mkdir(parents=True)
    assert repository(copy) == tmp_path


def test_a_folder_called_exps_elsewhere_is_nothing_special(tmp_path):
    here = tmp_path / "tmp/exps/mine"
    (here / ".dvc").mkdir(parents=True)
    assert repository(here) == here


def test_without_dvc_it_is_where_one_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert repository() == tmp_path


def test_paths_are_relative_to_the_repository(tmp_path, monkeypatch):
    copy = tmp_path / ".dvc/tmp/exps/tmpab12"
    copy.mkdir(parents=True)
    monkeypatch.chdir(copy)
    assert resolve_path("../mirror") == tmp_path.parent / "mirror"
    assert resolve_path("mirror") == tmp_path / "mirror"
    assert resolve_path("/data/mirror") == Path("/data/mirror")
    assert resolve_path("~/mirror") == Path.home() / "mirror"
