"""Raw files, read strictly: every problem is one CorpusError that names the file and the line, never a guess.

All functions but `json_document` stream; `json_pairs` keeps the keys. Text is UTF-8 unless a reader passes its own
`decode`; a byte-order mark at the start is dropped. A file whose name ends with `.gz` is unpacked while it is read. An
empty file is refused: no dataset has one, and an interrupted copy leaves one.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import reprlib
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import IO, Any, NoReturn, TypeVar

import ijson
import pyarrow as pa
import pyarrow.parquet as pq

from pica.errors import CorpusError

T = TypeVar("T")

# A single CSV cell may be long (CAMS: 4,378 words), but not without end: a lost quote must not eat a file.
_LONGEST_CELL = 1_000_000

# The mark that some programs put before UTF-8.
BOM = b"\xef\xbb\xbf"

# Half of a character outside the BMP, as JSON escapes it. Only a text with one of these can hold a lone surrogate.
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class At:
    """A place in a raw file: what an error names, and what labels and fields are checked against."""

    path: Path
    line: int | None = None
    unit: str = "line"

    def fail(self, problem: str) -> NoReturn:
        """Raise the CorpusError for this place."""
        raise CorpusError(self.path, self.line, problem, self.unit)

    def field(self, row: Any, key: str, kind: type[T], optional: bool = False) -> T | None:
        """`row[key]`, checked to be there and to be a `kind`. With `optional`, None when the key is absent or null."""
        if not isinstance(row, dict):
            self.fail(f"expected an object with the key '{key}', found {short(row)}")
        if row.get(key) is None:
            if optional:
                return None
            self.fail(f"the key '{key}' is missing")
        value = row[key]
        # bool is an int in Python; a raw file that holds true where a number belongs is broken.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.fail(f"'{key}' should be {_NAMES.get(kind, kind.__name__)}, found {short(value)}")
        return value

    def text(self, raw: str, what: str = "text") -> str:
        """`raw` without outer blanks; fails when nothing is left."""
        stripped = raw.strip()
        if not stripped:
            self.fail(f"an empty {what}")
        return stripped

    def label(self, raw: str, table: Mapping[str, str] | Sequence[str], what: str = "label") -> str:
        """The canonical label for `raw` (outer blanks and case do not count); fails on a word that is not in the table.

        Args:
            raw: what stands in the file.
            table: the canonical labels, or what may stand in the file, case-folded, → canonical label.
            what: what the label is called in the error.
        """
        key = raw.strip().casefold()
        if not isinstance(table, Mapping):
            table = {name.casefold(): name for name in table}
        if key not in table:
            self.fail(f"unknown {what} {short(raw)}; known are {', '.join(table)}")
        return table[key]

    def integer(self, raw: str, what: str = "number") -> int:
        """`raw` as a whole number; fails on anything else."""
        text = raw.strip()
        if not (text.isascii() and text.removeprefix("-").isdigit() and len(text) < 20):
            self.fail(f"expected a whole number as {what}, found {short(raw)}")
        return int(text)


def of_the_user(read: Callable[[Path], Iterator[T]]) -> Callable[[Path], Iterator[T]]:
    """The reader of files that the user has of their own, not from the web: its errors say where to correct those."""

    @wraps(read)
    def told(folder: Path) -> Iterator[T]:
        try:
            yield from read(folder)
        except CorpusError as error:
            own = read.__module__.rpartition(".")[2]
            raise CorpusError(error.path, error.line, error.problem, error.unit, own) from None

    return told


_NAMES = {str: "a text", int: "a whole number", list: "a list", dict: "an object", float: "a number"}


def short(value: Any) -> str:
    """A value as an error quotes it."""
    if not isinstance(value, str):
        return reprlib.repr(value)  # bounded in depth and length, whatever the file holds
    return repr(value[:60] + "…" if len(value) > 60 else value)


def quoted(text: str, quote: str) -> str | None:
    """The part of `text` that an annotator's `quote` repeats, as `text` spells it; None when it does not stand there.

    Case does not count; punctuation and blanks do not either where the text has the quote with other ones only.
    """
    letters = [re.escape(c) for c in quote if c.isalnum()]
    for pattern in (re.escape(quote.strip()), r"[\W_]*".join(letters)):
        if letters and (match := re.search(pattern, text, re.IGNORECASE)):
            return match[0]
    return None


def utf8(data: bytes) -> str:
    """Strict UTF-8."""
    return data.decode("utf-8")


def encoded(encoding: str) -> Callable[[bytes], str] | str:
    """The `decode` for text in an encoding, as Python names it; of UTF-16 and UTF-32, the name itself."""
    if "\n".encode(encoding) != b"\n":
        return encoding
    return utf8 if encoding == "utf-8" else lambda data: data.decode(encoding)


def _wide(path: Path, encoding: str) -> Iterator[tuple[At, str]]:
    """The lines of a file in UTF-16 or UTF-32, which are not cut by one byte."""
    number = 0
    with opened(path) as file, io.TextIOWrapper(file, encoding, newline="\n") as text:
        try:
            for number, line in enumerate(text, start=1):
                yield At(path, number), line.removeprefix("\ufeff").removesuffix("\n").removesuffix("\r")
        except (UnicodeError, EOFError, zlib.error, gzip.BadGzipFile) as error:
            At(path, number + 1).fail(f"not valid {encoding}: {error}")
    if not number:
        At(path).fail("the file is empty")


def lines(
    path: Path, decode: Callable[[bytes], str] | str = utf8, *, terminated: bool = False
) -> Iterator[tuple[At, str]]:
    """The lines of a text file without their line ends (LF or CRLF), each with its place.

    Lines are cut at LF only: U+2028, form feeds and the like belong to the text.

    Args:
        path: the file.
        decode: bytes of one line → text; of a file in UTF-16 or UTF-32, the name of that (`encoded` gives either).
        terminated: whether the published file ends its last line too, so that one without a line end is a cut file.

    Raises:
        CorpusError: an empty file, undecodable bytes, a NUL (as in UTF-16 taken for UTF-8), an unterminated last line.
    """
    if isinstance(decode, str):
        yield from _wide(path, decode)
        return
    number = 0
    with opened(path) as file:
        for number, data in enumerate(_unpacked(path, file), start=1):
            at = At(path, number)
            if terminated and not data.endswith(b"\n"):
                at.fail("the last line has no line end")
            if number == 1:
                data = data.removeprefix(BOM)
            try:
                text = decode(data)
            except UnicodeDecodeError as error:
                at.fail(f"not valid {error.encoding}: {error.reason} (byte {error.object[error.start]:#04x})")
            if "\0" in text:
                at.fail("a NUL byte in a text file")
            yield at, text.removesuffix("\n").removesuffix("\r")
    if not number:
        At(path).fail("the file is empty")


def _unpacked(path: Path, file: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from file
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        At(path).fail(f"not a whole gzip file ({error})")


def table(
    path: Path,
    columns: Sequence[str],
    *,
    header: bool = True,
    delimiter: str = ",",
    quoting: int = csv.QUOTE_MINIMAL,
    decode: Callable[[bytes], str] | str = utf8,
    escapechar: str | None = None,
    terminated: bool = False,
    one_line: bool = False,
    needs: Callable[[At, Sequence[str]], None] | None = None,
) -> Iterator[tuple[At, dict[str, str]]]:
    """The rows of a delimited file as dicts, each with the place of its last physical line.

    Args:
        path: the file.
        columns: the column names in order. With `header`, the first row must be exactly these; none of them, where
            the first row says what they are, or, without `header`, where they are called by their number, from 1.
        delimiter, quoting, escapechar: the dialect, as the `csv` module takes it.
        decode, terminated: as for `lines`.
        one_line: whether no cell holds a line break, so that a row that runs on is one that lost a quote.
        needs: told the columns that the first row names, it fails where they are not those that are needed.

    Raises:
        CorpusError: what `lines` refuses, a wrong header, no row, a row with another number of cells, a lost quote.
    """
    at = At(path, 1)

    def physical() -> Iterator[str]:
        nonlocal at
        for place, text in lines(path, decode, terminated=terminated):
            at = place
            yield text + "\n"  # the csv module wants line ends, to keep those inside quotes

    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(physical(), delimiter=delimiter, quoting=quoting, escapechar=escapechar, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if one_line and reader.line_num != number:
                at.fail("a quote that is not closed on its line")
            if number == 1 and not columns:
                columns = cells if header else [str(place) for place in range(1, len(cells) + 1)]
                if needs:
                    needs(at, columns)
                if header:
                    continue
            elif header and number == 1:
                if cells != list(columns):
                    at.fail(f"expected the header {delimiter.join(columns)!r}, found {short(delimiter.join(cells))}")
                continue
            if len(cells) != len(columns):
                at.fail(f"expected {len(columns)} cells ({', '.join(columns)}), found {len(cells)}")
            yield at, dict(zip(columns, cells, strict=True))
    except csv.Error as error:
        at.fail(f"not a valid delimited row ({error})")
    if header and number == 1:
        at.fail("no rows after the header")


def json_lines(
    path: Path, decode: Callable[[bytes], str] | str = utf8, *, terminated: bool = False, blank: bool = False
) -> Iterator[tuple[At, Any]]:
    """One JSON value a line; `decode` and `terminated` as for `lines`. With `blank`, lines without one do not count."""
    for at, text in lines(path, decode, terminated=terminated):
        if not blank or text.strip():
            yield at, _parse(at, text)


def json_items(path: Path, prefix: str = "item") -> Iterator[tuple[At, Any]]:
    """The elements of a large JSON array one by one; `prefix` is ijson's path to them. Places count items."""
    yield from _ijson(path, lambda file: ijson.items(file, prefix, use_float=True))


