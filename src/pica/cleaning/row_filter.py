"""The first pass of the filter: each row of a dataset by itself is repaired, and kept or rejected with a reason."""

from __future__ import annotations

import json
from array import array
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pica.cleaning.clean import clean_conversation, masked_errors, masked_rejection
from pica.cleaning.rules import rejection_reason
from pica.corpora import Corpus
from pica.corpora import corpus as corpus_named
from pica.errors import DataError
from pica.params import Filter
from pica.schema import CONVERSATION, REJECTED, Conversation, Rejected, to_row
from pica.store import writer

KEPT = "kept"


@dataclass(frozen=True, slots=True)
class RowsFiltered:
    """What became of one dataset's rows.

    Args:
        outcomes: (split, KEPT or the reason) → rows.
        cleaning: what of `clean.COUNTS` happened to how many turns, those of rejected rows included.
    """

    outcomes: Counter[tuple[str, str]]
    cleaning: Counter[str]


def filter_rows(name: str, raw: Path, rules: Filter, kept: Path, rejected: Path) -> RowsFiltered:
    """Read a dataset from `raw/<name>` and write `kept/<name>.parquet` and `rejected/<name>.parquet`."""
    corpus = corpus_named(name)
    masking = rules.mask and corpus.personal
    outcomes: Counter[tuple[str, str]] = Counter()
    cleaning: Counter[str] = Counter()
    ids = array("q")  # as hashes: of millions of rows the ids themselves would fill a gigabyte
    with (
        writer(_file(kept, name), CONVERSATION) as keep,
        writer(_file(rejected, name), REJECTED) as reject,
        masked_errors() if masking else nullcontext(),
    ):
        for record in corpus.read(raw / name):
            ids.append(hash(record.id))
            if isinstance(record, Conversation):
                clean = clean_conversation(record, masking, cleaning)
                record = _kept_or_rejected(clean, record, rules)
            if isinstance(record, Rejected):
                record = masked_rejection(record) if masking else record
                reject(to_row(record))
                outcomes[record.split, record.reason] += 1
            else:
                keep(to_row(record))
                outcomes[record.split, KEPT] += 1
        _require_unique(ids, corpus, raw)
    return RowsFiltered(outcomes, cleaning)


def _require_unique(hashes: array, corpus: Corpus, raw: Path) -> None:
    values, counts = np.unique(np.frombuffer(hashes, np.int64), return_counts=True)
    if (counts == 1).all():
        return
    twice = set(values[counts > 1].tolist())
    ids = Counter(record.id for record in corpus.read(raw / corpus.name) if hash(record.id) in twice)
    for id, count in ids.items():
        if count > 1:  # and not two ids with one hash
            raise DataError(f"{corpus.name}: the id {id} stands twice; its reader must give each row its own.")


def _kept_or_rejected(clean: Conversation, raw: Conversation, rules: Filter) -> Conversation | Rejected:
    reason = rejection_reason(clean, corpus_named(raw.corpus), rules)
    return clean if reason is None else _rejected(raw, reason)


def _rejected(conversation: Conversation, reason: str) -> Rejected:
    row = json.dumps(to_row(conversation), ensure_ascii=False)
    return Rejected(conversation.id, conversation.corpus, conversation.split, reason, row)


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.parquet"
