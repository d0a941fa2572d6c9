"""In a clone that has none of the files that its dvc.lock names, DVC works, and a run changes nothing in Git."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.stages.clone import Clone, small

# What `dvc --help` and the README have a newcomer try, but for what runs stages.
COMMANDS = (
    "status",
    "metrics diff",
    "params diff",
    "plots show",
    "plots diff",
    "exp show",
    "diff",
    "gc --workspace --force",
    "push",
)
# Other parameters than those of the lock, and little to train on.
OTHER = ("-S", "mixture.rows_per_view=10")


def cloned(source: Clone, path: Path) -> Clone:
    """A clone of a repository, with a folder beside it as its remote."""
    source.run("git", "clone", "--quiet", ".", str(path))
    made = Clone(path)
    made.run("dvc", "remote", "add", "--quiet", "--local", "--default", "beside", str(path.parent / "remote"))
    return made


def try_all(made: Clone) -> dict[str, str]:
    """What the commands say; each ends well, without a word of an error, and leaves Git as it was."""
    said = {command: made.run("dvc", *command.split()) for command in COMMANDS}
    assert [text for text in said.values() if re.search("error", text, re.IGNORECASE)] == []
    assert made.run("git", "status", "--porcelain") == ""
    return said


@pytest.fixture(scope="module")
def author(tmp_path_factory) -> Clone:
    """A clone of a finished repository that has its lock and metrics committed, and none of its files in DVC.

    Three systems are enough here, and the repository is not the one that others wait for: it runs beside it.
    """
    ran = small(tmp_path_factory.mktemp("ran"), ("majority", "tfidf", "tuned"))
    ran.run("dvc", "repro")
    made = cloned(ran, tmp_path_factory.mktemp("author") / "pica")
    shutil.copy(ran.path / "dvc.lock", made.path)
    shutil.copytree(ran.path / "metrics", made.path / "metrics", dirs_exist_ok=True)
    made.commit("a run")
    return made


@pytest.fixture(scope="module")
def rebuilt(author, tmp_path_factory) -> Clone:
    """A fresh clone in which the commands were tried, and then everything was run, by DVC's path alone."""
    made = cloned(author, tmp_path_factory.mktemp("clone") / "pica")
    assert "changed" in try_all(made)["status"]
    made.run(str(Path(sys.executable).parent / "dvc"), "repro", PATH="/usr/bin:/bin")
    return made


def test_two_cold_runs_in_two_folders_write_one_lock(rebuilt):
    assert rebuilt.run("git", "diff") == ""
    assert rebuilt.run("git", "status", "--porcelain") == ""


def test_the_report_finds_the_speed_of_its_training(rebuilt):
    page = rebuilt.path / "reports/index.html"
    speed = page.parent / re.search(r'<object [^>]*data="([^"]+)"', page.read_text(encoding="utf-8"))[1]
    assert "tokens_per_second" in speed.read_text(encoding="utf-8")


def test_commands_work_after_a_run(rebuilt):
    said = try_all(rebuilt)
    assert "up to date" in said["status"]
    assert not any("failed to load" in text for text in said.values())


def test_what_one_clone_pushes_another_pulls(rebuilt, tmp_path):
    rebuilt.run("dvc", "push")
    other = cloned(rebuilt, tmp_path / "pica")
    other.run("dvc", "remote", "modify", "--local", "beside", "url", str(rebuilt.path.parent / "remote"))
    other.run("dvc", "pull")
    assert "up to date" in other.run("dvc", "status")


def test_experiments_up_to_a_stage_run_again_and_in_a_copy(author, tmp_path):
    made = cloned(author, tmp_path / "pica")
    assert "Ran experiment" in made.run("dvc", "exp", "run", "--name", "first", *OTHER, "base_model")
    made.run("git", "checkout", "--quiet", ".")
    # Taken from the run cache, from the lock of HEAD on.
    for name, *where in (("again",), ("copied", "--temp")):
        output = made.run("dvc", "exp", "run", "--name", name, *where, *OTHER, "base_model")
        assert "Stage 'base_model' is cached" in output
        assert "Running stage" not in output
        made.run("git", "checkout", "--quiet", ".")
    shown = made.run("dvc", "exp", "show", "--csv")
    assert all(name in shown for name in ("first", "again", "copied"))
    # What later stages made is with the author alone; all else is applied.
    assert "Checkout failed" in made.run("dvc", "exp", "apply", "copied", code=255)
    assert "rows_per_view: 10" in (made.path / "params.yaml").read_text(encoding="utf-8")
    assert "template" not in made.run("dvc", "status", "template")
    made.run("dvc", "exp", "branch", "copied", "kept")


def test_an_experiment_in_a_copy_is_applied_after_a_run(rebuilt):
    rebuilt.run("dvc", "exp", "run", "--temp", "--name", "tried", "-S", "evaluate.bootstrap=5", "evaluate@majority")
    assert rebuilt.run("git", "status", "--porcelain") == ""
    rebuilt.run("dvc", "exp", "apply", "tried")
    assert "bootstrap: 5" in (rebuilt.path / "params.yaml").read_text(encoding="utf-8")
    rebuilt.run("dvc", "exp", "branch", "tried", "kept")
    rebuilt.run("git", "checkout", "--quiet", ".")
    rebuilt.run("dvc", "checkout")
