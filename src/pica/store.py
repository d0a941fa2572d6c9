"""The one reader and writer of files between stages: atomic, and the same bytes for the same rows.

A Parquet file is written under a temporary name and renamed when whole, so a stage that is stopped, runs out of disk
or fails leaves either the old file or none. Bytes depend on the rows, the schema and the pinned pyarrow alone.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pica.errors import DataError

# Rows a row group: small enough that a reader's memory does not grow with the file, large enough to compress well.
_ROW_GROUP = 10_000


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends well and is removed when it does not.

    What the block makes there, a file or a folder, replaces an older `path` whole.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    temporary, older = folder / path.name, folder / f"{path.name}.old"
    try:
        yield temporary
        # A folder cannot be renamed onto one with files, so the older one steps aside.
        if path.is_dir():
            os.replace(path, older)
        os.replace(temporary, path)
    finally:
        if older.exists() and not path.exists():
            os.replace(older, path)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def folder(path: Path) -> Iterator[Path]:
    """A new, empty folder that becomes `path` when the block ends well: it is there whole or not at all."""
    with replacing(path) as temporary:
        temporary.mkdir()
        yield temporary


@contextmanager
def writer(path: Path, schema: pa.Schema) -> Iterator[Callable[[dict[str, Any]], None]]:
    """A function that adds one row to a new Parquet file of that schema; the file is there when the block ends well.

    A file without rows is written too: an empty corpus is a fact, a missing file a fault.
    """
    pending: list[dict[str, Any]] = []
    with (
        replacing(path) as temporary,
        pq.ParquetWriter(temporary, schema, compression="zstd", write_page_checksum=True) as parquet,
    ):

        def flush() -> None:
            parquet.write_table(pa.Table.from_pylist(pending, schema=schema), row_group_size=_ROW_GROUP)
            pending.clear()

        def add(row: dict[str, Any]) -> None:
            pending.append(row)
            if len(pending) == _ROW_GROUP:
                flush()

        yield add
        if pending:
            flush()


def write_rows(path: Path, rows: Iterable[dict[str, Any]], schema: pa.Schema) -> int:
    """Stream rows into a Parquet file of that schema; returns their number."""
    count = 0
    with writer(path, schema) as add:
        for row in rows:
            add(row)
            count += 1
    return count


def read_rows(path: Path, schema: pa.Schema, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """Stream the rows of a Parquet file, or some columns of them, after checking that it has that schema.

    Raises:
        DataError: the file is missing, is not Parquet, is damaged, or has other columns.
    """
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            if not file.schema_arrow.equals(schema):
                raise DataError(
                    f"{path} has the columns {file.schema_arrow.names}, expected {schema.names} of the types in "
                    "pica.schema. It was written by another version: run `dvc repro -f` for the stage that writes it."
                )
            missing = file.metadata.num_rows
            for batch in file.iter_batches(batch_size=1_000, columns=columns):
                missing -= batch.num_rows
                yield from batch.to_pylist()
            if missing:  # pyarrow steps over a page whose kind it cannot tell
                raise pa.ArrowInvalid(f"{missing} rows are missing")
    except FileNotFoundError:
        raise DataError(f"{path} is missing. Run `dvc repro`: it makes what is missing.") from None
    # What pyarrow finds wrong with a file's bytes comes as any of these; the system's own errors have a number.
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if getattr(error, "errno", None):
            raise
        raise DataError(f"{path} is not a readable Parquet file ({error}). Delete it and run `dvc repro`.") from None


def write_table(path: Path, rows: Iterable[dict[str, Any]], columns: Sequence[str]) -> None:
    """A small table that people read, as CSV."""
    import pandas as pd  # half of the start of `pica`, which writes no table

    with replacing(path) as temporary:
        # As objects, or a whole number would get a decimal point from an empty cell above or below it.
        table = pd.DataFrame(rows, columns=list(columns), dtype=object)
        table.to_csv(temporary, index=False, lineterminator="\n")


def write_json(path: Path, value: Any) -> None:
    """Readable JSON with sorted keys, one value a line, for metrics and records."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """The value of a JSON file.

    Raises:
        DataError: the file is missing or not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path} is missing. Run `dvc repro`: it makes what is missing.") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not valid JSON ({error}). Delete it and run `dvc repro`.") from None
