"""Errors as they come out of a worker process: through pickle."""

from __future__ import annotations

import pickle
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
    assert "'.[train]'" in machine_fault(ModuleNotFoundError("No module named 'torch'", name="torch"))
    assert machine_fault(ModuleNotFoundError("No module named 'pica.tasks.x'", name="pica.tasks.x")) is None


def test_every_error_goes_through_pickle():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, PicaError)]
    for kind in kinds:
        error = CorpusError("a", 1, "b") if kind is CorpusError else kind("what to do")
        copy = pickle.loads(pickle.dumps(error))
        assert (type(copy), str(copy)) == (kind, str(error))
