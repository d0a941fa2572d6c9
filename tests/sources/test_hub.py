"""The hub's files, from a hub on this machine: the commit and the hashes of the first download are held to."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest
from huggingface_hub import HfApi, constants

from pica.errors import SourceError
from pica.sources import hub

REPO = "somebody/reviews"
KEY = f"dataset {REPO}@main"
FIRST, SECOND = "1" * 40, "2" * 40
PATTERNS = ("plain/train-*.parquet", "*.csv")
FILES = {
    "plain/train-00000-of-00002.parquet": b"one",
    "plain/train-00001-of-00002.parquet": b"two",
    "plain/test-00000-of-00001.parquet": b"three",
    "labels.csv": b"four",
    "script.py": b"raise SystemExit",
}
WANTED = {"plain/train-00000-of-00002.parquet", "plain/train-00001-of-00002.parquet", "labels.csv"}


@pytest.fixture
def api(server):
    server.publish(REPO, FIRST, FILES)
    return HfApi(endpoint=server.url)


def download(api: HfApi, name: str, revision: str = "main") -> dict[str, bytes]:
    """What a download puts into a new folder."""
    folder = Path(name)
    hub.download(REPO, revision, PATTERNS, folder, api)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def lock() -> dict:
    return json.loads(Path("hub.lock").read_text())


def test_the_files_asked_for_land_under_their_paths(api):
    assert download(api, "raw") == {name: FILES[name] for name in WANTED}


def test_the_first_download_is_recorded(api):
    download(api, "raw")
    assert lock() == {
        KEY: {"commit": FIRST, "files": {name: hashlib.sha256(FILES[name]).hexdigest() for name in WANTED}}
    }


def test_a_branch_that_moved_is_not_followed(api, server):
    before = download(api, "before")
    server.publish(REPO, SECOND, {name: b"new" for name in FILES})
    assert download(api, "after") == before
    assert lock()[KEY]["commit"] == FIRST


def test_without_its_entry_the_newest_commit_is_taken(api, server):
    download(api, "before")
    Path("hub.lock").write_text(json.dumps({"dataset other/one@main": {"commit": FIRST, "files": {}}}))
    server.publish(REPO, SECOND, {name: b"new" for name in FILES})
    assert set(download(api, "after").values()) == {b"new"}
    assert lock()[KEY]["commit"] == SECOND
    assert "dataset other/one@main" in lock()


def test_a_known_commit_is_taken_as_it_is(api, server):
    server.files[f"/api/datasets/{REPO}/revision/{FIRST}"] = json.dumps({"id": REPO, "sha": FIRST}).encode()
    server.publish(REPO, SECOND, {})
    assert download(api, "raw", revision=FIRST).keys() == WANTED
    assert lock()[f"dataset {REPO}@{FIRST}"]["commit"] == FIRST


def test_what_is_in_the_cache_needs_no_hub(api, server):
    before = download(api, "before")
    server.files.clear()
    server.requests.clear()
    assert download(api, "after") == before
    assert not any("resolve" in path for path in server.requests)


def test_a_changed_file_is_refused_with_both_hashes(api):
    download(api, "before")
    record = lock()
    record[KEY]["files"]["labels.csv"] = "0" * 64
    Path("hub.lock").write_text(json.dumps(record))
    with pytest.raises(SourceError) as caught:
        download(api, "after")
    assert "labels.csv" in str(caught.value)
    assert f"expected sha256 {'0' * 64}" in str(caught.value)
    assert f"found    sha256 {hashlib.sha256(b'four').hexdigest()}" in str(caught.value)
    assert not Path("after").exists()


def test_a_file_damaged_in_the_cache_is_refused(api, tmp_path):
    download(api, "before")
    (cached,) = (tmp_path / "hub").rglob("snapshots/*/labels.csv")
    cached.resolve().write_bytes(b"fou")
    with pytest.raises(
        SourceError, match=r"labels.csv of the hub's dataset somebody/reviews@main is not the file"
    ) as it:
        download(api, "after")
    shutil.rmtree(re.search(r"Delete (\S+) to fetch it again", str(it.value))[1])
    assert download(api, "after")["labels.csv"] == b"four"


def test_a_file_that_hub_lock_lacks_is_refused(api):
    download(api, "before")
    record = lock()
    del record[KEY]["files"]["labels.csv"]
    Path("hub.lock").write_text(json.dumps(record))
    with pytest.raises(SourceError, match="expected sha256 none"):
        download(api, "after")


@pytest.mark.parametrize(
    ("repo", "revision", "patterns", "problem"),
    [
        ("nobody/nothing", "main", PATTERNS, "nobody/nothing at main could not be fetched"),
        (REPO, "absent", PATTERNS, f"{REPO} at absent could not be fetched"),
        ("no/such/name", "main", PATTERNS, "no/such/name at main could not be fetched"),
        (REPO, "main", ("*.zip", "*.tar"), f"at {FIRST} has no file that matches \\*.zip or \\*.tar"),
    ],
)
def test_what_is_not_there_is_said(api, repo, revision, patterns, problem):
    with pytest.raises(SourceError, match=problem):
        hub.download(repo, revision, patterns, Path("raw"), api)
    assert not Path("hub.lock").exists()


def test_a_file_that_cannot_be_fetched_leaves_no_record(api, server):
    del server.files[f"/datasets/{REPO}/resolve/{FIRST}/labels.csv"]
    with pytest.raises(SourceError, match="could not be fetched"):
        download(api, "raw")
    assert not Path("hub.lock").exists()
    server.publish(REPO, FIRST, FILES)
    assert download(api, "raw").keys() == WANTED


def test_what_was_downloaded_is_known_to_be_here(api, monkeypatch):
    assert not hub.is_cached(REPO, "main")
    download(api, "raw")
    assert hub.is_cached(REPO, "main")
    shutil.rmtree(constants.HF_HUB_CACHE)
    assert not hub.is_cached(REPO, "main")
