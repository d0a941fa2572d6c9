"""template: data/views/<view>.parquet → data/instructions/{train,validation,test}.parquet, the mixture in words.

It fails when a training example shows a text of a validation or test example of any view.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain, groupby
from pathlib import Path
from typing import Any

from pica.cleaning.leakage import HeldOut
from pica.corpora import REPLAY, corpus, declared_at, view_corpus, views
from pica.instructions.leak_check import find_leaks, require_no_leaks, write_held_out
from pica.instructions.mixture import Pool
from pica.instructions.writing import Part, sources, write_instructions
from pica.parallel import parallel_map
from pica.params import Mixture, Source
from pica.schema import SPLITS
from pica.store import atomic_folder, temporary_folder, write_json, write_table

VIEWS = Path("data/views")
DECLARED = Path("data/declared.json")
INSTRUCTIONS = Path("data/instructions")
SOURCES = "sources.json"
METRICS = Path("metrics/mixture.json")
TABLE = Path("tables/mixture.csv")
# `n` training examples of a view, of which it may give `cap` and gives `rows`: each stands `epochs` times in the
# training set on average. `tokens` counts words, punctuation marks and Chinese characters, for want of a tokenizer.
COLUMNS = ["view", "task", "corpus", "language", "n", "cap", "rows", "epochs", "share", "tokens"]


def run(mixture: Mixture, source: Source, seed: int) -> None:
    """Check the examples for leaks, and make the instructions."""
    declared_at(DECLARED)
    names = [name for name in sorted(path.stem for path in VIEWS.glob("*.parquet")) if _speaks(name, mixture)]
    _require_no_leaks(names)
    with atomic_folder(INSTRUCTIONS) as out:
        pools, parts = write_instructions(names, VIEWS, out, mixture, seed)
        write_json(out / SOURCES, sources(parts, source))
    rows = {split: sum(p.rows[split] for p in parts) for split in SPLITS}
    table = list(_table(pools, parts, rows["train"]))
    write_table(TABLE, table, COLUMNS)
    write_json(METRICS, {"views": len(parts), **rows, **_headline(table)})


def _require_no_leaks(names: Sequence[str]) -> None:
    datasets = [list(group) for _, group in groupby(names, view_corpus)]
    with temporary_folder(INSTRUCTIONS) as texts:
        parallel_map(partial(write_held_out, views=VIEWS, folder=texts), datasets, "held-out texts")
        work = partial(find_leaks, views=VIEWS, held_out=HeldOut.gather(texts))
        require_no_leaks(list(chain.from_iterable(parallel_map(work, datasets, "leaks left"))))


def _speaks(name: str, mixture: Mixture) -> bool:
    languages = corpus(view_corpus(name)).languages
    return mixture.language == "all" or mixture.language in languages


def _table(pools: Sequence[Pool], parts: Sequence[Part], total: int) -> Iterator[dict[str, Any]]:
    for pool, p in zip(pools, parts, strict=True):
        yield {
            "view": pool.view,
            "task": views()[pool.view].task,
            "corpus": view_corpus(pool.view),
            "language": pool.language,
            "n": pool.total,
            "cap": pool.cap,
            "rows": p.rows["train"],
            "epochs": round(p.rows["train"] / max(1, pool.total), 4),
            "share": round(p.rows["train"] / total, 6),
            "tokens": p.tokens,
        }


def _headline(table: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The training set in a few numbers; shares are of its rows."""
    return {
        "tokens": sum(row["tokens"] for row in table),
        "most_epochs": max(row["epochs"] for row in table),
        "zh_share": round(sum(row["share"] for row in table if row["language"] == "zh"), 4),
        "replay_share": round(sum(row["share"] for row in table if row["corpus"] == REPLAY), 4),
    }
