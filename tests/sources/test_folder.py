"""Files from a mirror and from a folder of the user's own."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from pica.corpora import Corpus, File, corpus
from pica.errors import SourceError
from pica.sources import folder

TEXT = b"One made-up row.\nAnd another.\n"
PINNED = File("part/rows.txt", "https://example.org/rows.txt", hashlib.sha256(TEXT).hexdigest(), len(TEXT))
MEMBER = replace(
    PINNED, path="rows.txt", url="https://example.org/rows.zip", member="inner/rows.txt", archive_sha256="0" * 64
)


def of(*files: File) -> Corpus:
    """A corpus that has these files."""
    return replace(corpus("goemotions"), files=files)


@pytest.fixture
def mirror(tmp_path) -> Path:
    """A mirror with that file, and in a second folder a zip of it."""
    path = tmp_path / "mirror"
    (path / "goemotions" / "part").mkdir(parents=True)
    (path / "goemotions" / "part" / "rows.txt").write_bytes(TEXT)
    (path / "zipped").mkdir()
    with zipfile.ZipFile(path / "zipped" / "rows.zip", "w") as zipped:
        zipped.writestr("inner/rows.txt", TEXT)
    return path


def test_a_pinned_file_lands_under_its_path(mirror, tmp_path):
    folder.copy_pinned(of(PINNED), mirror, tmp_path / "raw")
    assert (tmp_path / "raw/part/rows.txt").read_bytes() == TEXT


def test_a_file_whose_hash_nobody_knew_may_be_missing_and_is_held_to(mirror, tmp_path, monkeypatch, capsys):
    (tmp_path / "repository" / ".dvc").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "repository")
    unknown = replace(PINNED, sha256="", bytes=0)
    folder.copy_pinned(of(unknown, replace(unknown, path="part/more.txt")), mirror, tmp_path / "raw")
    assert "the mirror has no part/more.txt" in capsys.readouterr().err
    assert not (tmp_path / "raw/part/more.txt").exists()
    folder.copy_pinned(of(unknown), mirror, tmp_path / "raw")
    (mirror / "goemotions/part/rows.txt").write_bytes(b"Another row.\n")
    with pytest.raises(SourceError, match="is not the file that hub"):
        folder.copy_pinned(of(unknown), mirror, tmp_path / "raw")


def test_a_file_may_lie_in_another_folder_of_the_mirror(mirror, tmp_path):
    (mirror / "goemotions").rename(mirror / "other")
    folder.copy_pinned(of(replace(PINNED, mirror="other")), mirror, tmp_path / "raw")
    assert (tmp_path / "raw/part/rows.txt").read_bytes() == TEXT


@pytest.mark.parametrize("lies", ["in its zip", "by itself"])
def test_a_member_of_a_zip_may_lie_there_either_way(mirror, tmp_path, lies):
    if lies == "by itself":
        (mirror / "zipped/rows.zip").unlink()
        (mirror / "zipped/rows.txt").write_bytes(TEXT)
    folder.copy_pinned(of(replace(MEMBER, mirror="zipped")), mirror, tmp_path / "raw")
    assert (tmp_path / "raw/rows.txt").read_bytes() == TEXT


@pytest.mark.parametrize(
    "damaged",
    [TEXT[:-1], TEXT.replace(b"m", b"n", 1), TEXT + b"\n", b""],
    ids=["cut", "a flipped byte", "longer", "empty"],
)
def test_a_damaged_file_is_refused_with_both_hashes(mirror, tmp_path, damaged):
    (mirror / "goemotions/part/rows.txt").write_bytes(damaged)
    with pytest.raises(SourceError) as caught:
        folder.copy_pinned(of(PINNED), mirror, tmp_path / "raw")
    for part in ("part/rows.txt", PINNED.sha256, hashlib.sha256(damaged).hexdigest(), PINNED.url):
        assert part in str(caught.value)


def test_a_missing_file_is_named_with_its_url(mirror, tmp_path):
    for missing in (replace(PINNED, path="absent.txt"), replace(MEMBER, path="absent.txt")):
        with pytest.raises(SourceError, match=rf"absent.txt is missing. It is published at {missing.url}"):
            folder.copy_pinned(of(missing), mirror, tmp_path / "raw")


def test_a_damaged_zip_is_refused(mirror, tmp_path):
    archive = mirror / "zipped/rows.zip"
    archive.write_bytes(archive.read_bytes().replace(b"made-up", b"made_up"))
    with pytest.raises(SourceError, match=r"no member inner/rows.txt can be read"):
        folder.copy_pinned(of(replace(MEMBER, mirror="zipped")), mirror, tmp_path / "raw")


def test_a_folder_is_copied_without_film_and_sound(tmp_path):
    for name in ("a/rows.txt", "a/rows.wav", "a/film.avi", "MOCAP_hand/0.txt", ".DS_Store", "b.json"):
        path = tmp_path / "own" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(TEXT)
    folder.copy_all(tmp_path / "own", tmp_path / "raw")
    copied = {path.relative_to(tmp_path / "raw").as_posix() for path in (tmp_path / "raw").rglob("*") if path.is_file()}
    assert copied == {"a/rows.txt", "b.json"}
    with pytest.raises(SourceError, match="there is no folder"):
        folder.copy_all(tmp_path / "absent", tmp_path / "raw")
