"""Files whose sha256 nobody could pin beforehand: it is recorded at their first download, and held to.

The record is `hub.lock`, beside the commits of the hub (`hub.py`); keep it in Git, so that others get the same:

    {"https://example.org/…/train_split.csv": {"sha256": "0123…cdef"}, …}
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from pica.corpora import File
from pica.errors import SourceError
from pica.sources import hub
from pica.store import write_json


def sha256(file: File) -> str:
    """What is recorded of a file; empty before its first download."""
    return hub.entries().get(file.url, {}).get("sha256", "")


def hold(file: File, path: Path, found: str) -> None:
    """Compare a file that has come with what is recorded, or record it.

    Args:
        path: where it lies.
        found: its sha256.

    Raises:
        SourceError: it is not the one that was recorded, or not the one with its Git name.
    """
    held = sha256(file)
    if held and held != found:
        raise SourceError(
            f"{path}, from {file.url}, is not the file that hub.lock holds to:\n"
            f"  expected sha256 {held}\n  found    sha256 {found}\n"
            "Fetch it again, or delete the entry in hub.lock to take this one."
        )
    if file.git_blob and file.git_blob != (name := _git_blob(path)):
        raise SourceError(
            f"{path}, from {file.url}, is not the pinned file:\n"
            f"  expected Git blob {file.git_blob}\n  found    Git blob {name}\n"
            "It is cut, edited or of another release. Fetch it again."
        )
    if not held:
        write_json(hub.lock(), {**hub.entries(), file.url: {"sha256": found}})


def _git_blob(path: Path) -> str:
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as reader:
        while chunk := reader.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
