"""Pinned URLs, from a server on this machine."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from pica.corpora import Corpus, File, corpus
from pica.errors import SourceError
from pica.sources import web
from pica.store import read_json

TEXT = b"One made-up row.\n"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def of(*files: File) -> Corpus:
    """A corpus that has these files."""
    return replace(corpus("goemotions"), files=files)


@pytest.fixture
def pinned(server):
    """A file that the server has."""
    server.files["/rows.txt"] = TEXT
    return File("part/rows.txt", f"{server.url}/rows.txt", sha256(TEXT), len(TEXT))


@pytest.fixture
def member(server):
    """A file that the server has inside a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("inner/rows.txt", TEXT)
    server.files["/rows.zip"] = buffer.getvalue()
    archive = sha256(buffer.getvalue())
    return File(
        "rows.txt", f"{server.url}/rows.zip", sha256(TEXT), len(TEXT), member="inner/rows.txt", archive_sha256=archive
    )


def test_a_file_lands_under_its_path(pinned):
    web.download(of(pinned), Path("raw"))
    assert Path("raw/part/rows.txt").read_bytes() == TEXT


def blob(content: bytes) -> str:
    """Its object name in Git."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@pytest.fixture
def unknown(pinned):
    """A file whose sha256 nobody has seen."""
    return replace(pinned, sha256="", bytes=0, git_blob=blob(TEXT))


def test_a_hash_that_nobody_knew_is_recorded_at_the_first_download_and_held_to(unknown, server):
    assert not web.is_cached(unknown)
    web.download(of(unknown), Path("raw"))
    assert Path("raw/part/rows.txt").read_bytes() == TEXT
    assert read_json(Path("hub.lock")) == {unknown.url: {"sha256": sha256(TEXT)}}
    web.download(of(unknown), Path("again"))
    assert web.is_cached(unknown)
    assert server.requests["/rows.txt"] == 1
    (web.cache_folder() / sha256(TEXT)).unlink()
    server.files["/rows.txt"] = TEXT + b"More.\n"
    with pytest.raises(SourceError, match=sha256(TEXT)):
        web.download(of(replace(unknown, git_blob="")), Path("raw"))


def test_a_first_download_is_the_file_with_the_git_name(unknown, server):
    server.files["/rows.txt"] = TEXT + b"More.\n"
    with pytest.raises(SourceError) as caught:
        web.download(of(unknown), Path("raw"))
    assert blob(TEXT) in str(caught.value)
    assert not Path("hub.lock").exists()
    server.files["/rows.txt"] = TEXT
    web.download(of(unknown), Path("raw"))


def test_a_file_is_fetched_once(pinned, server):
    for name in ("one", "two"):
        web.download(of(pinned), Path(name))
    assert server.requests["/rows.txt"] == 1
    assert Path("two/part/rows.txt").read_bytes() == TEXT


def test_a_file_damaged_in_the_cache_is_fetched_again(pinned):
    web.download(of(pinned), Path("raw"))
    (web.cache_folder() / pinned.sha256).write_bytes(b"One made-up")
    web.download(of(pinned), Path("raw"))
    assert Path("raw/part/rows.txt").read_bytes() == TEXT


def test_a_connection_that_fails_is_tried_again(pinned, server):
    server.failures["/rows.txt"] = 2
    web.download(of(pinned), Path("raw"))
    assert server.requests["/rows.txt"] == 3


def test_another_file_at_the_url_is_refused(pinned, server):
    server.files["/rows.txt"] = TEXT + b"More.\n"
    with pytest.raises(SourceError) as caught:
        web.download(of(pinned), Path("raw"))
    for part in (pinned.url, pinned.sha256, sha256(TEXT + b"More.\n"), "source=mirror"):
        assert part in str(caught.value)
    assert not list(web.cache_folder().iterdir())


def test_a_url_that_is_gone_is_named(pinned, server):
    server.files.clear()
    with pytest.raises(SourceError, match=rf"{pinned.url} could not be fetched: 404"):
        web.download(of(pinned), Path("raw"))


def test_one_bad_file_among_many_is_an_error(pinned, server):
    others = [replace(pinned, path=f"{number}.txt") for number in range(20)]
    with pytest.raises(SourceError, match=r"gone.txt"):
        web.download(of(*others, replace(pinned, url=f"{server.url}/gone.txt", sha256="0" * 64)), Path("raw"))


def test_a_member_is_taken_out_of_its_zip(member):
    web.download(of(member), Path("raw"))
    assert [path.name for path in Path("raw").iterdir()] == ["rows.txt"]
    assert Path("raw/rows.txt").read_bytes() == TEXT


def test_a_zip_without_the_member_is_refused(member):
    with pytest.raises(SourceError, match=r"rows.zip: no member other.txt can be read"):
        web.download(of(replace(member, member="other.txt")), Path("raw"))


def test_another_member_under_the_name_is_refused(member):
    with pytest.raises(SourceError, match="is not the pinned file"):
        web.download(of(replace(member, sha256="0" * 64)), Path("raw"))


def test_what_is_no_zip_is_refused(pinned, member):
    with pytest.raises(SourceError, match=r"rows.txt: no member inner/rows.txt can be read"):
        web.download(of(replace(member, url=pinned.url, archive_sha256=pinned.sha256)), Path("raw"))


def test_what_was_fetched_is_known_to_be_here(pinned, member):
    assert not web.is_cached(pinned)
    assert not web.is_cached(member)
    web.download(of(pinned, member), Path("raw"))
    assert web.is_cached(pinned)
    assert web.is_cached(member)
