"""What the tests of every corpus share: made-up raw files, and what holds for every row that a reader yields."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pica.corpora import REPLAY, Corpus
from pica.errors import CorpusError
from pica.schema import LABEL_SEPARATOR, SPLITS, Conversation, Rejected


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write raw files byte for byte; returns the folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def parquet(rows: Sequence[Mapping[str, Any]], row_group: int = 1_000) -> bytes:
    """A Parquet file with these rows."""
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows)), buffer, row_group_size=row_group)
    return buffer.getvalue()


def read(corpus: Corpus, folder: Path) -> list[Conversation | Rejected]:
    """All rows of a folder, each checked."""
    rows = list(corpus.read(folder))
    for row in rows:
        check(corpus, row)
    assert len({row.id for row in rows}) == len(rows), "ids repeat"
    return rows


def failure(corpus: Corpus, folder: Path) -> CorpusError:
    """The error that reading a folder ends in."""
    with pytest.raises(CorpusError) as caught:
        list(corpus.read(folder))
    return caught.value


def check(corpus: Corpus, row: Conversation | Rejected) -> None:
    """What holds for every row of every corpus."""
    assert row.id.startswith(f"{corpus.name}/{row.split}/")
    assert row.corpus == corpus.name
    assert row.split in SPLITS
    if isinstance(row, Rejected):
        assert row.reason
        assert row.row
        return
    assert row.language in corpus.languages
    assert row.turns
    assert set(row.emotion.split(LABEL_SEPARATOR) if row.emotion else ()) <= set(corpus.emotions)
    for turn in row.turns:
        assert turn.speaker
        assert turn.text
        # The first line of a general chat may be indented code.
        assert turn.text == (turn.text.rstrip().lstrip("\n") if corpus.name == REPLAY else turn.text.strip())
        turn.text.encode()  # a lone surrogate cannot go into Parquet
        assert turn.emotion in (None, *corpus.emotions)
        assert turn.act in (None, *corpus.acts)
    for cause in row.causes:
        assert cause.span == cause.span.strip() != ""
        assert cause.span in row.turns[cause.cause_turn].text
        assert cause.emotion in (*(row.emotion or "").split(LABEL_SEPARATOR), row.turns[cause.turn].emotion)
