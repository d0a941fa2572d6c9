"""One dataset's rows compared with each other and with the held-out sets of all datasets: what of them stays.

This comes after `row_filter`, which looks at each row by itself. Training rows go as leaks (`decontamination`) or as
copies (`deduplication`). Validation and test rows stay, so that scores can be compared with published ones, unless the
whole dataset goes by its score card (`scorecard`).
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pica.cleaning import deduplication, leakage
from pica.cleaning.decontamination import count_leaks, leaking_rows, told
from pica.cleaning.deduplication import CopyKeys, find_copies
from pica.cleaning.fingerprints import Fingerprints, texts_of
from pica.cleaning.leakage import HeldOut, Leak, leaks, translations
from pica.cleaning.scorecard import Card, Labels, decide
from pica.corpora import Corpus
from pica.corpora import corpus as corpus_named
from pica.params import Filter
from pica.schema import CONVERSATION, REJECTED, Rejected, to_row
from pica.store import batch_writer, read_batches, read_rows, write_rows


@dataclass(slots=True)
class Compared:
    """What became of one dataset's kept rows.

    Args:
        rejected: (split, reason) → rows that went. Beside each of them, LEAK is told with the set that has its text.
        withheld: turns that no training example may show.
        leaks: (held-out set, "conversations" or "turns") → how many conversations went for it, and how many turns are
            withheld in those that stayed. One that stands in several sets counts for each.
        card: the score card.
        keys: of the longer training texts [uint64].
    """

    rejected: Counter[tuple[str, str]]
    withheld: int
    leaks: Counter[tuple[str, str]]
    card: Card
    keys: np.ndarray


@dataclass(slots=True)
class _Survey:
    """What a pass over the rows finds. Rows are numbered from 0 over all splits."""

    splits: list[np.ndarray] = field(default_factory=list)
    leaks: dict[int, Leak] = field(default_factory=dict)
    copy_keys: list[CopyKeys] = field(default_factory=list)
    labels: Labels = field(default_factory=Labels)
    turns: int = 0
    words: int = 0
    keys: list[np.ndarray] = field(default_factory=list)
    held_out: dict[str, list[np.ndarray]] = field(default_factory=lambda: defaultdict(list))


def write_held_out(name: str, kept: Path, folder: Path) -> None:
    """Write the hashes of what a dataset holds out into `folder`."""
    batches = read_batches(_file(kept, name), CONVERSATION, leakage.COLUMNS)
    leakage.write_held_out(
        ((split, leakage.of_conversations(part)) for batch in batches for split, part in _held_out(batch)), name, folder
    )


def _held_out(batch: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
    for split in leakage.HELD_OUT:
        yield split, batch.filter(pc.equal(batch.column("split"), split))


def filter_dataset(name: str, rules: Filter, held_out: HeldOut, kept: Path, rejected: Path) -> Compared:
    """Decide on a dataset's kept rows and rewrite `kept/<name>.parquet` and `rejected/<name>.parquet`."""
    corpus, path = corpus_named(name), _file(kept, name)
    survey = _surveyed(path, corpus, rules, held_out)
    splits = np.concatenate([np.empty(0, dtype=object), *survey.splits])
    reasons = leaking_rows(survey.leaks, corpus)
    train = np.flatnonzero(splits == "train")
    card = _card(corpus, survey, train)
    reasons |= _copies(survey, train, reasons, rules, path, card)
    left = Counter(np.delete(splits, list(reasons)).tolist())
    card.train, card.validation, card.test = (left[split] for split in ("train", "validation", "test"))
    decide(card, rules)
    if card.verdict == "drop":
        reasons = dict.fromkeys(range(len(splits)), f"dataset dropped: {card.why}")
    withheld = {row: sorted(leak.turns) for row, leak in survey.leaks.items() if row not in reasons}
    if reasons or withheld:
        reasons_told = {row: told(reason, survey.leaks.get(row)) for row, reason in reasons.items()}
        gone = np.zeros(len(splits), bool)
        gone[list(reasons)] = True
        _rewrite(name, gone, reasons_told, withheld, kept, rejected)
    return Compared(
        rejected=Counter((splits[row], reason) for row, reason in reasons.items()),
        withheld=sum(map(len, withheld.values())),
        leaks=count_leaks(survey.leaks, reasons),
        card=card,
        keys=np.unique(_all(survey.keys)),
    )


def _surveyed(path: Path, corpus: Corpus, rules: Filter, held_out: HeldOut) -> _Survey:
    survey, start = _Survey(), 0
    columns = list(dict.fromkeys((*leakage.COLUMNS, *deduplication.COLUMNS)))
    for batch in read_batches(path, CONVERSATION, columns):
        splits = batch.column("split").to_numpy(zero_copy_only=False)
        survey.splits.append(splits)
        train = batch.filter(pa.array(splits == "train"))
        _survey_train(survey, train, start + np.flatnonzero(splits == "train"), corpus, rules, held_out)
        for split, part in _held_out(batch):
            fingerprints = Fingerprints.of(texts_of(part))
            survey.held_out[split].append(CopyKeys.of(part, fingerprints, corpus).key)
        start += batch.num_rows
    return survey


