"""One dataset at a time: what its reader gives, kept or rejected with a reason, and then without leaks."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from pica.cleaning.clean import cleaned
from pica.cleaning.leakage import fingerprint
from pica.cleaning.rules import reason_against
from pica.corpora import corpus as corpus_named
from pica.errors import DataError
from pica.params import Filter
from pica.schema import CONVERSATION, REJECTED, Conversation, Rejected, to_row
from pica.store import read_rows, write_rows, writer

KEPT = "kept"
LEAK = "the same text stands in a validation or test set"


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one dataset's rows.

    Args:
        outcomes: (split, KEPT or the reason) → rows.
        cleaning: what of `clean.COUNTS` happened to how many turns, those of rejected rows included.
        train, held_out: fingerprints of the kept conversations, to find leaks across datasets.
    """

    outcomes: Counter[tuple[str, str]]
    cleaning: Counter[str]
    train: frozenset[bytes]
    held_out: frozenset[bytes]


def judge(name: str, raw: Path, rules: Filter, kept: Path, rejected: Path) -> Judged:
    """Read a dataset from `raw/<name>` and write `kept/<name>.parquet` and `rejected/<name>.parquet`."""
    corpus = corpus_named(name)
    outcomes: Counter[tuple[str, str]] = Counter()
    cleaning: Counter[str] = Counter()
    seen: set[str] = set()
    prints: dict[bool, set[bytes]] = {True: set(), False: set()}
    with writer(_file(kept, name), CONVERSATION) as keep, writer(_file(rejected, name), REJECTED) as reject:
        for record in corpus.read(raw / name):
            if record.id in seen:
                raise DataError(f"{name}: the id {record.id} stands twice; its reader must give each row its own.")
            seen.add(record.id)
            if isinstance(record, Conversation):
                clean = cleaned(record, rules.mask and corpus.personal, cleaning)
                record = _kept_or_rejected(clean, record, rules)
            if isinstance(record, Rejected):
                reject(to_row(record))
                outcomes[record.split, record.reason] += 1
            else:
                keep(to_row(record))
                outcomes[record.split, KEPT] += 1
                prints[record.split == "train"].add(fingerprint(record))
    return Judged(outcomes, cleaning, train=frozenset(prints[True]), held_out=frozenset(prints[False]))


def without_leaks(name: str, leaks: frozenset[bytes], kept: Path, rejected: Path) -> int:
    """Move the training conversations with these fingerprints from kept to rejected; returns their number."""

    def rows(leaking: bool):
        for row in read_rows(_file(kept, name), CONVERSATION):
            conversation = Conversation.from_row(row)
            if (conversation.split == "train" and fingerprint(conversation) in leaks) == leaking:
                yield row

    moved = (to_row(_rejected(Conversation.from_row(row), LEAK)) for row in rows(leaking=True))
    before = sum(1 for _ in read_rows(_file(rejected, name), REJECTED))
    after = write_rows(_file(rejected, name), chain(read_rows(_file(rejected, name), REJECTED), moved), REJECTED)
    write_rows(_file(kept, name), rows(leaking=False), CONVERSATION)
    return after - before


def _kept_or_rejected(clean: Conversation, raw: Conversation, rules: Filter) -> Conversation | Rejected:
    reason = reason_against(clean, corpus_named(raw.corpus), rules)
    return clean if reason is None else _rejected(raw, reason)


def _rejected(conversation: Conversation, reason: str) -> Rejected:
    row = json.dumps(to_row(conversation), ensure_ascii=False)
    return Rejected(conversation.id, conversation.corpus, conversation.split, reason, row)


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.parquet"
