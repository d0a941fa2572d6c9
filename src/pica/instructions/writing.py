"""Counts, draws and writes the instruction set: views → {train, validation, test}.parquet.

Training rows are shuffled over all views without any process holding them all. Each view writes its part as a file that
is sorted into buckets, which are stretches of the shuffled order; then what all parts have in one bucket is sorted and
written, bucket after bucket.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pica.corpora import Corpus, corpus, view_corpus
from pica.errors import DataError
from pica.instructions.counting import Counted, count, count_tokens, read_examples
from pica.instructions.drawing import draw_examples, times_drawn
from pica.instructions.mixture import Pool, plan
from pica.parallel import parallel_map
from pica.params import Mixture, Source
from pica.prompts import render_batch
from pica.sampling import ranks
from pica.schema import INSTRUCTION, SPLITS
from pica.store import batch_writer, temporary_folder

# Training rows a bucket, and rows of a view that are sorted into buckets at a time: all of them that is ever in memory,
# beside 20 bytes an example of a view.
_BUCKET = 10_000
_CHUNK = 5_000
# Rows of a chunk for each bucket, at least: pieces of a few rows would cost more than their rows.
_PIECE = 25
# Examples that are put into words at a time.
_BATCH = 2_500
_RANK = pa.field("rank", pa.uint64())


@dataclass(frozen=True, slots=True)
class Part:
    """How many rows one view gives to each split, and how many tokens its training rows have."""

    view: str
    rows: Mapping[str, int]
    tokens: int


def write_instructions(
    names: Sequence[str], views: Path, out: Path, mixture: Mixture, seed: int
) -> tuple[list[Pool], list[Part]]:
    """Plan how many rows each of these views gives, draw them, put them into words, and write `out/<split>.parquet`.

    Args:
        views: where the examples are, a file a view.
        out: a folder that is there.

    Returns:
        Of each view what it had to give, and what it gave.

    Raises:
        DataError: no training row is left, or a share is asked of what is not there.
    """
    counted = parallel_map(partial(count, folder=views, mixture=mixture), names, "count", unit="view")
    pools = [c.pool(mixture) for c in counted]
    train = plan(pools, mixture)
    asked = [(c, c.rows(train[c.view], mixture)) for c in counted]
    rows = sum(sum(labels.values()) for labels in train.values())
    if not rows:
        raise DataError(f"no training row is left: no view in language={mixture.language} has any.")
    buckets = 1 + rows // _BUCKET
    with temporary_folder(out) as written:
        work = partial(write_part, folder=views, parts=written, buckets=buckets, mixture=mixture, seed=seed)
        parts = parallel_map(work, asked, "template", unit="view")
        parallel_map(
            partial(mix_parts, names=names, parts=written, buckets=buckets, folder=out), SPLITS, "mix", unit="split"
        )
    return pools, parts


def write_part(
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
    times = times_drawn(counted, folder, rows, mixture, seed)
    size = max(_CHUNK, _PIECE * buckets)
    written: Counter[str] = Counter()
    length = 0
    with ExitStack() as stack:
        add = {split: stack.enter_context(_new_part(parts / split / f"{name}.arrow", split)) for split in SPLITS}
        examples = _larger(draw_examples(read_examples(name, folder, mixture), times, _BATCH), _BATCH)
        for chunk in _larger(map(render_batch, examples), size):
            present = chunk["split"].unique().to_pylist()
            for split in present:
                own = chunk if len(present) == 1 else chunk.filter(pc.equal(chunk["split"], split))
                written[split] += own.num_rows
                if split != "train":
                    add[split](own)
                    continue
                length += count_tokens(own["messages"].flatten().field("content"))
                for batch in _by_bucket(own, buckets, seed):
                    add[split](batch)
    return Part(name, {split: written[split] for split in SPLITS}, length)


def mix_parts(split: str, names: Sequence[str], parts: Path, buckets: int, folder: Path) -> None:
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
            "note": c.note,
            "languages": c.languages,
            "made_up": is_made_up(c, source),
            "hub": c.hub.repo if c.hub else "",
            "rows": {split: rows[c.name][split] for split in SPLITS},
        }
        for c in map(corpus, sorted(rows))
        if rows[c.name].total()
    ]


def is_made_up(corpus: Corpus, source: Source) -> bool:
    """Whether a dataset's rows are the embedded sample's: what users declare, or give a folder of, is their own."""
    return source.kind == "sample" and corpus.declared is None and not source.manual.get(corpus.name)


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
def _new_part(path: Path, split: str) -> Iterator[Callable[[pa.RecordBatch], None]]:
    """A function that adds a batch to a new Arrow file, not compressed: that would take longer than all else here."""
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = INSTRUCTION.append(_RANK) if split == "train" else INSTRUCTION
    with pa.ipc.new_file(str(path), schema) as file:
        yield file.write_batch