def json_pairs(path: Path, prefix: str = "") -> Iterator[tuple[At, tuple[str, Any]]]:
    """The key-value pairs of a large JSON object one by one. Places count items. A key that stands twice is refused."""
    keys = set()
    for at, (key, value) in _ijson(path, lambda file: ijson.kvitems(file, prefix, use_float=True)):
        if key in keys:
            at.fail(f"the key {short(key)} stands twice")
        keys.add(key)
        yield at, (key, value)


def json_document(path: Path) -> tuple[At, Any]:
    """A small JSON file, whole."""
    at = At(path)
    return at, _parse(at, "\n".join(text for _, text in lines(path)))


def files(folder: Path, pattern: str) -> list[Path]:
    """The files of a folder that match a glob pattern, by name, for a layout with a file a dialogue.

    Hidden files, such as the `._name` that archives made on a Mac hold, are left out.

    Raises:
        CorpusError: there is none.
    """
    paths = sorted(path for path in folder.glob(pattern) if not path.name.startswith("."))
    if not paths:
        At(folder).fail(f"expected {pattern}, found no such file")
    return paths


def shards(folder: Path, split: str) -> list[Path]:
    """The Parquet files of a split, named as on the Hugging Face hub, in order: `train-00000-of-00004.parquet`, …

    Raises:
        CorpusError: there is none, or not as many as their names say.
    """
    paths = sorted(folder.glob(f"{split}-*-of-*.parquet"))
    expected = [f"{split}-{index:05}-of-{len(paths):05}" for index in range(len(paths))]
    # What follows the number, in some datasets, is a hash: train-00000-of-00001-0123456789abcdef.parquet.
    if not paths or [path.name[: len(name)] for path, name in zip(paths, expected, strict=True)] != expected:
        found = ", ".join(path.name for path in paths) or "none"
        At(folder).fail(f"expected every {split}-NNNNN-of-NNNNN.parquet, found {found}")
    return paths


