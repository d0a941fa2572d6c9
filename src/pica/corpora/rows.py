"""The rows of files of any kind as dicts, each with its place: delimited text, JSON, JSON Lines, Parquet.

    diary.csv, line 2    {"Satz": "Der Zug kam nicht.", "Stimmung": "traurig"}

Values are what the file holds: texts in a table, anything in the others. A file that lacks a column that is needed is
refused with those that it has.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pica.corpora import native
from pica.corpora.declaration import kind_of

Row = tuple[native.At, dict[str, Any]]

# Marks at the start of text that is not UTF-8.
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Text:
    """How a file of text is encoded and, of a table, cut into cells, and whether its first row has the names."""

    encoding: str = "utf-8"
    delimiter: str = ","
    header: bool = True


def rows(path: Path, text: Text, needs: Sequence[str], takes: Sequence[str] | None) -> Iterator[Row]:
    """The rows of a file.

    Args:
        needs: the columns that it must have, by their names in the file.
        takes: those that are read where they are there; None for all that there are.

    Raises:
        CorpusError: the file is not of the kind that its name says, lacks a column, or has no row.
    """
    kind = kind_of(path.name)
    if kind == ".parquet":
        there = _parquet_columns(path)
        names = [*needs, *(name for name in there if takes is None or name in takes)]
        yield from native.parquet([path], list(dict.fromkeys(names)))
        return
    if text.encoding == "utf-8" and _start(path).startswith(_UTF16):
        native.At(path).fail("text in UTF-16. Say `encoding: utf-16`")
    decode = native.encoded(text.encoding)
    if kind in (".csv", ".tsv"):
        yield from _table(path, text, needs, decode)
    else:
        yield from _json(path, needs, decode)


def _table(path: Path, text: Text, needs: Sequence[str], decode: Callable[[bytes], str] | str):
    delimiter = "\t" if kind_of(path.name) == ".tsv" else text.delimiter

    def check(at: native.At, columns: Sequence[str]) -> None:
        if twice := [name for name in columns if columns.count(name) > 1]:
            at.fail(f"the column {twice[0]!r} stands twice in the header")
        if missing := [name for name in needs if name not in columns]:
            at.fail(f"no column {missing[0]!r}; there are {', '.join(columns)}{_hint(columns)}")

    def _hint(columns: Sequence[str]) -> str:
        other = max(";,\t|", key=columns[0].count)
        if len(columns) > 1 or other not in columns[0]:
            return ""
        return f". Are they parted by {other!r}? Say `delimiter: {json.dumps(other)}`"

    return native.table(
        path,
        (),
        header=text.header,
        delimiter=delimiter,
        decode=decode,
        quoting=csv.QUOTE_MINIMAL,
        needs=check,
    )


def _json(path: Path, needs: Sequence[str], decode: Callable[[bytes], str] | str) -> Iterator[Row]:
    found = False
    for at, row in _values(path, decode):
        if not isinstance(row, dict):
            at.fail(f"expected an object with the keys {', '.join(needs)}")
        if not found and (missing := [name for name in needs if name not in row]):
            at.fail(f"no key {missing[0]!r}; there are {', '.join(row) or 'none'}")
        found = True
        yield at, row
    if not found:
        native.At(path).fail("no row in it")


def _values(path: Path, decode: Callable[[bytes], str] | str) -> Iterator[tuple[native.At, Any]]:
    """An array's elements, or a value a line: files of either kind are called .json."""
    if decode is native.utf8 and _start(path).removeprefix(native.BOM).lstrip()[:1] == b"[":
        return native.json_items(path)
    return native.json_lines(path, decode, blank=True)


def _start(path: Path) -> bytes:
    try:
        with native.opened(path) as file:
            return file.peek(64)[:64]
    except (EOFError, gzip.BadGzipFile) as error:
        native.At(path).fail(f"not a whole gzip file ({error})")


def _parquet_columns(path: Path) -> list[str]:
    try:
        with native.opened(path) as file:
            return pq.read_schema(file).names
    except (OSError, ValueError, pa.ArrowException):
        return []  # what is wrong is said by who reads the rows
