"""Declared datasets: where their files come from, how DVC sees a change of them, and the hub in full."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from huggingface_hub import HfApi

from pica.corpora import corpus
from pica.errors import SourceError
from pica.sources import hub, own, raw
from pica.sources.selection import select
from tests.corpora.declared import EXAMPLES, example
from tests.corpora.support import parquet, read, write
from tests.defaults import defaults
from tests.sources.server import Server
from tests.stages.imports import SRC

COMMIT = "1" * 40
ROWS = [{"text": f"Line {n} of the day.", "label": n % 2} for n in range(30)]
CARD = """\
---
license: cc0-1.0
configs:
- config_name: default
  data_files: [{split: train, path: data/train-*}, {split: test, path: data/test-*}]
dataset_info:
  features:
  - {name: text, dtype: string}
  - name: label
    dtype: {class_label: {names: {'0': glad, '1': gloomy}}}
---
"""
MOODS = "format: texts\nhub: ./tree\nlabels: [glad, gloomy]\nlanguage: en\nlicence: CC0-1.0\n"


@pytest.fixture
def source(tmp_path, monkeypatch):
    """The parameters `source` with the folder tmp_path/data for its own."""
    monkeypatch.setenv("PICA_DECLARED", "")
    (tmp_path / "data").mkdir()
    return replace(defaults().source, own=str(tmp_path / "data"))


def tree(folder: Path) -> Path:
    """A folder in the hub's layout, and the YAML that declares it beside it."""
    files = {f"tree/data/{split}-00000-of-00001.parquet": parquet(ROWS) for split in ("train", "test")}
    return write(folder, {**files, "tree/README.md": CARD, "moods.yaml": MOODS})


def fetched(name: str, source, folder: Path) -> Path:
    own.declare(source)
    folder.mkdir()
    raw.fetch(corpus(name), source, folder)
    return folder


@pytest.mark.parametrize(
    ("files", "places"),
    [
        ("diary.csv", ["diary.csv"]),
        ("*.csv", ["diary.csv", "more.csv"]),
        ("../elsewhere/x.csv", ["up/elsewhere/x.csv"]),
        ("../*/x.csv", ["up/elsewhere/x.csv"]),
        ("{absolute}/x.csv", ["{absolute}/x.csv"]),
        ("[a].csv", ["[a].csv"]),
    ],
)
def test_files_are_copied_under_their_names_and_read_there(tmp_path, source, files, places):
    absolute = tmp_path / "elsewhere"
    files, places = files.format(absolute=absolute), [p.format(absolute=str(absolute).lstrip("/")) for p in places]
    text = EXAMPLES["texts"]["diary.csv"]
    yaml = EXAMPLES["texts"]["diary.yaml"].replace("files: diary.csv", f"files: {json.dumps(files)}")
    write(tmp_path / "data", {"diary.yaml": yaml, "diary.csv": text, "more.csv": text, "[a].csv": text})
    write(absolute, {"x.csv": text})
    if files == "*.csv":
        (tmp_path / "data/[a].csv").unlink()
    folder = fetched("diary", source, tmp_path / "raw")
    assert sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()) == sorted(places)
    assert len(read(corpus("diary"), folder)) == 3 * len(places)


def test_links_are_left_to_the_files_of_this_run_alone(tmp_path, source):
    example("texts", tmp_path / "data")
    example("alpaca", tmp_path / "data")
    own.declare(source)
    links = write(tmp_path / "own", {"README.md": "kept"})
    own.link([corpus("ask"), corpus("meld")], source, links)
    own.link([corpus("diary"), corpus("meld")], source, links)
    found = {str(p.relative_to(links)): p.resolve() for p in links.rglob("*") if p.is_file()}
    expected = {f"diary/{name}": (tmp_path / "data" / name).resolve() for name in ("diary.csv", "diary.yaml")}
    assert found == {"README.md": links / "README.md", **expected}


def test_the_record_keeps_the_order_of_labels(tmp_path, source):
    text = EXAMPLES["texts"]["diary.yaml"].replace("[froh, traurig, wütend]", "{wütend: b, froh: a, traurig: c}")
    write(tmp_path / "data", {**EXAMPLES["texts"], "diary.yaml": text})
    own.declare(source)
    made = corpus("diary")
    own.record([made, corpus("meld")], tmp_path / "declared.json")
    own.declared_at(tmp_path / "declared.json")
    assert corpus("diary").views == made.views
    assert corpus("diary").emotions == ("wütend", "froh", "traurig")


def test_declared_datasets_are_chosen_by_name_and_by_all_and_need_no_url(tmp_path, source):
    example("texts", tmp_path / "data")
    own.declare(source)
    assert [c.name for c in select("diary", source)] == ["diary"]
    assert "diary" in [c.name for c in select("all", source)]
    assert raw.is_available(corpus("diary"), source)


