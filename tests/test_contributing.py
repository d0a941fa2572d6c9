"""CONTRIBUTING's steps, followed to the letter."""

from __future__ import annotations

import hashlib
import re
import textwrap
from pathlib import Path

import pandas as pd
import pytest

from pica.params import compose, validated
from pica.schema import SPLITS
from pica.store import read_json
from tests.stages.clone import ROOT, Clone, clone

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The page's first code block in that language."""
    return textwrap.dedent(re.search(rf"^ *```{language}\n(.+?)^ *```", TEXT, re.MULTILINE | re.DOTALL)[1])


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Clone:
    """A repository with the page's dataset in it, and a mirror that holds its file."""
    path = tmp_path_factory.mktemp("contributor")
    data = b"glad\tThe first tomato is ripe.\ngloomy\tRain again, and no letter.\nglad\t\n" + b"".join(
        f"{mood}\tEntry number {i} of a {mood} week.\n".encode() for i in range(20) for mood in ("glad", "gloomy")
    )
    mirror = path / "mirror" / "tinymoods"
    mirror.mkdir(parents=True)
    (mirror / "moods.tsv").write_bytes(data)
    code = block("python").replace(
        'sha256="…", bytes=0', f'sha256="{hashlib.sha256(data).hexdigest()}", bytes={len(data)}'
    )
    made = clone(path / "pica", "source=mirror", f"source.path={mirror.parent}", "datasets=tinymoods")
    (made.path / "src/pica/corpora/tinymoods.py").write_text(code, encoding="utf-8")
    return made


def test_a_dataset_is_one_file_of_under_80_lines():
    assert len(block("python").splitlines()) < 80


def test_the_dataset_runs_to_its_instructions(repository):
    repository.run("dvc", "repro", "template")
    outcomes = pd.read_csv(repository.path / "tables/filter.csv").groupby("outcome")["rows"].sum()
    assert outcomes.to_dict() == {"kept": 42, "no text": 1}
    mixture = pd.read_csv(repository.path / "tables/mixture.csv")
    rows = read_json(repository.path / "metrics/mixture.json")
    assert mixture["rows"].sum() == rows["train"]
    assert sum(rows[split] for split in SPLITS) == 42
    assert set(mixture["view"]) == {"tinymoods-classification"}


def test_files_that_are_not_published_come_from_the_users_folder(repository):
    module = repository.path / "src/pica/corpora/tinymoods.py"
    url = '"https://example.org/tinymoods/moods.tsv"'
    assert url in module.read_text(encoding="utf-8")
    module.write_text(module.read_text(encoding="utf-8").replace(url, '""'), encoding="utf-8")
    (repository.path / "empty").mkdir()
    mirror = ("source=mirror", "source.path=empty", "datasets=tinymoods")
    repository.run("pica", "compose", *mirror)
    assert "give +source.manual.tinymoods=" in repository.run("sh", "stages/run", "download", code=1)
    folder = repository.path.parent / "mirror/tinymoods"
    repository.run("pica", "compose", *mirror, f"+source.manual.tinymoods={folder}")
    repository.run("sh", "stages/run", "download")
    (raw,) = (repository.path / "data/raw/tinymoods").iterdir()
    assert raw.read_bytes() == (folder / "moods.tsv").read_bytes()
    with (folder / "moods.tsv").open("ab") as file:
        file.write(b"glad\tAnother one.\n")
    assert "is not the pinned file" in repository.run("sh", "stages/run", "download", code=1)


def test_a_base_model_is_one_file(repository):
    conf = repository.path / "conf"
    (conf / "model" / "mine.yaml").write_text(block("yaml"), encoding="utf-8")
    params = validated(compose(conf, ["model=mine"]), Path("params.yaml"))
    assert params.model.source == "hub:Qwen/Qwen3-0.6B"
