"""A view's examples → its part of the instruction set: which rows, how often, and in words.

Training rows are shuffled over all views without any process holding them all: the part of a view is a file that has
them by bucket, a stretch of the draw, and what the parts have in one bucket is sorted and written before the next.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pica.corpora import corpus, view_corpus, views
from pica.draw import ranks
from pica.errors import DataError
from pica.mixture import Pool, cap, plan
from pica.parallel import each
from pica.params import Mixture, Source
from pica.prompts import render_batch
from pica.schema import EXAMPLE, INSTRUCTION, SPLITS
from pica.store import batch_writer, read_batches, scratch

# Training rows a bucket, and rows of a view that are sorted into buckets at a time: all of them that is ever in memory,
# beside 20 bytes an example of a view.
_BUCKET = 10_000
_CHUNK = 5_000
# Rows of a chunk for each bucket, at least: pieces of a few rows would cost more than their rows.
_PIECE = 25
# Examples that are read at a time, and put into words.
_READ = 10_000
_BATCH = 2_500
_RANK = pa.field("rank", pa.uint64())
# What says whether an example is drawn, and from which pool.
_POOLED = ("split", "language", "answer")

_BLANK, _WORD, _MARK = range(3)
# Han and kana: characters that are written without blanks around them.
_BY_THEMSELVES = ((0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF))
# Beyond the basic plane are emoji and rare Han.
_LAST = 0xFFFF


@dataclass(frozen=True, slots=True)
class Counted:
    """A view's examples by split and label; all under "" where labels do not count."""

    view: str
    examples: Mapping[str, Mapping[str, int]]

    def pool(self, mixture: Mixture) -> Pool:
        """What it has to give for training."""
        spoken = corpus(view_corpus(self.view)).languages
        language = "+".join(spoken) if mixture.language == "all" else mixture.language
        return Pool(self.view, language, cap(views()[self.view], mixture), self.examples["train"])

    def rows(self, train: Mapping[str, int], mixture: Mixture) -> dict[str, Mapping[str, int]]:
        """How many rows of each split and label are taken: for training as planned, and every test row."""
        validation = min(mixture.validation_rows, self.examples["validation"].get("", 0))
        return {"train": train, "validation": {"": validation}, "test": self.examples["test"]}


@dataclass(frozen=True, slots=True)
class Part:
    """How many rows one view gives to each split, and how many tokens its training rows have."""

    view: str
    rows: Mapping[str, int]
    tokens: int


def make(names: Sequence[str], views: Path, out: Path, mixture: Mixture, seed: int) -> tuple[list[Pool], list[Part]]:
    """Plan how many rows each of these views gives, draw them, put them into words, and write `out/<split>.parquet`.

    Args:
        views: where the examples are, a file a view.
        out: a folder that is there.

    Returns:
        Of each view what it had to give, and what it gave.

    Raises:
        DataError: no training row is left, or a share is asked of what is not there.
    """
    counted = each(partial(count, folder=views, mixture=mixture), names, "count", unit="view")
    pools = [c.pool(mixture) for c in counted]
    train = plan(pools, mixture)
    asked = [(c, c.rows(train[c.view], mixture)) for c in counted]
    rows = sum(sum(labels.values()) for labels in train.values())
    if not rows:
        raise DataError(f"no training row is left: no view in language={mixture.language} has any.")
    buckets = 1 + rows // _BUCKET
    with scratch(out) as written:
        work = partial(part, folder=views, parts=written, buckets=buckets, mixture=mixture, seed=seed)
        parts = each(work, asked, "template", unit="view")
        each(partial(mix, names=names, parts=written, buckets=buckets, folder=out), SPLITS, "mix", unit="split")
    return pools, parts


def count(name: str, folder: Path, mixture: Mixture) -> Counted:
    """The examples of the view `name` in `folder/<name>.parquet`, with labels where the mixture balances them."""
    found = {split: Counter() for split in SPLITS}
    for _, pools in _pools(name, folder, mixture):
        for pool in pc.value_counts(pools).to_pylist():
            split, _, label = pool["values"].partition("/")
            found[split][label] += pool["counts"]
    return Counted(name, found)


