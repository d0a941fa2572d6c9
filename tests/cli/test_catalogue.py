"""`pica corpora`: what is in the catalogue, what of it is here, and what the READMEs say about it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pica.cli import main
from pica.cli.catalogue import count_statistics, entries, markdown
from pica.corpora import catalogue, corpus
from pica.errors import SourceError
from pica.params import Source
from pica.schema import CONVERSATION, Conversation, Persona, Rejected, Turn
from pica.sources.raw import sample_folder
from pica.store import write_rows


def source(kind: str, path: str = "", **manual: str) -> Source:
    return Source(kind, path, manual)


def files(source: Source) -> dict[str, str]:
    return {entry.corpus.name: entry.files for entry in entries(source, Path("data/filtered"))}


def said(capsys, *arguments: str) -> str:
    main(arguments)
    return capsys.readouterr().out


def test_the_sample_has_files_of_what_has_a_sample(workspace):
    expected = {name: sample_folder(corpus).is_dir() for name, corpus in catalogue().items()}
    assert {name: files == "here" for name, files in files(source("sample")).items()} == expected


def test_a_mirror_has_what_lies_in_it_whole(workspace):
    (workspace / "mirror" / "meld").mkdir(parents=True)
    (workspace / "mirror" / "esconv").mkdir()
    for file in corpus("meld").files:
        (workspace / "mirror" / "meld" / file.path).touch()
    (workspace / "mirror" / "esconv" / "train.txt").touch()  # one of three
    here = files(source("mirror", "mirror"))
    assert (here["meld"], here["esconv"], here["iemocap"]) == ("here", "not here", "on application")


def test_a_folder_of_ones_own_goes_before_the_source(workspace):
    (workspace / "release").mkdir()
    assert files(source("web", iemocap="release"))["iemocap"] == "here"


def test_a_mirror_that_is_not_there_is_said(workspace):
    with pytest.raises(SourceError, match=r"source\.path=nowhere"):
        files(source("mirror", "nowhere"))


def test_rows_are_those_that_filter_kept(workspace, capsys):
    kept = [
        Conversation(f"meld/{s}/{i}", "meld", s, "en", (Turn("A", "Hi."),)) for s in ("train", "test") for i in "12"
    ]
    write_rows(workspace / "data/filtered/meld.parquet", kept[:3], CONVERSATION)
    lines = said(capsys, "corpora").splitlines()
    assert re.search(r"^meld +classification, generation +2 +0 +1 +GPL-3.0-only +here", "\n".join(lines), re.MULTILINE)
    assert sum("–           –     –" in line for line in lines) == len(catalogue()) - 1


def test_every_dataset_and_view_stands_in_the_table(workspace, capsys):
    text = " ".join(said(capsys, "corpora").split())
    assert "source=sample" in text
    assert all(name in text for name in catalogue())
    assert all(view.name.removeprefix(f"{name}-") in text for name, c in catalogue().items() for view in c.views)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_markdown_table_names_all_and_counts_them(language):
    intro, _, _, _, *rows = markdown(language).splitlines()
    views = [view for corpus in catalogue().values() for view in corpus.views]
    assert [int(number) for number in re.findall(r"\d+", intro)] == [len(catalogue()), len(views)]
    assert len(rows) == len(catalogue())
    assert sum(row.rpartition(" | ")[2].count("`") // 2 for row in rows) == len(views)


def test_what_a_reader_gives_is_counted_by_split():
    turns = (Turn("A", "Hi.", emotion="joy"), Turn("B", "No.", emotion="joy", act="refuse"))
    rows = [
        Conversation("x/train/1", "x", "train", "en", turns, emotion="joy|anger", personas=(Persona("A", "I run."),)),
        Conversation("x/test/2", "x", "test", "en", turns[:1]),
        Rejected("x/test/3", "x", "test", "no text", ""),
    ]
    assert count_statistics(rows) == {
        "conversations": (1, 0, 1),
        "turns": (2, 0, 1),
        "emotion joy": (1, 0, 0),
        "emotion anger": (1, 0, 0),
        "turn emotion joy": (2, 0, 1),
        "act refuse": (1, 0, 0),
        "personas": (1, 0, 0),
        "rejected: no text": (0, 0, 1),
    }


def test_count_counts_the_raw_files(workspace, capsys):
    text = said(capsys, "corpora", "count", "meld", "smilechat")
    assert re.findall(r"^(\w+) +train +validation +test +all", text, re.MULTILINE) == ["meld", "smilechat"]
    assert re.search(r"^turn emotion surprise +\d+ +\d+ +\d+ +\d+", text, re.MULTILINE)
