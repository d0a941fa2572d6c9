"""The one reader and writer of files between stages: atomic, and the same bytes for the same rows.

A Parquet file is written under a temporary name and renamed when whole, so a stage that is stopped, runs out of disk
or fails leaves either the old file or none. Bytes depend on the rows, the schema and the pinned pyarrow alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, pairwise
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pica.errors import DataError
from pica.schema import PREDICTION, Prediction, Record

Row = dict[str, Any]

# Rows a row group: small enough that a reader's memory does not grow with the file, large enough to compress well.
_ROW_GROUP = 10_000
# Rows a batch: so few that Python's garbage collector has little to look through.
_BATCH = 1_000


@contextmanager
def temporary_folder(path: Path) -> Iterator[Path]:
    """A hidden folder beside `path`, on the same disk, for what is needed until the block ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Named before it is made, so that no signal comes in between and leaves it.
    folder = path.parent / f".{path.name}.{secrets.token_hex(4)}"
    try:
        folder.mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends well and is removed when it does not.

    What the block makes there, a file or a folder, replaces an older `path` whole.
    """
    with temporary_folder(path) as folder:
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


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A new, empty folder that becomes `path` when the block ends well: it is there whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.mkdir()
        yield temporary


@contextmanager
def writer(path: Path, schema: pa.Schema) -> Iterator[Callable[[Record | Row], None]]:
    """A function that adds one record to a new Parquet file of that schema; the file is there when the block ends well.

    A file without rows is written too: an empty corpus is a fact, a missing file a fault.
    """
    pending: list[Record | Row] = []
    with batch_writer(path, schema) as append:

        def add(record: Record | Row) -> None:
            pending.append(record)
            if len(pending) == _BATCH:
                append(batch_of(pending, schema))
                pending.clear()

        yield add
        if pending:
            append(batch_of(pending, schema))


@contextmanager
def batch_writer(path: Path, schema: pa.Schema) -> Iterator[Callable[[pa.RecordBatch], None]]:
    """`writer` for batches of rows, of any size: the bytes depend on the rows alone."""
    waiting: list[pa.RecordBatch] = []
    with (
        atomic_path(path) as temporary,
        pq.ParquetWriter(temporary, schema, compression="zstd", write_page_checksum=True) as parquet,
    ):

        def flush(rows: int) -> None:
            table = pa.Table.from_batches(waiting, schema).combine_chunks()
            parquet.write_table(table[:rows], row_group_size=_ROW_GROUP)
            waiting[:] = table[rows:].to_batches()

        def append(batch: pa.RecordBatch) -> None:
            waiting.append(batch)
            count = sum(batch.num_rows for batch in waiting)
            if count >= _ROW_GROUP:
                flush(count - count % _ROW_GROUP)

        yield append
        if waiting:
            flush(_ROW_GROUP)


def write_rows(path: Path, rows: Iterable[Record | Row], schema: pa.Schema) -> int:
    """Stream records, or their rows, into a Parquet file of that schema; returns their number."""
    count = 0
    with writer(path, schema) as add:
        for row in rows:
            add(row)
            count += 1
    return count


def batch_of(records: Sequence[Record | Row], schema: pa.Schema) -> pa.RecordBatch:
    """Records, or their rows, in columns; Arrow takes apart nested dicts much more slowly."""
    return pa.record_batch([_fields(records, field) for field in schema], schema=schema)


def _fields(records: Sequence[Any], field: pa.Field) -> pa.Array:
    """One field of all records."""
    get = (itemgetter if records and isinstance(records[0], Mapping) else attrgetter)(field.name)
    return _array([get(record) for record in records], field.type)


def _array(values: Sequence[Any], type: pa.DataType) -> pa.Array:
    if pa.types.is_list(type):
        offsets = np.zeros(len(values) + 1, dtype=np.int32)
        np.cumsum([len(value) for value in values], out=offsets[1:])
        return pa.ListArray.from_arrays(offsets, _array(list(chain.from_iterable(values)), type.value_type), type=type)
    if pa.types.is_struct(type):
        return pa.StructArray.from_arrays([_fields(values, field) for field in type], fields=list(type))
    return pa.array(values, type)


def read_rows(path: Path, schema: pa.Schema, columns: Sequence[str] | None = None) -> Iterator[Row]:
    """Stream the rows of a Parquet file, or some columns of them, after checking that it has that schema.

    Raises:
        DataError: the file is missing, is not Parquet, is damaged, or has other columns.
    """
    for batch in read_batches(path, schema, columns):
        yield from rows_of(batch)


def read_predictions(path: Path) -> list[Prediction]:
    """All answers of a system, data/predictions/<system>.parquet; raises as `read_rows`."""
    return [Prediction.from_row(row) for row in read_rows(path, PREDICTION)]


def rows_of(batch: pa.RecordBatch) -> Iterator[Row]:
    """The rows of a batch, as `batch.to_pylist()` gives them and in a third of its time."""
    names = batch.schema.names
    for values in zip(*map(_values, batch.columns), strict=True):
        yield dict(zip(names, values, strict=True))


def _values(array: pa.Array) -> Sequence[Any]:
    if array.null_count == 0 and pa.types.is_list(array.type):
        # `flatten` leaves out what an offset of the array hides, so its own count starts at 0.
        flat, offsets = _values(array.flatten()), array.offsets.to_numpy() - array.offsets[0].as_py()
        return [flat[start:end] for start, end in pairwise(offsets.tolist())]
    if array.null_count == 0 and pa.types.is_struct(array.type):
        names = [field.name for field in array.type]
        return [dict(zip(names, values, strict=True)) for values in zip(*map(_values, array.flatten()), strict=True)]
    return array.to_pylist()


def read_batches(
    path: Path, schema: pa.Schema, columns: Sequence[str] | None = None, rows: int = _BATCH
) -> Iterator[pa.RecordBatch]:
    """Stream a Parquet file, or some columns of it, in batches, after checking that it has that schema.

    Args:
        rows: the most that a batch has.

    Raises:
        DataError: the file is missing, is not Parquet, is damaged, or has other columns.
    """
    with _parquet(path, schema) as file:
        missing = file.metadata.num_rows
        for batch in file.iter_batches(batch_size=rows, columns=columns):
            missing -= batch.num_rows
            yield batch
        if missing:  # pyarrow steps over a page whose kind it cannot tell
            raise pa.ArrowInvalid(f"{missing} rows are missing")


def count_rows(path: Path, schema: pa.Schema) -> int:
    """How many rows a Parquet file of that schema says that it has; raises as `read_rows`."""
    with _parquet(path, schema) as file:
        return file.metadata.num_rows


@contextmanager
def _parquet(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetFile]:
    """The open file; what is wrong with it, also while it is read, is a DataError."""
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            if not file.schema_arrow.equals(schema):
                raise DataError(
                    f"{path} has the columns {file.schema_arrow.names}, expected {schema.names} of the types in "
                    "pica.schema. It was written by another version: run `dvc repro -f` for the stage that writes it."
                )
            yield file
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

    with atomic_path(path) as temporary:
        # As objects, or a whole number would get a decimal point from an empty cell above or below it.
        table = pd.DataFrame(rows, columns=list(columns), dtype=object)
        table.to_csv(temporary, index=False, lineterminator="\n")


def file_sha256(path: Path) -> str:
    """The sha256 of a file, in hexadecimal, read a piece at a time."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, value: Any) -> None:
    """Readable JSON with sorted keys, one value a line, for metrics and records.

    Raises:
        ValueError: a number in it is NaN or infinite, which JSON does not know; whoever writes it leaves it out.
    """
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    with atomic_path(path) as temporary:
        temporary.write_text(f"{text}\n", encoding="utf-8")


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
