"""The tokens of an instruction file, kept as Parquet under a key of all that they follow from.

    .pica/tokens/3f9a0c….parquet
    {"id": "meld/train/12#meld-classification-3", "name": "meld-classification", "ids": [1, 87, …], "labels": [-100, …],
     "cut": false}

`cut` says that the row lost some of its text to fit. A row that is still too long stands there too, without tokens.
Deleting the folder costs the time to make it again.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow as pa
from tqdm import tqdm
from transformers import PreTrainedTokenizerBase

from pica.errors import DataError
from pica.schema import INSTRUCTION
from pica.store import Row, read_batches, read_rows, write_rows
from pica.training import cutting, encode
from pica.training.encode import Encoded, encode_rows
from pica.workspace import STATE, repository

TOKENS = pa.schema(
    [
        ("id", pa.string()),
        ("name", pa.string()),
        ("ids", pa.list_(pa.int32())),
        ("labels", pa.list_(pa.int32())),
        ("cut", pa.bool_()),
    ]
)

# What a tokenizer is made of, in a model folder.
_FILES = ("*token*", "chat_template*", "vocab*", "merges*", "*.model")


class Tokens(Sequence[Encoded]):
    """The rows that can be trained, as ids and labels: two long arrays, since 200,000 rows would be 60 million objects.

    Attributes:
        row_ids: the id of each.
        shortened: how many of them lost some of their text to fit, by view.
        too_long: how many rows could not be cut to fit, by view.
    """

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self.row_ids: list[str] = []
        self.shortened: Counter[str] = Counter()
        self.too_long: Counter[str] = Counter()
        ids, labels, lengths = [_NONE], [_NONE], [_NONE]
        for batch in batches:
            fits = batch["ids"].value_lengths().to_numpy() > 0
            kept = batch.filter(pa.array(fits))
            self.row_ids += kept["id"].to_pylist()
            self.shortened.update(kept.filter(kept["cut"])["name"].to_pylist())
            self.too_long.update(batch.filter(pa.array(~fits))["name"].to_pylist())
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


def tokenise_file(rows: Path, base: Path, tokenizer: PreTrainedTokenizerBase, max_length: int, loss_on: str) -> Tokens:
    """The tokens of the instruction file `rows`; those of an earlier run where nothing that they follow from changed.

    Args:
        base: the model folder that `tokenizer` was loaded from.

    Raises:
        DataError: the file of rows is missing or is not one.
        ModelError: a row that would train nothing or something else than its answer, by its id.
    """
    path = repository() / STATE / "tokens" / f"{_key(rows, base, max_length, loss_on)}.parquet"
    try:
        return Tokens(read_batches(path, TOKENS))
    except DataError:  # not there, or damaged: made anew either way
        write_rows(path, _made(rows, tokenizer, max_length, loss_on), TOKENS)
        return Tokens(read_batches(path, TOKENS))


def _made(rows: Path, tokenizer: PreTrainedTokenizerBase, max_length: int, loss_on: str) -> Iterator[Row]:
    read = tqdm(
        read_rows(rows, INSTRUCTION, ("id", "name", "instruction", "messages")),
        desc=f"tokenize {rows.stem}",
        unit="row",
    )
    for row, encoded, cut in encode_rows(read, tokenizer, max_length, loss_on):
        ids, labels = (encoded.ids, encoded.labels) if encoded else ((), ())
        yield {"id": row["id"], "name": row["name"], "ids": ids, "labels": labels, "cut": cut}


def _key(rows: Path, base: Path, max_length: int, loss_on: str) -> str:
    """A hash of rows, tokenizer, settings and code."""
    tokenizer = sorted({file for pattern in _FILES for file in base.glob(pattern) if file.is_file()})
    digest = hashlib.sha256()
    for file in (rows, *tokenizer, *map(Path, (cutting.__file__, encode.__file__, __file__))):
        digest.update(file.name.encode())
        digest.update(_file_digest(file))
    libraries = (version("tokenizers"), version("transformers"))
    digest.update(f"{max_length} {loss_on} {libraries}".encode())
    return digest.hexdigest()


def _file_digest(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except FileNotFoundError:
        raise DataError(f"{path} is missing. Run `dvc repro`: it makes what is missing.") from None
