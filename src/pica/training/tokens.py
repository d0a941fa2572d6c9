"""The tokens of an instruction file, kept as Parquet under a key of all that they follow from.

    .pica/tokens/3f9a0c….parquet
    {"id": "meld/train/12#meld-classification-3", "name": "meld-classification", "ids": [1, 87, …], "labels": [-100, …],
     "cut": false, "fault": ""}

`cut` says that the row lost some of its text to fit. A row that is still too long stands there too, without tokens,
and so does one that cannot be trained, with its `fault`. Each training removes all but the files that were used last,
and never one that a living training has read. Deleting the folder costs the time to make it again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
from tqdm import tqdm
from transformers import PreTrainedTokenizerBase

from pica.errors import DataError
from pica.schema import INSTRUCTION
from pica.store import Row, read_batches, read_rows, write_rows
from pica.training import cutting, encode, template
from pica.training.encode import Encoded, encode_rows
from pica.workspace import STATE, repository

TOKENS = pa.schema(
    [
        ("id", pa.string()),
        ("name", pa.string()),
        ("ids", pa.list_(pa.int32())),
        ("labels", pa.list_(pa.int32())),
        ("cut", pa.bool_()),
        ("fault", pa.string()),
    ]
)

# How many files stay: two a training, so those of the last four sets of rows, settings and tokenizer.
_KEPT = 8
# Seconds after which a temporary folder is that of a process that was killed: no file takes so long to make.
_LEFT_OVER = 24 * 3600

# What a tokenizer is made of, in a model folder.
_FILES = ("*token*", "chat_template*", "vocab*", "merges*", "*.model")


class Tokens(Sequence[Encoded]):
    """The rows that can be trained, as ids and labels: two long arrays, since 200,000 rows would be 60 million objects.

    Attributes:
        row_ids: the id of each.
        shortened: how many of them lost some of their text to fit, by view.
        too_long: how many rows could not be cut to fit, by view.
        rejected: how many rows cannot be trained, by view.
        faults: why, a message a row that names it.
    """

    def __init__(self, path: Path) -> None:
        """Read a file; as long as this object lives, no training removes it.

        Raises:
            DataError: the file is missing or damaged.
        """
        self._held = _held(path)
        batches = read_batches(path, TOKENS)
        self.row_ids: list[str] = []
        self.shortened: Counter[str] = Counter()
        self.too_long: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.faults: list[str] = []
        ids, labels, lengths = [_NONE], [_NONE], [_NONE]
        for batch in batches:
            fits = batch["ids"].value_lengths().to_numpy() > 0
            kept = batch.filter(pa.array(fits))
            self.row_ids += kept["id"].to_pylist()
            self.shortened.update(kept.filter(kept["cut"])["name"].to_pylist())
            sound = np.array(batch["fault"].to_pylist()) == ""
            self.too_long.update(batch.filter(pa.array(~fits & sound))["name"].to_pylist())
            self.rejected.update(batch.filter(pa.array(~sound))["name"].to_pylist())
            self.faults += batch.filter(pa.array(~sound))["fault"].to_pylist()
            ids.append(kept["ids"].flatten().to_numpy())
            labels.append(kept["labels"].flatten().to_numpy())
            lengths.append(kept["ids"].value_lengths().to_numpy())
        self._ids, self._labels = np.concatenate(ids), np.concatenate(labels)
        self._ends = np.concatenate(lengths).cumsum(dtype=np.int64)

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, index: int) -> Encoded:
        if not 0 <= index < len(self._ends):
            raise IndexError(index)
        start, end = self._ends[index - 1] if index else 0, self._ends[index]
        return Encoded(self._ids[start:end], self._labels[start:end])


_NONE = np.array([], dtype=np.int32)


def tokenise_file(
    rows: Path,
    base: Path,
    tokenizer: PreTrainedTokenizerBase,
    max_length: int,
    loss_on: str,
    vocabulary: int | None = None,
) -> Tokens:
    """The tokens of the instruction file `rows`; those of an earlier run where nothing that they follow from changed.

    Args:
        base: the model folder that `tokenizer` was loaded from.
        vocabulary: how many ids the model has embeddings for; by default as many as the tokenizer has.

    Raises:
        DataError: the file of rows is missing or is not one.
    """
    path = repository() / STATE / "tokens" / f"{_key(rows, base, max_length, loss_on, vocabulary)}.parquet"
    try:
        tokens = Tokens(path)
    except DataError:  # not there, or damaged: made anew either way
        write_rows(path, _made(rows, tokenizer, max_length, loss_on, vocabulary), TOKENS)
        tokens = Tokens(path)
    _prune(path.parent)
    return tokens


def _made(
    rows: Path, tokenizer: PreTrainedTokenizerBase, max_length: int, loss_on: str, vocabulary: int | None
) -> Iterator[Row]:
    read = tqdm(
        read_rows(rows, INSTRUCTION, ("id", "name", "instruction", "messages")),
        desc=f"tokenize {rows.stem}",
        unit="row",
    )
    for row, encoded, cut, fault in encode_rows(read, tokenizer, max_length, loss_on, vocabulary):
        ids, labels = (encoded.ids, encoded.labels) if encoded else ((), ())
        yield {"id": row["id"], "name": row["name"], "ids": ids, "labels": labels, "cut": cut, "fault": fault}


def _key(rows: Path, base: Path, max_length: int, loss_on: str, vocabulary: int | None) -> str:
    """A hash of rows, tokenizer, settings and code."""
    tokenizer = sorted({file for pattern in _FILES for file in base.glob(pattern) if file.is_file()})
    digest = hashlib.sha256()
    for file in (rows, *tokenizer, *map(Path, (cutting.__file__, encode.__file__, template.__file__, __file__))):
        digest.update(file.name.encode())
        digest.update(_file_digest(file))
    libraries = (version("tokenizers"), version("transformers"))
    digest.update(f"{max_length} {loss_on} {vocabulary} {libraries}".encode())
    return digest.hexdigest()


def _file_digest(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except FileNotFoundError:
        raise DataError(f"{path} is missing. Run `dvc repro`: it makes what is missing.") from None


def _held(path: Path) -> BinaryIO | None:
    """The file, marked as used now, and locked against `_prune` until it is closed; None where there is none."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    fcntl.flock(file, fcntl.LOCK_SH)
    os.utime(file.fileno())
    return file


def _prune(folder: Path) -> None:
    """Remove what was used longest ago and nobody holds, and what a killed process left half-written."""
    for path in sorted(folder.glob("*.parquet"), key=_last_used, reverse=True)[_KEPT:]:
        with suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
    for path in folder.glob(".*"):
        if _last_used(path) < time.time() - _LEFT_OVER:
            shutil.rmtree(path, ignore_errors=True)


def _last_used(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another training has removed it, or its file is whole
        return time.time()
