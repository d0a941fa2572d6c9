"""Rows of a declared hub dataset, streamed through `datasets`: a Parquet file a split, `<its name there>.parquet`.

Held to the commit in hub.lock. Only data is read: `datasets` runs no loading scripts. Labels that are numbers with
names become those names. A folder in the hub's layout (data files and, if need be, a README.md that sorts them into
configurations and splits) is read in the same way.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from huggingface_hub import HfApi
from huggingface_hub.repocard import metadata_load
from tqdm import tqdm

from pica.corpora import Corpus
from pica.errors import SourceError
from pica.sources import hub
from pica.store import atomic_path

_BATCH = 1_000
# Bytes of a row group that is written at once.
_GROUP = 10_000


def download(corpus: Corpus, folder: str, destination: Path) -> None:
    """Write the splits of a declared dataset into the folder `destination`.

    Args:
        folder: where it is on this machine; empty for the hub.

    Raises:
        SourceError: it is not there or not given to this user, has no data, or has splits that nobody knows.
    """
    declaration = corpus.declared
    with _loaded(corpus, folder) as splits:
        names = [name for name in splits if name.casefold() in declaration.splits]
        unknown = [name for name in splits if name not in names]
        # What the declaration names is what is wanted; without it, no split goes in silence.
        if not names or (unknown and "splits" not in declaration.values):
            raise SourceError(
                f"{_named(corpus)} has the splits {', '.join(splits)}. "
                f"Say in {corpus.name}.yaml which of them to take, and as what: splits: {{{next(iter(splits))}: train}}"
            )
        for name in names:
            _write(splits[name], destination / f"{name}.parquet", f"{corpus.name}/{name}")


def first_rows(repo: str, config: str | None, revision: str | None, count: int) -> dict[str, list[dict[str, Any]]]:
    """The first rows of each split, for a look at them.

    Args:
        repo: owner/name, or a folder.

    Raises:
        SourceError: as `download`.
    """
    with _reporting(repo):
        splits = _datasets().load_dataset(repo, config, revision=revision, streaming=True)
        return {name: _named_labels(split.take(count)) for name, split in splits.items()}


def licence(repo: str, revision: str | None) -> str:
    """The licence that a dataset's card names; empty where it names none.

    Args:
        repo: owner/name, or a folder.
    """
    with _reporting(repo):
        if (card := Path(repo) / "README.md").is_file():
            data = metadata_load(card) or {}
        else:
            found = None if Path(repo).is_dir() else HfApi().dataset_info(repo, revision=revision).card_data
            data = found.to_dict() if found else {}
    named = data.get("license_name") or data.get("license") or ""
    return str(named[0] if isinstance(named, list) else named)


def _named_labels(split: Any) -> list[dict[str, Any]]:
    return [row for table in _tables(split) for row in table.to_pylist()]


@contextmanager
def _loaded(corpus: Corpus, folder: str) -> Iterator[Mapping[str, Any]]:
    config = corpus.declared.config
    commit = None if folder else hub.pin(corpus.hub.repo, corpus.hub.revision)
    with _reporting(_named(corpus)):
        where = folder or f"hf://datasets/{corpus.hub.repo}"
        yield _datasets().load_dataset(where, config, revision=commit, streaming=True)


@contextmanager
def _reporting(name: str) -> Iterator[None]:
    """What `datasets` finds wrong, as one message; its own errors have no common class."""
    try:
        yield
    except (SourceError, KeyboardInterrupt, ModuleNotFoundError):
        raise
    except Exception as error:
        why = next(iter(str(error).splitlines()), type(error).__name__)
        todo = "Check the name, the configuration and the network."
        if "gated" in why:
            todo = f"Ask for access on its page ({_page(name)}), then `hf auth login`, and run again."
        elif "scripts are no longer supported" in why:
            todo = (
                "It is given by a program, and none is run. Many have a branch of Parquet files: "
                f"hub: {name.split()[-1].partition('@')[0]}@refs/convert/parquet"
            )
        elif "Config name is missing" in why or "BuilderConfig" in why:
            todo = "Say which configuration: `config: …`"
        raise SourceError(f"{name} could not be read: {why}\n{todo}") from None


def _page(name: str) -> str:
    return f"{hub.constants.ENDPOINT}/datasets/{name.removeprefix('the hub dataset ').partition('@')[0]}"


def _named(corpus: Corpus) -> str:
    return f"the hub dataset {corpus.declared.hub}"


def _datasets() -> ModuleType:
    os.environ.setdefault("HF_UPDATE_DOWNLOAD_COUNTS", "0")  # else it tells the hub of each load
    try:
        return importlib.import_module("datasets")
    except ModuleNotFoundError:
        raise SourceError("datasets of the hub need `datasets`: pip install 'pica-pipeline[hub]'.") from None


def _write(split: Any, path: Path, what: str) -> None:
    with atomic_path(path) as temporary:
        writer, waiting = None, []
        try:
            for table in tqdm(_tables(split), desc=what, unit="batch"):
                waiting.append(table)
                if sum(map(len, waiting)) >= _GROUP:
                    writer = _flushed(writer, waiting, temporary)
            writer = _flushed(writer, waiting, temporary)
        finally:
            if writer:
                writer.close()
        if writer is None:
            raise SourceError(f"{what} has no rows.")


def _flushed(writer: pq.ParquetWriter | None, waiting: list[pa.Table], path: Path) -> pq.ParquetWriter | None:
    if waiting:
        table = pa.concat_tables(waiting, promote_options="permissive")
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table.cast(writer.schema))
        waiting.clear()
    return writer


def _tables(split: Any) -> Iterator[pa.Table]:
    """Batches of rows, with names in place of the numbers of labels."""
    features = split.features or {}
    named = {name: feature for name, feature in features.items() if hasattr(feature, "int2str")}
    for table in split.with_format("arrow").iter(batch_size=_BATCH):
        for name, feature in named.items():
            values = table.column(name).to_pylist()
            names = [None if value is None or value < 0 else feature.int2str(value) for value in values]
            table = table.set_column(table.column_names.index(name), name, pa.array(names, pa.string()))
        yield table.replace_schema_metadata(None)
