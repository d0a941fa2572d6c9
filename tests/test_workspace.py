"""Where the repository is, from wherever a stage runs."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest

from pica import stage
from pica.cli import corpora, main, parser
from pica.workspace import enter_repository, from_here, repository, resolve_path


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


@pytest.mark.parametrize("inside", ["src/pica", "语料/a b", ".dvc/tmp/exps/tmpab12/src"])
def test_commands_run_in_the_repository_from_any_folder_below_it(workspace, monkeypatch, capsys, inside):
    root = workspace / inside.partition("/src")[0] if "exps" in inside else workspace
    (workspace / inside).mkdir(parents=True)
    (root / "dvc.yaml").touch()
    monkeypatch.chdir(workspace / inside)
    assert from_here("out") == workspace / inside / "out"
    enter_repository()
    assert Path.cwd() == root
    assert str(root) in capsys.readouterr().err
    (root / "params.yaml").touch()
    enter_repository()
    assert capsys.readouterr().err == ""
    assert from_here("out") == Path("out")


def test_outside_of_one_they_stay_where_they_are(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    enter_repository()
    assert Path.cwd() == tmp_path
    with pytest.raises(SystemExit):
        main(["compose"])
    assert "the folder with dvc.yaml" in capsys.readouterr().err


def test_a_command_and_a_stage_work_below_the_repository(workspace, monkeypatch):
    (workspace / "dvc.yaml").touch()
    (workspace / "deep").mkdir()
    monkeypatch.chdir(workspace / "deep")
    main(["compose", "seed=7"])
    assert "seed: 7" in (workspace / "params.yaml").read_text(encoding="utf-8")
    monkeypatch.chdir(workspace / "deep")
    monkeypatch.setenv("DVC_EXP_NAME", "puppy-thaw")
    (workspace / "stages").mkdir()
    (workspace / "stages/told.py").write_text("def run(seed): open('told', 'w').write(str(seed))\n", encoding="utf-8")
    stage.main("told")
    assert (workspace / "told").read_text(encoding="utf-8") == "7"


def commands(made: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield made
    for action in made._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from commands(command)


def test_every_path_that_a_command_takes_is_meant_from_where_it_was_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").touch()
    actions = [action for command in commands(parser()) for action in command._actions]
    taken = [
        a for a in actions if a.metavar in ("FILE", "FOLDER") or getattr(a.type, "__module__", "") == corpora.__name__
    ]
    assert len(taken) > 12
    assert {str(action.type("mine.yaml")) for action in taken} == {str(tmp_path / "mine.yaml")}
