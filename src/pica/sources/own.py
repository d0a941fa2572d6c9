"""Datasets of the user's own, declared in YAML: where they are, their raw files, and how DVC sees a change of those.

    source.own=~/data+diaries        folders of YAML files, relative to the repository
    own/diary/diary.csv  →  ~/data/diary.csv

A stage depends on what has a place in dvc.yaml, and a user's file has none. So `download` leaves a link to each file
that it read, the YAML too, in `own/`, a folder that it depends on: DVC follows links.
"""

from __future__ import annotations

import glob
import json
import shutil
from collections.abc import Mapping
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import Any

from pica.corpora import Corpus, catalogue, declared_at
from pica.corpora.declaration import load, raw_path
from pica.corpora.declared import matching
from pica.corpora.keys import is_folder
from pica.errors import CorpusError, SourceError
from pica.params import Source
from pica.sources import hub_rows
from pica.store import atomic_path
from pica.workspace import resolve_path


def own_folders(source: Source) -> list[Path]:
    """The folders of declared datasets.

    Raises:
        SourceError: one of them is not there.
    """
    folders = []
    for given in filter(None, source.own.split("+")):
        path = resolve_path(given)
        if not path.is_dir():
            what = "is a file: give the folder that it is in" if path.is_file() else "is not there"
            raise SourceError(f"the folder {path} (source.own={source.own}) {what}.")
        folders.append(path)
    return folders


def declare(source: Source) -> None:
    """From now on the catalogue has the datasets that the user has declared."""
    declared_at(*own_folders(source))
    catalogue()  # what is wrong with a declaration is said now


def declaration_file(corpus: Corpus, source: Source) -> Path:
    """The YAML file that a dataset is declared in."""
    import pica.corpora

    folders = [*own_folders(source), Path(pica.corpora.__file__).parent]
    return next(path for folder in folders if (path := folder / f"{corpus.name}.yaml").is_file())


def origins(corpus: Corpus, source: Source) -> dict[str, Path]:
    """The raw files of a declared dataset: where each lies in its raw folder → where the user has it.

    Raises:
        SourceError: a file is missing, or the declaration has changed in between.
    """
    yaml = declaration_file(corpus, source)
    found: dict[str, Path] = {}
    for paths in load(yaml).files.values():
        for given in paths:
            try:
                found |= {_raw_place(given, path, yaml.parent): path for path in matching(yaml.parent, given)}
            except CorpusError as error:
                raise SourceError(f"{yaml}, files: {given}: {error.problem}.") from None
    return found


def _raw_place(given: str, path: Path, folder: Path) -> str:
    """Where a file that is named by `given`, a path or a pattern, lies in the raw folder: named as it, inside."""
    head = PurePosixPath(*takewhile(lambda part: not glob.has_magic(part), PurePosixPath(given).parts))
    base = folder / Path(head).expanduser()
    return raw_path(given if path == base else f"{head}/{path.relative_to(base).as_posix()}")


def is_here(corpus: Corpus, source: Source) -> bool:
    """Whether the data of a declared dataset is on this machine.

    Raises:
        SourceError: a file of it is missing.
    """
    return bool(_hub_folder(corpus, source)) if corpus.declared.hub else bool(origins(corpus, source))


def _hub_folder(corpus: Corpus, source: Source) -> str:
    """Where a folder in the hub's layout is; empty for one of the hub."""
    named = corpus.declared.hub
    if not is_folder(named):
        return ""
    folder = (declaration_file(corpus, source).parent / Path(named).expanduser()).resolve()
    if not folder.is_dir():
        raise SourceError(f"the folder {folder} ({corpus.name}.yaml, hub: {named}) is not there.")
    return str(folder)


def fetch(corpus: Corpus, source: Source, destination: Path) -> None:
    """Put the raw files of a declared dataset into the folder `destination`, which must exist.

    Raises:
        SourceError: a file is missing, or the hub does not give the dataset.
    """
    if corpus.declared.hub:
        hub_rows.download(corpus, _hub_folder(corpus, source), destination)
        return
    for place, path in origins(corpus, source).items():
        target = destination / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def link(corpora: list[Corpus], source: Source, folder: Path) -> None:
    """Leave links to the files of these datasets, and to no others, in `folder`."""
    for old in folder.iterdir() if folder.is_dir() else ():
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
    for corpus in corpora:
        if corpus.declared is None:
            continue
        yaml = declaration_file(corpus, source)
        files = {yaml.name: yaml} | _linked(corpus, source)
        for place, path in files.items():
            at = folder / corpus.name / place
            at.parent.mkdir(parents=True, exist_ok=True)
            at.symlink_to(path.resolve())


def _linked(corpus: Corpus, source: Source) -> dict[str, Path]:
    if not corpus.declared.hub:
        return origins(corpus, source)
    folder = _hub_folder(corpus, source)
    return {Path(folder).name: Path(folder)} if folder else {}


def record(corpora: list[Corpus], path: Path) -> None:
    """Write what is declared, for the stages that come after: name → the values of a declaration's keys."""
    write_record({c.name: dict(c.declared.values) for c in corpora if c.declared}, path)


def write_record(declared: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """Write the values of declarations, by name."""
    # Not `write_json`, which sorts: labels have an order.
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(declared, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
