"""Which source a corpus's raw files come from, and which corpora a run uses."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from pica.corpora import REPLAY, Corpus, File, Hub, catalogue, corpus
from pica.errors import DataError, SourceError
from pica.params import Source
from pica.sources import raw, selection
from pica.sources.selection import select
from tests.defaults import defaults

APPLY = "sign the release form at example.org; then give source.manual.memor=/path"


def source(kind: str, path: str = "", **manual: str) -> Source:
    return Source(kind, path, manual)


# A corpus of each kind: given on application, only on the hub, pinned, and nowhere.
MEMOR = replace(corpus("goemotions"), name="memor", files=(), agreement=APPLY)
ON_HUB = replace(corpus("goemotions"), name="on_hub", files=(), hub=Hub("somebody/reviews", ("*.csv",)))
NOWHERE = replace(corpus("goemotions"), name="nowhere", files=())


@pytest.fixture(autouse=True)
def _catalogue(monkeypatch, tmp_path):
    """Those corpora and no others, from an empty repository."""
    known = {c.name: c for c in (corpus("meld"), MEMOR, NOWHERE, ON_HUB)}
    monkeypatch.setattr(selection, "catalogue", lambda: known)
    monkeypatch.setattr(selection, "corpus", (known | {REPLAY: corpus(REPLAY)}).__getitem__)
    (tmp_path / ".dvc").mkdir()
    monkeypatch.chdir(tmp_path)


def names(corpora: list[Corpus]) -> list[str]:
    return [c.name for c in corpora]


@pytest.mark.parametrize(
    ("kind", "present", "absent"),
    [
        ("sample", ["meld", "memor"], ["nowhere", "on_hub"]),
        ("mirror", ["meld"], ["memor", "nowhere", "on_hub"]),
        ("web", ["meld", "on_hub"], ["memor", "nowhere"]),
    ],
)
def test_what_a_source_cannot_give_is_said_once(kind, present, absent, capsys):
    assert names(select("all", source(kind))) == present
    said = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0].removeprefix("left out ") for line in said] == absent


@pytest.mark.parametrize("twice", ["meld+meld", "all+meld+all"])
def test_a_dataset_that_is_named_twice_is_taken_once(twice):
    assert names(select(twice, source("mirror"))) == ["meld"]


def test_how_to_apply_is_said(capsys):
    select("all", source("web"))
    assert f"left out memor: {APPLY}\n" in capsys.readouterr().err


def test_there_is_a_parameter_for_every_dataset_on_application_and_for_general_text():
    on_application = {c.name for c in catalogue().values() if c.agreement}
    assert {*on_application, REPLAY, "edos"} == {*defaults().source.manual}


def test_a_folder_that_nobody_reads_is_an_error():
    with pytest.raises(
        SourceError, match=r"source.manual.memmor: there is no such dataset. Did you mean source.manual.memor"
    ):
        select("meld", source("sample", memmor="x"))
    with pytest.raises(SourceError, match=r"source.manual.xyz: there is no such dataset. The catalogue has: meld, "):
        select("meld", source("sample", xyz="x"))
    assert names(select("meld", source("sample", xyz=""))) == ["meld"]


def test_of_a_declared_dataset_the_yaml_names_the_files(monkeypatch):
    mine = replace(NOWHERE, name="mine", declared=object())
    monkeypatch.setattr(selection, "catalogue", lambda: {"mine": mine})
    with pytest.raises(SourceError, match=r"mine is declared in mine.yaml, which names its files"):
        select("mine", source("sample", mine="x"))


def test_what_is_pinned_of_a_folder_of_the_users_own_is_held_to_its_hash(tmp_path):
    given, arrived = tmp_path / "own", tmp_path / "raw"
    given.mkdir()
    arrived.mkdir()
    (given / "notes.txt").write_text("Rain again.")
    (given / "more.txt").write_text("Sun.")
    notes = File("notes.txt", "", sha256(b"Rain again.").hexdigest(), 11)
    private = replace(NOWHERE, files=(notes, File("absent.txt", "", "0" * 64, 1)))
    raw.fetch(private, source("web", nowhere="own"), arrived)
    assert sorted(path.name for path in arrived.iterdir()) == ["more.txt", "notes.txt"]
    (given / "notes.txt").write_text("Rain AGAIN.")
    with pytest.raises(SourceError, match=r"own/notes.txt is not the pinned file(.|\n)*Fetch it again$"):
        raw.fetch(private, source("web", nowhere="own"), arrived)
    # Of a dataset on the hub only pieces are pinned.
    raw.fetch(replace(private, hub=ON_HUB.hub), source("web", nowhere="own"), arrived)


def test_private_files_come_from_a_folder_or_a_mirror(monkeypatch, tmp_path):
    private = replace(NOWHERE, files=(File("notes.txt", "", sha256(b"x").hexdigest(), 1),))
    monkeypatch.setattr(selection, "catalogue", lambda: {"nowhere": private})
    monkeypatch.setattr(selection, "corpus", {"nowhere": private, REPLAY: corpus(REPLAY)}.__getitem__)
    with pytest.raises(DataError, match=r"no file of it is published .* give \+source.manual.nowhere=/path/to/folder"):
        select("nowhere", source("web"))
    assert names(select("nowhere", source("mirror", str(tmp_path)))) == ["nowhere"]
    with pytest.raises(SourceError, match=r"nowhere/notes.txt is missing. It is not published"):
        raw.fetch(private, source("mirror", str(tmp_path)), tmp_path)


def test_general_text_comes_when_it_is_named_or_its_folder_is_given(tmp_path):
    (tmp_path / "chats").mkdir()
    assert REPLAY not in names(select("all", source("sample")))
    assert names(select("meld+general", source("sample"))) == ["meld", "general"]
    assert names(select("all+general", source("sample"))) == ["meld", "memor", "general"]
    for datasets in ("meld", "meld+general"):
        assert names(select(datasets, source("web", general="chats"))) == ["meld", "general"]
    with pytest.raises(DataError, match=r"general: it is your own text: give source.manual.general="):
        select("meld+general", source("web"))
    with pytest.raises(SourceError, match=r"source.manual.general=absent"):
        select("meld", source("web", general="absent"))


def test_a_dataset_on_application_is_no_error_even_by_name(capsys):
    assert names(select("meld+memor", source("web"))) == ["meld"]
    assert "left out memor" in capsys.readouterr().err
    with pytest.raises(DataError, match="nowhere: no file of it is published"):
        select("meld+memor+nowhere", source("web"))
    with pytest.raises(DataError, match="no dataset is left"):
        select("memor", source("web"))


@pytest.mark.parametrize("kind", ["sample", "mirror", "web"])
def test_a_folder_of_the_users_own_goes_before_every_source(kind, tmp_path, capsys):
    own = tmp_path / "own" / "data"
    own.mkdir(parents=True)
    (own / "anno.json").write_text("{}")
    given = source(kind, memor="own")  # relative to the repository
    assert "memor" in names(select("all", given))
    assert "memor" not in capsys.readouterr().err
    (tmp_path / "raw").mkdir()
    raw.fetch(MEMOR, given, tmp_path / "raw")
    assert (tmp_path / "raw/data/anno.json").read_text() == "{}"


def test_a_folder_that_is_not_there_is_an_error():
    with pytest.raises(SourceError, match=r"absent \(source.manual.memor=absent\) is not there"):
        select("all", source("web", memor="absent"))
    with pytest.raises(SourceError, match="is not there"):
        raw.fetch(MEMOR, source("sample", memor="absent"), Path("raw"))


def test_from_the_web_a_corpus_on_the_hub_comes_from_there(monkeypatch):
    asked = []
    monkeypatch.setattr(raw.hub, "download", lambda *arguments: asked.append(arguments))
    raw.fetch(ON_HUB, source("web"), Path("raw"))
    assert asked == [("somebody/reviews", "main", ("*.csv",), Path("raw"))]


def test_from_a_mirror_it_comes_from_there(tmp_path):
    with pytest.raises(SourceError, match=r"train_sent_emo.csv is missing"):
        raw.fetch(corpus("meld"), source("mirror", str(tmp_path)), tmp_path)


@pytest.mark.parametrize(("path", "problem"), [("", "source=mirror needs the folder"), ("absent", "is not there")])
def test_a_mirror_needs_its_folder(path, problem):
    with pytest.raises(SourceError, match=problem):
        raw.fetch(corpus("meld"), source("mirror", path), Path("raw"))


def test_the_sample_is_copied(tmp_path):
    raw.fetch(corpus("meld"), source("sample"), tmp_path / "raw")
    assert (tmp_path / "raw/train_sent_emo.csv").is_file()
