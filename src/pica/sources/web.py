"""Raw files from their pinned URLs, fetched once into a cache that outlives DVC's outputs.

The cache is `$PICA_HOME/files` (default `~/.cache/pica/files`), one file per sha256: a re-run, a second clone and a
queued experiment all find it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pooch

from pica.corpora import Corpus, File
from pica.errors import SourceError
from pica.sources import recorded
from pica.sources.folder import extract
from pica.store import file_sha256
from pica.workspace import cache_folder

# Enough to hide the latency of a thousand small files, few enough for a public server.
_CONNECTIONS = 8
# A connection that breaks off is no reason to start a run of hours anew.
_RETRIES = 2


def download(corpus: Corpus, destination: Path) -> None:
    """Fetch a corpus's files, or take them from the cache.

    Raises:
        SourceError: a file cannot be fetched, or is not the pinned one.
    """
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        # list() so that the first failure is raised here.
        list(pool.map(lambda file: _one(file, destination / file.path), corpus.files))


def is_cached(file: File) -> bool:
    """Whether a file, or the zip that it is published in, has been fetched before."""
    name = file.archive_sha256 or file.sha256 or recorded.sha256(file)
    return bool(name) and (cache_folder() / name).is_file()


def _one(file: File, target: Path) -> None:
    if file.member:
        extract(file, _cached(file.url, file.archive_sha256), target)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if sha256 := file.sha256 or recorded.sha256(file):
        shutil.copyfile(_cached(file.url, sha256), target)
    else:
        shutil.copyfile(_first(file), target)


def _first(file: File) -> Path:
    """A file whose hash nobody has recorded yet, fetched; from now on it is held to what it is now."""
    fetched = _fetched(file.url, lambda: pooch.retrieve(file.url, None, path=cache_folder(), progressbar=False))
    sha256 = file_sha256(fetched)
    try:
        recorded.hold(file, fetched, sha256)
    except SourceError:
        fetched.unlink()  # or the next try would find it
        raise
    return fetched.rename(cache_folder() / sha256)


def _cached(url: str, sha256: str) -> Path:
    pooch.get_logger().setLevel("ERROR")  # the stage shows its own progress
    cache = pooch.create(
        cache_folder(), "", None, registry={sha256: f"sha256:{sha256}"}, urls={sha256: url}, retry_if_failed=_RETRIES
    )
    return _fetched(url, lambda: cache.fetch(sha256))


def _fetched(url: str, fetch: Callable[[], str]) -> Path:
    try:
        return Path(fetch())
    # pooch raises ValueError on another hash, and the errors of requests, which are OSErrors, on the network.
    except (ValueError, OSError) as error:
        raise SourceError(
            f"{url} could not be fetched: {error}\n"
            "Try again later, or use a copy of the file: -S source=mirror -S source.path=…"
        ) from None
