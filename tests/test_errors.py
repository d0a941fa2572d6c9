"""Errors as they come out of a worker process, through pickle; and how a command ends that nobody reads on."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from pica import errors
from pica.errors import CorpusError, PicaError, machine_fault


@pytest.mark.parametrize("line", [None, 7])
def test_a_corpus_error_keeps_its_place(line):
    error = CorpusError(Path("raw/a.json"), line, "no text", unit="item")
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.path, copy.line, copy.problem, copy.unit) == (Path("raw/a.json"), line, "no text", "item")
    assert str(copy) == str(error)
    assert ("item 7" in str(error)) == (line == 7)


def test_a_package_that_is_not_there_is_said_with_what_installs_it():
    assert "torch is not installed" in machine_fault(ModuleNotFoundError("No module named 'torch'", name="torch"))
    said = machine_fault(ModuleNotFoundError("No module named 'openai'", name="openai"))
    assert "`pip install -c constraints.txt -e '.[judge]'` installs what judge needs" in said
    assert "'.[train]'" in machine_fault(ModuleNotFoundError("No module named 'torch'", name="torch"))
    assert machine_fault(ModuleNotFoundError("No module named 'pica.tasks.x'", name="pica.tasks.x")) is None


def test_every_error_goes_through_pickle():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, PicaError)]
    for kind in kinds:
        error = CorpusError("a", 1, "b") if kind is CorpusError else kind("what to do")
        copy = pickle.loads(pickle.dumps(error))
        assert (type(copy), str(copy)) == (kind, str(error))


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    ("said", "codes"),
    # A few words are kept until the end, unless Python is told not to.
    [("print('x' * 100_000)", {141}), ("print('x')", {0, 141}), ("import no_such_thing", {1})],
)
def test_a_command_that_nobody_reads_on_ends_without_a_word(said, codes, unbuffered):
    command = f"import sys\nfrom pica.errors import report_errors\ninput()\nwith report_errors():\n    {said}"
    process = subprocess.Popen(
        [sys.executable, "-c", command],
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.close()
    process.stdin.write("\n")
    process.stdin.close()
    told = process.stderr.read()
    assert process.wait() in codes
    assert "Traceback" not in told
    assert "BrokenPipe" not in told


def test_a_pipe_of_another_that_breaks_is_a_bug():
    with pytest.raises(BrokenPipeError), errors.report_errors():
        raise BrokenPipeError
