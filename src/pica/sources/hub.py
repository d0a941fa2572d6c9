"""Files from the Hugging Face hub, held to one commit and to their hashes.

A branch such as `main` moves. The commit that it stood at when it was first used, and the sha256 of each file, are
written to `hub.lock` in the repository and held to from then on. Delete an entry to take its newest commit, or other
files; keep `hub.lock` in Git, so that others get the same.

    {"dataset Yelp/yelp_review_full@main": {
       "commit": "0123…cdef", "files": {"yelp_review_full/test-00000-of-00001.parquet": "89ab…4567", …}}}
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from huggingface_hub import HfApi, constants, try_to_load_from_cache
from huggingface_hub.errors import GatedRepoError, HFValidationError, HTTPError
from huggingface_hub.utils import filter_repo_objects

from pica.errors import SourceError
from pica.store import file_sha256, read_json, write_json
from pica.workspace import repository

Kind = Literal["model", "dataset"]

# Where the same can come from when not from the hub.
_INSTEAD = {
    "model": "A folder works too: -S model.source=/path.",
    "dataset": "The small pieces of a mirror work too: -S source=mirror -S source.path=/path.",
}


def download(repo: str, revision: str, patterns: Sequence[str], destination: Path, api: HfApi | None = None) -> None:
    """Copy the files of a dataset that match `patterns` into a folder, under the paths that they have on the hub.

    Raises:
        SourceError: as `snapshot`.
    """
    folder, _ = snapshot("dataset", repo, revision, patterns, api)
    for name in _matching(folder, patterns):
        target = destination / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, target)


def is_cached(repo: str, revision: str) -> bool:
    """Whether the files of a dataset that hub.lock holds to are in the hub's cache."""
    held = entries().get(_key("dataset", repo, revision))
    return bool(held and held["files"]) and all(
        isinstance(try_to_load_from_cache(repo, name, revision=held["commit"], repo_type="dataset"), str)
        for name in held["files"]
    )


def snapshot(
    kind: Kind, repo: str, revision: str, patterns: Sequence[str], api: HfApi | None = None
) -> tuple[Path, str]:
    """The files of a hub repository that match `patterns`, at the commit and with the hashes held to.

    Returns:
        The folder in the hub's cache (`HF_HOME`), and the commit.

    Raises:
        SourceError: the repository, revision or network is not there, no file matches, or a file is not the one in
            hub.lock.
    """
    known, key = entries(), _key(kind, repo, revision)
    held = known.get(key)
    folder, taken = _fetch(kind, repo, commit(kind, repo, revision), patterns, api or HfApi())
    files = {name: file_sha256(folder / name) for name in _matching(folder, patterns)}
    if held and held["files"]:
        _compare(key, folder, held["files"], files)
    elif files:
        write_json(lock(), {**known, key: {"commit": taken, "files": files}})
    else:
        raise SourceError(f"the hub's {kind} {repo} at {taken} has no file that matches {' or '.join(patterns)}.")
    return folder, taken


def commit(kind: Kind, repo: str, revision: str) -> str:
    """The commit that hub.lock holds a revision to; the revision itself before its first download."""
    held = entries().get(_key(kind, repo, revision))
    return held["commit"] if held else revision


def pin(repo: str, revision: str, api: HfApi | None = None) -> str:
    """The commit of a dataset that hub.lock holds a revision to; that which it stands at is recorded the first time.

    Raises:
        SourceError: the dataset or the revision is not there, or the hub is not reached.
    """
    known, key = entries(), _key("dataset", repo, revision)
    if key not in known:
        try:
            taken = (api or HfApi()).dataset_info(repo, revision=revision).sha
        except (OSError, HTTPError, HFValidationError) as error:
            raise not_fetched("dataset", repo, revision, error) from None
        known = {**known, key: {"commit": taken, "files": {}}}
        write_json(lock(), known)
    return known[key]["commit"]


def not_fetched(kind: Kind, repo: str, revision: str, error: Exception) -> SourceError:
    """Why a repository could not be fetched, and what to do."""
    why = next(iter(str(error).splitlines()), type(error).__name__)
    page = f"{constants.ENDPOINT}/{'' if kind == 'model' else 'datasets/'}{repo}"
    todo = f"Check the name and the network; a gated one needs `hf auth login`. {_INSTEAD[kind]}"
    if isinstance(error, GatedRepoError) or "gated" in str(error).lower():
        todo = f"It is given on application: ask for access at {page}, then `hf auth login`, and run again."
    return SourceError(f"the hub's {kind} {repo} at {revision} could not be fetched: {why}\n{todo}")


def lock() -> Path:
    """Where hub.lock is."""
    return repository() / "hub.lock"


def entries() -> Mapping[str, Mapping[str, Any]]:
    """What hub.lock holds to."""
    return read_json(lock()) if lock().exists() else {}


def _key(kind: Kind, repo: str, revision: str) -> str:
    return f"{kind} {repo}@{revision}"


def _fetch(kind: Kind, repo: str, revision: str, patterns: Sequence[str], api: HfApi) -> tuple[Path, str]:
    try:
        folder = Path(api.snapshot_download(repo, repo_type=kind, revision=revision, allow_patterns=list(patterns)))
    # The hub's own errors are OSErrors; those of a broken connection and of an impossible name are not.
    except (OSError, HTTPError, HFValidationError) as error:
        raise not_fetched(kind, repo, revision, error) from None
    return folder, folder.name  # the cache has a folder a commit


def _matching(folder: Path, patterns: Sequence[str]) -> list[str]:
    """The files of a snapshot that were asked for; others may have been, in another run."""
    names = (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file())
    return list(filter_repo_objects(names, allow_patterns=list(patterns)))


def _compare(key: str, folder: Path, held: Mapping[str, str], found: Mapping[str, str]) -> None:
    for name in sorted(held.keys() | found.keys()):
        expected, actual = held.get(name, "none"), found.get(name, "none")
        if expected != actual:
            raise SourceError(
                f"{name} of the hub's {key} is not the file that hub.lock holds to:\n"
                f"  expected sha256 {expected}\n"
                f"  found    sha256 {actual}\n"
                f"Delete {folder.parents[1]} to fetch it again, or the entry in hub.lock to take what the hub has now."
            )