@pytest.mark.parametrize(
    ("given", "said"),
    [("nowhere", "is not there"), ("data/diary.yaml", "is a file: give the folder that it is in")],
)
def test_a_folder_that_is_none_is_told(tmp_path, monkeypatch, source, given, said):
    example("texts", tmp_path / "data")
    (tmp_path / ".dvc").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError, match=f"source.own={given}.*{said}"):
        own.declare(replace(source, own=given))


def test_a_file_that_is_missing_is_told_with_the_yaml(tmp_path, source):
    example("texts", tmp_path / "data")
    (tmp_path / "data/diary.csv").unlink()
    with pytest.raises(SourceError, match=r"diary\.yaml, files: diary\.csv: there is no such file"):
        fetched("diary", source, tmp_path / "raw")


def test_a_folder_in_the_hubs_layout_is_read_with_its_splits_and_the_names_of_labels(tmp_path, source):
    tree(tmp_path / "data")
    folder = fetched("moods", source, tmp_path / "raw")
    assert sorted(path.name for path in folder.iterdir()) == ["test.parquet", "train.parquet"]
    assert pq.read_table(folder / "train.parquet")["label"].to_pylist()[:2] == ["glad", "gloomy"]
    rows = read(corpus("moods"), folder)
    assert [row.split for row in rows] == ["test"] * 30 + ["train"] * 30


def test_splits_that_nobody_knows_are_asked_for(tmp_path, source):
    tree(tmp_path / "data")
    card = (tmp_path / "data/tree/README.md").read_text(encoding="utf-8")
    (tmp_path / "data/tree/README.md").write_text(card.replace("split: test", "split: hard"), "utf-8")
    with pytest.raises(SourceError, match=r"has the splits train, hard\. Say in moods\.yaml which of them"):
        fetched("moods", source, tmp_path / "raw")
    (tmp_path / "data/moods.yaml").write_text(f"{MOODS}splits: {{train: train, hard: test}}\n", "utf-8")
    again = replace(source, own=str(shutil.copytree(tmp_path / "data", tmp_path / "again")))
    folder = fetched("moods", again, tmp_path / "raw2")
    assert [row.split for row in read(corpus("moods"), folder)] == ["test"] * 30 + ["train"] * 30


def test_a_hub_dataset_is_streamed_at_a_commit_that_is_held_to(tmp_path, server: Server):
    lines = "text,label\n" + "".join(f"Line {n} of the day.,{('glad', 'gloomy')[n % 2]}\n" for n in range(30))
    publish(server, COMMIT, {"README.md": b"---\nlicense: mit\n---\n", "train.csv": lines.encode()})
    assert downloaded(server) == "30 rows of ['train.parquet']"
    assert json.loads(Path("hub.lock").read_text())["dataset somebody/moods@main"]["commit"] == COMMIT
    publish(server, "2" * 40, {"train.csv": b"text,label\nNew.,glad\n"})
    assert downloaded(server) == "30 rows of ['train.parquet']"


def publish(server: Server, commit: str, files: dict[str, bytes]) -> None:
    server.publish("somebody/moods", commit, files)
    told = {"id": "somebody/moods", "sha": commit, "siblings": [{"rfilename": name} for name in files]}
    server.files[f"/api/datasets/somebody/moods/revision/{commit}"] = json.dumps(told).encode()


def downloaded(server: Server) -> str:
    """What a process that takes the server for the hub gets of the dataset."""
    code = """
        import shutil
        from pathlib import Path
        from pica.corpora.declaration import parsed
        from pica.corpora.declared import corpus_of
        from pica.sources import hub_rows

        keys = {"format": "texts", "hub": "somebody/moods", "labels": ["glad", "gloomy"], "language": "en"}
        made = corpus_of(parsed("moods", {**keys, "licence": "MIT"}, "moods.yaml"))
        shutil.rmtree("raw", ignore_errors=True)
        Path("raw").mkdir()
        hub_rows.download(made, "", Path("raw"))
        print(len(list(made.read(Path("raw")))), "rows of", sorted(path.name for path in Path("raw").iterdir()))
    """
    env = os.environ | {"HF_ENDPOINT": server.url, "HF_HUB_OFFLINE": "0", "PYTHONPATH": str(SRC)}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_dataset_that_is_given_on_application_says_where_to_ask(server: Server):
    server.denied["/api/datasets/somebody/moods/revision/main"] = "GatedRepo"
    with pytest.raises(SourceError, match=r"ask for access at \S+/datasets/somebody/moods, then `hf auth login`"):
        hub.pin("somebody/moods", "main", HfApi(endpoint=server.url))
    assert not Path("hub.lock").exists()