def part(
    asked: tuple[Counted, Mapping[str, Mapping[str, int]]],
    folder: Path,
    parts: Path,
    buckets: int,
    mixture: Mixture,
    seed: int,
) -> Part:
    """Write the part of a view of which so many rows of each split and label are asked for, in `parts/<split>/`.

    Args:
        asked: the view's examples, and how many rows are asked for, by split and label.
        folder: where its examples are.
        buckets: how many a chunk of training rows is sorted into.
    """
    counted, rows = asked
    name = counted.view
    times = _times(counted, folder, rows, mixture, seed)
    size = max(_CHUNK, _PIECE * buckets)
    written: Counter[str] = Counter()
    length = 0
    with ExitStack() as stack:
        add = {split: stack.enter_context(_new(parts / split / f"{name}.arrow", split)) for split in SPLITS}
        examples = _larger(_drawn(_examples(name, folder, mixture), times), _BATCH)
        for chunk in _larger(map(render_batch, examples), size):
            present = chunk["split"].unique().to_pylist()
            for split in present:
                own = chunk if len(present) == 1 else chunk.filter(pc.equal(chunk["split"], split))
                written[split] += own.num_rows
                if split != "train":
                    add[split](own)
                    continue
                length += tokens(own["messages"].flatten().field("content"))
                for batch in _by_bucket(own, buckets, seed):
                    add[split](batch)
    return Part(name, {split: written[split] for split in SPLITS}, length)


def mix(split: str, names: Sequence[str], parts: Path, buckets: int, folder: Path) -> None:
    """Write `folder/<split>.parquet` from the parts of these views: training rows in the order of the draw, the others
    view by view."""
    with batch_writer(folder / f"{split}.parquet", INSTRUCTION) as append, ExitStack() as stack:
        files = [stack.enter_context(pa.ipc.open_file(str(parts / split / f"{name}.arrow"))) for name in names]
        for batch in _ahead(_shuffled(files, buckets) if split == "train" else chain.from_iterable(map(_all, files))):
            append(batch)


def _shuffled(files: Sequence[pa.RecordBatchFileReader], buckets: int) -> Iterator[pa.RecordBatch]:
    for bucket in range(buckets):
        # A view without training rows has none in any bucket.
        if batches := [batch for file in files for batch in _all(file, bucket, buckets)]:
            rows = pa.concat_batches(batches)
            yield rows.take(pc.array_sort_indices(rows["rank"])).select(INSTRUCTION.names)


def _all(file: pa.RecordBatchFileReader, first: int = 0, step: int = 1) -> Iterator[pa.RecordBatch]:
    return map(file.get_batch, range(first, file.num_record_batches, step))


def _ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same, each made while the one before it is written: Arrow does both without Python's lock."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = thread.submit(next, batches, None)
            yield batch


def sources(parts: Iterable[Part], source: Source) -> list[dict[str, Any]]:
    """The datasets that gave rows, with their terms and their rows in each split: what a model card lists.

    `made_up`: the rows are the embedded sample's, in the layout of that dataset.
    """
    rows: dict[str, Counter[str]] = {}
    for part in parts:
        rows.setdefault(view_corpus(part.view), Counter()).update(part.rows)
    return [
        {
            "name": c.name,
            "title": c.title,
            "homepage": c.homepage,
            "citation": c.citation,
            "licence": c.licence,
            "commercial": c.commercial,
            "languages": c.languages,
            "made_up": source.kind == "sample" and not getattr(source.manual, c.name, ""),
            "hub": c.hub.repo if c.hub else "",
            "rows": {split: rows[c.name][split] for split in SPLITS},
        }
        for c in map(corpus, sorted(rows))
        if rows[c.name].total()
    ]


def tokens(texts: pa.StringArray) -> int:
    """Their length before there is a tokenizer: words, punctuation marks, and Chinese characters one by one."""
    plain = pc.string_is_ascii(texts)
    # Of most texts a character is a byte, and need not be decoded.
    narrow = np.frombuffer(_one_text(texts.filter(plain)), np.uint8)
    wide = np.frombuffer(str(_one_text(texts.filter(pc.invert(plain))), "utf-8").encode("utf-32-le"), np.uint32)
    return _tokens(_kinds()[narrow]) + _tokens(_kinds()[np.minimum(wide, _LAST)])


def _one_text(texts: pa.StringArray) -> pa.Buffer:
    """All of them, a line each."""
    return pc.binary_join(pa.ListArray.from_arrays([0, len(texts)], texts), "\n")[0].as_buffer()


def _tokens(kinds: np.ndarray) -> int:
    """Of characters of these kinds."""
    words = kinds == _WORD
    begin = np.concatenate([words[:1], words[1:] > words[:-1]])
    return int(np.count_nonzero(begin) + np.count_nonzero(kinds == _MARK))


@cache
def _kinds() -> np.ndarray:
    """Of each character, whether it is blank, part of a word, or counts by itself; the last entry is for all beyond."""
    kinds = np.full(_LAST + 1, _MARK, np.int8)
    for code in range(_LAST):
        character = chr(code)
        if character.isspace():
            kinds[code] = _BLANK
        elif character.isalnum() or character == "_":
            kinds[code] = _WORD
    for first, last in _BY_THEMSELVES:
        kinds[first : last + 1] = _MARK
    return kinds


