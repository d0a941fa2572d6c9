"""Raw files from a folder on this machine: the embedded sample and a user's own as they are, a mirror file by file."""

from __future__ import annotations

import hashlib
import shutil
import sys
import zipfile
import zlib
from pathlib import Path
from typing import IO

from pica.corpora import Corpus, File
from pica.errors import SourceError
from pica.sources import recorded
from pica.store import file_sha256

_CHUNK = 1 << 20

# IEMOCAP and MEmoR are gigabytes of film, sound, motion capture and features around the text, the one thing read here.
_NO_TEXT = shutil.ignore_patterns("*.avi", "*.mp4", "*.wav", "*.npy", "*.npz", "*.pkl", "*.h5", "MOCAP_*", ".*")


def copy_all(origin: Path, destination: Path) -> None:
    """Copy a folder's files, but for film, sound, features and hidden ones; there is nothing to check them against.

    Raises:
        SourceError: there is no such folder.
    """
    if not origin.is_dir():
        raise SourceError(f"there is no folder {origin}.")
    shutil.copytree(origin, destination, dirs_exist_ok=True, ignore=_NO_TEXT, copy_function=shutil.copyfile)


def copy_pinned(corpus: Corpus, mirror: Path, destination: Path) -> None:
    """Copy a corpus's files out of a mirror, each checked against its pinned size and sha256.

    A file that is published inside a zip may lie there by itself or in that zip.

    Raises:
        SourceError: a file is missing or not the pinned one.
    """
    for file in corpus.files:
        origin = pinned(corpus, file, mirror)
        if origin is None and not file.sha256:
            print(f"{corpus.name}: the mirror has no {file.path}, and the reader does without it.", file=sys.stderr)
            continue
        if origin is None:
            missing = mirror / (file.mirror or corpus.name) / file.path
            where = (
                f"It is published at {file.url}."
                if file.url
                else f"It is not published. Where you have it, give +source.manual.{corpus.name}=/path/to/folder."
            )
            raise SourceError(f"{missing} is missing. {where}")
        if origin.name == file.path.rpartition("/")[2]:
            with origin.open("rb") as reader:
                _write(file, origin, reader, destination / file.path)
        else:
            extract(file, origin, destination / file.path)


def check_pinned(corpus: Corpus, given: Path) -> None:
    """Hold the pinned files that a user's own folder has to their hashes; it may have others, and lack some.

    Of a dataset on the hub only pieces are pinned, and the user may have all of it.

    Raises:
        SourceError: one is not the pinned file.
    """
    for file in () if corpus.hub else corpus.files:
        if file.sha256 and (given / file.path).is_file():
            _check(file, given / file.path, (given / file.path).stat().st_size, file_sha256(given / file.path))


def pinned(corpus: Corpus, file: File, mirror: Path) -> Path | None:
    """Where a mirror has a pinned file: the file itself, or the zip it is published in; None when it has neither."""
    folder = mirror / (file.mirror or corpus.name)
    archive = folder / file.url.rpartition("/")[2]
    if (folder / file.path).is_file():
        return folder / file.path
    return archive if file.member and archive.is_file() else None


def extract(file: File, archive: Path, target: Path) -> None:
    """Copy a file out of the zip that it is published in, checked against its pinned size and sha256.

    Raises:
        SourceError: the zip cannot be read or lacks the file, or the file is not the pinned one.
    """
    try:
        with zipfile.ZipFile(archive) as zipped, zipped.open(file.member) as reader:
            _write(file, archive / file.member, reader, target)
    except (KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise SourceError(f"{archive}, from {file.url}: no member {file.member} can be read ({error}).") from None


def _write(file: File, origin: Path, reader: IO[bytes], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with target.open("wb") as writer:
        while chunk := reader.read(_CHUNK):
            digest.update(chunk)
            writer.write(chunk)
    if file.sha256:
        _check(file, origin, target.stat().st_size, digest.hexdigest())
    elif file.url:
        recorded.hold(file, target, digest.hexdigest())


def _check(file: File, origin: Path, size: int, sha256: str) -> None:
    if (size, sha256) != (file.bytes, file.sha256):
        raise SourceError(
            f"{origin} is not the pinned file:\n"
            f"  expected sha256 {file.sha256} ({file.bytes:,} bytes)\n"
            f"  found    sha256 {sha256} ({size:,} bytes)\n"
            f"It is cut, edited or of another release. Fetch it again{f' from {file.url}' if file.url else ''}"
        )