def _survey_train(
    survey: _Survey, train: pa.RecordBatch, rows: np.ndarray, corpus: Corpus, rules: Filter, held_out: HeldOut
) -> None:
    passage = leakage.passages(train)
    fingerprints = Fingerprints.of(passage.texts)
    turns = fingerprints.head(len(texts_of(train)))
    found = leaks(train, passage, fingerprints, held_out)
    found |= translations(train.column("id").to_pylist(), corpus.name, held_out)
    survey.leaks |= {int(rows[row]): leak for row, leak in found.items()}
    survey.copy_keys.append(CopyKeys.of(train, turns, corpus, rules.near if rules.duplicates == "near" else None))
    survey.labels.add(train)
    survey.turns += len(turns.lengths)
    survey.words += int(turns.lengths.sum())
    survey.keys.append(np.unique(leakage.exact_keys(fingerprints, passage.languages)))


def _copies(
    survey: _Survey, train: np.ndarray, leaking: dict[int, str], rules: Filter, path: Path, card: Card
) -> dict[int, str]:
    """Row → why it goes as a copy, of the training rows that do not leak; the shares go on the card."""
    stay = ~np.isin(train, list(leaking))
    keys, rows = CopyKeys.all(survey.copy_keys).where(stay), train[stay]
    near = rules.near if rules.duplicates == "near" else None
    copies = find_copies(keys, near, lambda numbers: _turns(path, rows[numbers]))
    card.duplicate_rate = _share(copies.exact, train)
    if near is not None:
        card.near_duplicate_rate = _share(copies.near, train)
    card.conflict_rate = _share(copies.conflicts, train)
    card.relabelled_copies = int(copies.relabelled.sum())
    return {int(rows[number]): reason for number, reason in copies.reasons(rules).items()}


def _turns(path: Path, rows: np.ndarray) -> Iterator[list[str]]:
    """What is said in some rows of a file, given and told in its order."""
    for batch, start in _numbered(path, ("turns",)) if len(rows) else ():
        first, end = np.searchsorted(rows, (start, start + batch.num_rows))
        for turns in batch.column("turns").take(pa.array(rows[first:end] - start)).to_pylist():
            yield [turn["text"] for turn in turns]


def _all(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.empty(0, np.uint64), *parts])


def _share(flags: np.ndarray, train: np.ndarray) -> float:
    return round(float(flags.sum()) / max(1, len(train)), 4)


# The card and the files


def _card(corpus: Corpus, survey: _Survey, train: np.ndarray) -> Card:
    return Card(
        corpus=corpus.name,
        label_balance=survey.labels.balance(corpus),
        leak_rate=round(len(survey.leaks) / max(1, len(train)), 4),
        held_out_duplicates=sum(len(keys) - len(np.unique(keys)) for keys in map(_all, survey.held_out.values())),
        mean_words=round(survey.words / max(1, survey.turns), 1),
        language="+".join(corpus.languages),
        licence=corpus.licence,
        commercial=corpus.commercial,
        note=corpus.note,
    )


def _rewrite(
    name: str, gone: np.ndarray, reasons: dict[int, str], withheld: dict[int, list[int]], kept: Path, rejected: Path
) -> None:
    """Mark the withheld turns, and move the rows that are gone, and have a reason, to the rejected ones."""
    going = (to_row(r) for r in _going(_file(kept, name), gone, reasons))
    before = read_rows(_file(rejected, name), REJECTED)
    write_rows(_file(rejected, name), chain(before, going), REJECTED)
    with batch_writer(_file(kept, name), CONVERSATION) as append:
        for batch in _staying(_file(kept, name), gone, withheld):
            append(batch)


def _going(path: Path, gone: np.ndarray, reasons: dict[int, str]) -> Iterator[Rejected]:
    for batch, start in _numbered(path):
        for row in np.flatnonzero(gone[start : start + batch.num_rows]).tolist():
            (raw,) = batch.slice(row, 1).to_pylist()
            reason = reasons[start + row]
            yield Rejected(raw["id"], raw["corpus"], raw["split"], reason, json.dumps(raw, ensure_ascii=False))


def _staying(path: Path, gone: np.ndarray, withheld: dict[int, list[int]]) -> Iterator[pa.RecordBatch]:
    for batch, start in _numbered(path):
        rows = range(start, start + batch.num_rows)
        turns = pa.array([withheld.get(row, []) for row in rows], CONVERSATION.field("withheld").type)
        marked = batch.set_column(batch.num_columns - 1, CONVERSATION.field("withheld"), turns)
        if (left := marked.filter(pa.array(~gone[rows.start : rows.stop]))).num_rows:
            yield left


def _numbered(path: Path, columns: Sequence[str] | None = None) -> Iterator[tuple[pa.RecordBatch, int]]:
    """Batches, or some columns of them, with the number of their first row."""
    start = 0
    for batch in read_batches(path, CONVERSATION, columns):
        yield batch, start
        start += batch.num_rows


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.parquet"
