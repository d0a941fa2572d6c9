"""One process, two, or Ray with two: the stages that work dataset by dataset write the same bytes."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from functools import partial
from importlib import import_module
from pathlib import Path

import pytest

from pica.errors import CorpusError, ParamsError, PicaError
from pica.outside.question import write
from pica.parallel import parallel_map
from pica.params import load
from pica.sources.own import record
from pica.sources.raw import sample_folder
from pica.stage import sections
from tests.stages.imports import ROOT

CORPORA = ("emotion_stimulus", "mastodon", "meld")
STAGES = ("filter", "reformat", "template")


@pytest.fixture(scope="module")
def two_ray_workers():
    """Started once, as it takes seconds, but for failures, which end it."""
    import ray

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PICA_ENGINE", "ray")
        patch.setenv("PICA_WORKERS", "2")
        patch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{ROOT / 'src'}")  # its workers import this file
        patch.delenv("RAY_ADDRESS", raising=False)
        yield
    ray.shutdown()


def bytes_of_stages(monkeypatch) -> dict[str, str]:
    """Run the stages here, and the digest of every file they wrote."""
    monkeypatch.syspath_prepend(ROOT / "stages")
    params = load(Path("params.yaml"))
    for stage in STAGES:
        run = import_module(stage).run
        run(**{name: getattr(params, name) for name in sections(run)})
    written = [path for folder in ("data", "tables", "metrics") for path in Path(folder).rglob("*") if path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in written}


def raw_files(folder: Path) -> None:
    for name in CORPORA:
        shutil.copytree(sample_folder(import_module(f"pica.corpora.{name}").CORPUS), folder / name)
    record([], folder.parent / "declared.json")
    write(folder.parent / "outside.json", [])


def test_without_ray_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setenv("PICA_ENGINE", "ray")
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(PicaError, match=r"pip install 'pica-pipeline\[ray\]'"):
        parallel_map(process_and_folder, [0], "test")


def test_an_unknown_engine_is_said(monkeypatch):
    monkeypatch.setenv("PICA_ENGINE", "spark")
    with pytest.raises(ParamsError, match="PICA_ENGINE=spark"):
        parallel_map(process_and_folder, [0], "test")


def test_ray_is_not_loaded_unasked(monkeypatch):
    monkeypatch.setenv("PICA_ENGINE", "local")
    monkeypatch.setitem(sys.modules, "ray", None)  # importing it now would fail
    assert len(parallel_map(process_and_folder, [0, 1], "test")) == 2


def test_the_bytes_do_not_depend_on_who_does_the_work(workspace, monkeypatch, two_ray_workers):
    monkeypatch.setenv("PICA_DECLARED", "")
    raw_files(workspace / "data/raw")
    on_ray = bytes_of_stages(monkeypatch)
    assert sum(path.startswith("data/views/") for path in on_ray) > len(CORPORA)
    assert "data/instructions/train.parquet" in on_ray
    monkeypatch.setenv("PICA_ENGINE", "local")
    for workers in ("1", "2"):
        monkeypatch.setenv("PICA_WORKERS", workers)
        for folder in ("data/filtered", "data/rejected", "data/views", "data/instructions", "tables", "metrics"):
            shutil.rmtree(workspace / folder)
        assert bytes_of_stages(monkeypatch) == on_ray


def process_and_folder(item: int) -> tuple[int, str, int]:
    return item, str(Path.cwd()), os.getpid()


def refuse(item: int, folder: Path) -> None:
    if item == 3:
        raise CorpusError(Path("a.csv"), item, "no text")
    (folder / str(item)).touch()


def die(item: int) -> None:
    os.kill(os.getpid(), 9)


def test_on_ray_results_are_in_the_order_of_the_items_and_paths_relative(workspace, two_ray_workers):
    results = parallel_map(process_and_folder, range(8), "test")
    assert [(item, folder) for item, folder, _ in results] == [(item, str(workspace)) for item in range(8)]
    assert os.getpid() not in {process for _, _, process in results}
    assert parallel_map(process_and_folder, [], "test") == []


def test_on_ray_a_failure_keeps_its_kind_and_place_and_stops_the_rest(tmp_path, two_ray_workers):
    with pytest.raises(CorpusError, match=r"^a\.csv, line 3: no text") as caught:
        parallel_map(partial(refuse, folder=tmp_path), [3, *range(200)], "test")
    assert (caught.value.path, caught.value.line) == (Path("a.csv"), 3)
    assert len(list(tmp_path.iterdir())) < 199


def test_on_ray_a_killed_worker_is_said_with_what_helps(two_ray_workers):
    with pytest.raises(PicaError, match=r"memory.*PICA_WORKERS"):
        parallel_map(die, range(2), "test")
