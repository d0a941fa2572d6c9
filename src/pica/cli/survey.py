"""A look at somebody's data: how its text is encoded and cut into cells, and what stands in its columns.

    diary.csv   →   Survey(kind=".csv", encoding="utf-8", delimiter=";", header=True, columns=("Satz", "Stimmung"), …)

Everything here is a guess for a person to look at; a run guesses nothing.
"""

from __future__ import annotations

import codecs
import csv
import gzip
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from charset_normalizer import from_bytes

from pica.cleaning.text import comparable
from pica.corpora import native
from pica.corpora.declaration import kind_of
from pica.corpora.rows import Text, rows
from pica.errors import CorpusError, SourceError

# Rows that are counted, and those of them that guesses about single cells are made from.
COUNTED = 1_000_000
_LOOKED_AT = 2_000
# Bytes that the encoding is guessed from, where it is not UTF-8.
_PIECE = 1 << 18
_DELIMITERS = (",", ";", "\t", "|")
# More different values than these are no labels.
MOST_LABELS = 200


@dataclass(frozen=True, slots=True)
class Survey:
    """What was seen of one file, or of one split of the hub.

    Args:
        kind: the file's ending; "" of the hub.
        bom: whether a mark at the file's start says the encoding.
        proof: a line with letters beyond ASCII, as the encoding reads it.
        columns: the columns' names or keys.
        rows: the first rows.
    """

    kind: str
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]
    encoding: str = "utf-8"
    bom: bool = False
    proof: str = ""
    delimiter: str = ","
    header: bool = True

    def texts(self, column: str) -> list[str]:
        """The texts of a column, as far as they are texts."""
        return [text for row in self.rows if isinstance(value := row.get(column), str) and (text := value.strip())]


@dataclass(slots=True)
class Counts:
    """What was counted over all rows: `labels` of the label, `acts` of the act, `copies` of texts."""

    rows: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    acts: Counter[str] = field(default_factory=Counter)
    copies: int = 0
    splits: Counter[str] = field(default_factory=Counter)


def survey(path: Path) -> Survey:
    """A look at a file.

    Raises:
        SourceError: it cannot be read, or nothing is in it.
    """
    kind = kind_of(path.name)
    encoding, bom, proof = "utf-8", False, ""
    if kind != ".parquet":
        encoding, bom, proof = _encoding(path)
    delimiter, header = ("\t" if kind == ".tsv" else ","), True
    if kind in (".csv", ".tsv"):
        delimiter, header = _cells(path, encoding, delimiter)
    try:
        first = tuple(row for _, row in islice(read(path, encoding, delimiter, header), _LOOKED_AT))
    except CorpusError as error:
        raise SourceError(f"{path} cannot be read: {error.problem} ({error.unit} {error.line}).") from None
    columns = tuple(dict.fromkeys(key for row in first for key in row))
    return Survey(kind, columns, first, encoding, bom, proof, delimiter, header)


def read(path: Path, encoding: str, delimiter: str, header: bool) -> Iterator[tuple[native.At, Mapping[str, Any]]]:
    """All columns of a file's rows."""
    return rows(path, Text(encoding, delimiter, header), (), None)


def count(found: Iterable[Mapping[str, Any]], columns: Mapping[str, str], said: Sequence[str]) -> Counts:
    """Labels, acts, splits and copies over rows, COUNTED at most.

    Args:
        columns: label, act and split → what they are called in a row or, with `turns`, in its turns.
        said: the columns that make a row a copy of another.
    """
    counts, seen = Counts(), set()
    for row in islice(found, COUNTED):
        counts.rows += 1
        turns = row.get(columns["turns"]) or () if "turns" in columns else (row,)
        for turn in turns:
            _add(counts.labels, turn, columns.get("label"))
            _add(counts.acts, turn, columns.get("act"))
        _add(counts.splits, row, columns.get("split"))
        key = hash(comparable("\n".join(str(row.get(column)) for column in said)))
        counts.copies += key in seen
        seen.add(key)
    return counts


def _add(counts: Counter[str], row: Any, column: str | None) -> None:
    if column is None or not isinstance(row, dict) or len(counts) > MOST_LABELS:
        return
    value = row.get(column)
    for each in value if isinstance(value, list) else [value]:
        if each is not None and (text := str(each).strip()):
            counts[text] += 1


def _encoding(path: Path) -> tuple[str, bool, str]:
    start = _bytes(path, 4)
    for mark, name in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if start.startswith(mark):
            return name, True, ""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with native.opened(path) as file:
            while piece := file.read(1 << 20):
                decoder.decode(piece)
        decoder.decode(b"", final=True)
        return "utf-8", False, ""
    except UnicodeDecodeError:
        pass
    except (EOFError, gzip.BadGzipFile) as error:
        raise SourceError(f"{path} cannot be unpacked: {error}.") from None
    piece = _bytes(path, _PIECE).rpartition(b"\n")[0]
    best = from_bytes(piece).best()
    name = codecs.lookup(best.encoding if best else "cp1252").name
    if name.startswith(("cp125", "iso8859", "mac", "cp8", "cp4")) and _reads_as(piece, "cp1252", name):
        name = "cp1252"
    text = piece.decode(name, "replace")
    return name, False, next((line.strip() for line in text.splitlines() if not line.isascii()), "")


def _reads_as(piece: bytes, one: str, other: str) -> bool:
    try:
        return piece.decode(one) == piece.decode(other)
    except UnicodeDecodeError:
        return False


def _bytes(path: Path, count: int) -> bytes:
    try:
        with native.opened(path) as file:
            return file.read(count)
    except (CorpusError, EOFError, gzip.BadGzipFile) as error:
        raise SourceError(f"{path} cannot be read: {getattr(error, 'problem', error)}.") from None


def _cells(path: Path, encoding: str, delimiter: str) -> tuple[str, bool]:
    """The delimiter that cuts most rows into the same number of cells, more than one, and whether names stand first."""
    decode = native.encoded(encoding)
    try:
        lines = [text + "\n" for _, text in islice(native.lines(path, decode), 200)]
    except CorpusError as error:
        raise SourceError(f"{path} cannot be read: {error.problem}.") from None
    kinds = (delimiter,) if delimiter == "\t" else _DELIMITERS
    best, most = delimiter, -1.0
    for each in kinds:
        cut = [row for row in csv.reader(lines, delimiter=each) if row]
        (cells, number) = Counter(map(len, cut)).most_common(1)[0] if cut else (1, 0)
        score = number / max(1, len(cut)) + (cells > 1)
        if score > most:
            best, most = each, score
    cut = [row for row in csv.reader(lines, delimiter=best) if row]
    return best, not cut or _is_header(cut[0], cut[1:])


def _is_header(first: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    """Names are not empty, short, and stand in no row below. One that stands twice is told when rows are read."""
    names = [cell.strip() for cell in first]
    if not all(names) or max(map(len, names)) > 60:
        return False
    below = [{row[index].strip() for row in others if index < len(row)} for index in range(len(names))]
    return not any(name in values for name, values in zip(names, below, strict=True))