def parquet(paths: Iterable[Path], columns: Sequence[str]) -> Iterator[tuple[At, dict[str, Any]]]:
    """The rows of Parquet files, one file after the other, with these columns only. Places count the rows of a file.

    Raises:
        CorpusError: a file that is missing, cut, no Parquet or without rows, a column that is missing, a broken page.
    """
    for path in paths:
        number = 0
        try:
            for number, row in enumerate(_parquet_rows(path, columns), start=1):
                yield At(path, number, "row"), row
        # pyarrow reports broken files as OSError, ArrowInvalid (a ValueError) or, in a text, UnicodeDecodeError.
        except (OSError, ValueError, pa.ArrowException) as error:
            At(path, number + 1, "row").fail(f"not readable as Parquet ({error})")
        if not number:
            At(path).fail("no rows")


def _parquet_rows(path: Path, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    # Not pre-buffered, or the whole file stays in memory; through a buffer, since a row group may be the whole file.
    with opened(path) as raw, pq.ParquetFile(raw, pre_buffer=False, buffer_size=1 << 20) as file:
        names = file.schema_arrow.names
        if missing := [column for column in columns if column not in names]:
            At(path).fail(f"expected the columns {', '.join(missing)}, found {', '.join(names)}")
        missing_rows = file.metadata.num_rows
        for batch in file.iter_batches(batch_size=1_000, columns=list(columns)):
            missing_rows -= batch.num_rows
            yield from batch.to_pylist()
        if missing_rows:  # pyarrow steps over a page whose kind it cannot tell
            raise pa.ArrowInvalid(f"{missing_rows} rows are missing")


def _parse(at: At, text: str) -> Any:
    try:
        value = json.loads(text)
        if _SURROGATE_ESCAPE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        at.fail("half of an escaped character (a lone surrogate), which no text may hold")
    except json.JSONDecodeError as error:
        At(at.path, at.line or error.lineno).fail(f"not valid JSON ({error.msg}, character {error.colno} of the line)")
    # A number of thousands of digits, nesting a thousand deep.
    except (ValueError, RecursionError) as error:
        at.fail(f"not valid JSON ({error})")
    return value


def _ijson(path: Path, parse: Callable[[Any], Iterator[T]]) -> Iterator[tuple[At, T]]:
    number = 0
    with opened(path) as file:
        if file.peek(len(BOM)).startswith(BOM):
            file.read(len(BOM))
        stream = parse(file)
        while True:
            try:
                value = next(stream)
            except StopIteration:
                break
            # ijson's C backend reports bad UTF-8 and bad numbers with other types than bad syntax.
            except (ijson.JSONError, ValueError, OverflowError, EOFError, zlib.error) as error:
                At(path, number + 1, "item").fail(
                    f"not valid JSON ({str(error).splitlines()[0] if str(error) else error})"
                )
            number += 1
            yield At(path, number, "item"), value
    if not number:
        At(path).fail("expected JSON with at least one element, found none")


def opened(path: Path) -> IO[bytes]:
    """A raw file, open for reading; unpacked where its name ends with `.gz`."""
    try:
        return gzip.open(path) if path.suffix == ".gz" else path.open("rb")
    except FileNotFoundError:
        At(path).fail("the file is missing")
    except OSError as error:
        At(path).fail(f"the file cannot be read ({error.strerror})")
