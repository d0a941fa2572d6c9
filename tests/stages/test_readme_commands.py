"""Every command of the READMEs, run as it stands on the page, in a repository whose experiments are small.

Those that train are run with PICA_README=all alone, in the order of the page: they take minutes.
"""

from __future__ import annotations

import os

import pytest

from tests.test_readme import PAGES, commands

# What a command has in it that no test can give, or that would install over this environment or take other data.
OUT_OF_REACH = (
    *("model=qwen3-0.6b", "experiment=real", "experiment=smollm2", "source=web", "/path/to/"),
    *("venv .venv", "pip install", "pica compose"),
    # A server that others run, and one that runs until it is stopped.
    *("pica judge tuned base --model", "pica demo", "make demo"),
)
TRAINS = ("dvc exp run", "dvc queue start")

ALL = [
    command
    for command in dict.fromkeys(command for page in PAGES for command in commands(page))
    if not any(words in command for words in OUT_OF_REACH)
]
QUICK = [command for command in ALL if not command.startswith(TRAINS)]


@pytest.mark.parametrize("command", QUICK)
def test_a_command_runs(done, command):
    done.run("bash", "-c", command)


@pytest.mark.skipif(os.environ.get("PICA_README") != "all", reason="takes minutes; PICA_README=all runs it")
def test_the_commands_that_train_run(done):
    for command in ALL:
        if command.startswith(TRAINS):
            done.run("bash", "-c", command)
    assert "Success" in done.run("dvc", "queue", "status")