def _examples(
    name: str, folder: Path, mixture: Mixture, columns: Sequence[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """The examples of a view, some columns of them, in the mixture's language; general text is in several."""
    for batch in read_batches(folder / f"{name}.parquet", EXAMPLE, columns, rows=_READ):
        yield batch if mixture.language == "all" else batch.filter(pc.equal(batch["language"], mixture.language))


def _pools(
    name: str, folder: Path, mixture: Mixture, columns: Sequence[str] = _POOLED
) -> Iterator[tuple[pa.RecordBatch, pa.StringArray]]:
    """The examples of a view, some columns of them, and of each the pool it is drawn from: `<split>/<label>`."""
    balanced = mixture.balance and bool(views()[name].labels)
    for batch in _examples(name, folder, mixture, columns):
        counts = pc.equal(batch["split"], "train") if balanced else pa.scalar(False)
        yield batch, pc.binary_join_element_wise(batch["split"], pc.if_else(counts, batch["answer"], ""), "/")


def _times(
    counted: Counted, folder: Path, rows: Mapping[str, Mapping[str, int]], mixture: Mixture, seed: int
) -> np.ndarray:
    """How often each example is taken, in the order of the file: all of a pool alike, and those that come first in the
    draw once more."""
    asked = {
        f"{split}/{label}": divmod(rows[split].get(label, 0), examples)
        for split, pool in counted.examples.items()
        for label, examples in pool.items()
    }
    names = pa.array(asked, pa.string())
    often, rest = np.array(list(asked.values()), np.int64).reshape(-1, 2).T
    pools, places = [np.empty(0, np.int32)], [np.empty(0, np.uint64)]
    for batch, pool in _pools(counted.view, folder, mixture, ("id", *_POOLED)):
        pools.append(pc.index_in(pool, names).to_numpy())
        places.append(np.zeros(len(batch), np.uint64))
        drawn = rest[pools[-1]] > 0
        places[-1][drawn] = ranks(batch["id"].filter(pa.array(drawn)).to_pylist(), seed)
    pool, place = np.concatenate(pools), np.concatenate(places)
    times = often[pool]
    for number in np.flatnonzero(rest):
        members = np.flatnonzero(pool == number)
        times[members[np.argsort(place[members], kind="stable")[: rest[number]]]] += 1
    return times


def _drawn(examples: Iterable[pa.RecordBatch], times: np.ndarray) -> Iterator[pa.RecordBatch]:
    """The examples that are taken, in batches of no more rows than `_BATCH`.

    Args:
        times: how often each is taken, over all batches.
    """
    start = 0
    for batch in examples:
        rows = _repeated(batch, times[start : start + len(batch)])
        start += len(batch)
        yield from (rows.slice(first, _BATCH) for first in range(0, len(rows), _BATCH))


def _repeated(examples: pa.RecordBatch, times: np.ndarray) -> pa.RecordBatch:
    """Each as often as it is taken, from the second time on with an id of its own, which may give it other words."""
    if (times == 1).all():
        return examples
    rows = examples.take(pa.array(np.repeat(np.arange(len(times)), times)))
    if times.max() <= 1:
        return rows
    ids = zip(examples["id"].to_pylist(), times.tolist(), strict=True)
    names = [id if n == 1 else f"{id}~{n}" for id, most in ids for n in range(1, most + 1)]
    return rows.set_column(0, "id", pa.array(names, pa.string()))


def _larger(batches: Iterable[pa.RecordBatch], size: int) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of this size or a little more, but for the last."""
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += batch.num_rows
        if count >= size:
            yield pa.concat_batches(waiting)
            waiting.clear()
            count = 0
    if waiting:
        yield pa.concat_batches(waiting)


def _by_bucket(rows: pa.RecordBatch, buckets: int, seed: int) -> Iterator[pa.RecordBatch]:
    """The rows of each bucket, which may be none, with their rank."""
    rank = ranks(rows["id"].to_pylist(), seed)
    order = np.argsort(rank, kind="stable")
    rank, rows = rank[order], rows.take(pa.array(order)).append_column(_RANK, pa.array(rank[order]))
    # 32 bits of the rank are enough, and their product with the number of buckets fits 64.
    bucket = (rank >> np.uint64(32)) * np.uint64(buckets) >> np.uint64(32)
    edges = np.searchsorted(bucket, np.arange(buckets + 1))
    return (rows.slice(start, end - start) for start, end in pairwise(edges.tolist()))


@contextmanager
def _new(path: Path, split: str) -> Iterator[Callable[[pa.RecordBatch], None]]:
    """A function that adds a batch to a new Arrow file, not compressed: that would take longer than all else here."""
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = INSTRUCTION.append(_RANK) if split == "train" else INSTRUCTION
    with pa.ipc.new_file(str(path), schema) as file:
        yield file.write_batch
