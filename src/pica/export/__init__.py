"""The instruction set for other trainers: JSON Lines a split, and a dataset card that says what is in it.

One row of each format, here of meld-classification:

    alpaca    {"id": "meld/test/4#…", "instruction": "Which emotion …", "input": "Ruth: Sold?", "output": "anger"}
    sharegpt  {"id": …, "conversations": [{"from": "human", "value": "Which …"}, {"from": "gpt", "value": "anger"}]}
    messages  {"id": …, "messages": [{"role": "user", "content": "Which …"}, {"role": "assistant", "content": "anger"}]}
    seed      {"task_type": …, "dataset": …, "instruction": …, "instances": […], "is_classification": …, "name": …}

LLaMA-Factory takes the first three, told about them by `dataset_info.json`; TRL's SFTTrainer takes `messages`. `seed`
has PICA's six columns in their order and nothing else. `lm_eval` writes test rows as tasks of lm-evaluation-harness.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from huggingface_hub import DatasetCardData
from jinja2 import Environment, PackageLoader, StrictUndefined
from tqdm import tqdm

from pica.corpora import corpus
from pica.errors import DataError
from pica.instructions.writing import is_made_up
from pica.params import Source
from pica.schema import INSTRUCTION, SPLITS
from pica.store import atomic_folder, count_rows, read_rows, write_json

Row = Mapping[str, Any]

SEED = ("task_type", "dataset", "instruction", "instances", "is_classification", "name")
_SHAREGPT = {"user": "human", "assistant": "gpt"}
# Upper bounds of the hub's size categories.
_SIZES = {1_000: "n<1K", 10_000: "1K<n<10K", 100_000: "10K<n<100K", 1_000_000: "100K<n<1M"}


def _alpaca(row: Row) -> Row:
    return {"id": row["id"], "instruction": row["instruction"], **row["instances"][0]}


def _sharegpt(row: Row) -> Row:
    turns = [{"from": _SHAREGPT[m["role"]], "value": m["content"]} for m in row["messages"]]
    return {"id": row["id"], "conversations": turns}


def _messages(row: Row) -> Row:
    return {"id": row["id"], "messages": row["messages"]}


def _seed(row: Row) -> Row:
    return {column: row[column] for column in SEED}


FORMATS: Mapping[str, Callable[[Row], Row]] = MappingProxyType(
    {"alpaca": _alpaca, "sharegpt": _sharegpt, "messages": _messages, "seed": _seed}
)

# What LLaMA-Factory's dataset_info.json says about a file of each format; it cannot read PICA's own.
_DESCRIPTIONS: Mapping[str, Row] = MappingProxyType(
    {
        "alpaca": {
            "formatting": "alpaca",
            "columns": {"prompt": "instruction", "query": "input", "response": "output"},
        },
        "sharegpt": {
            "formatting": "sharegpt",
            "columns": {"messages": "conversations"},
            "tags": {"role_tag": "from", "content_tag": "value", "user_tag": "human", "assistant_tag": "gpt"},
        },
        "messages": {
            "formatting": "sharegpt",
            "columns": {"messages": "messages"},
            "tags": {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"},
        },
    }
)


def export(instructions: Path, format: str, out: Path, source: Source) -> Counter[tuple[str, str]]:
    """Write the instruction set and its card into the new folder `out`; it is there whole or not at all.

    Args:
        instructions: the folder of train, validation and test.parquet.
        format: a key of FORMATS.
        out: a folder that is not there yet, or is empty.
        source: where the raw files came from, for the card.

    Returns:
        (dataset, split) → rows.

    Raises:
        DataError: `out` has something in it, or there is no instruction set.
    """
    counts: Counter[tuple[str, str]] = Counter()
    views: Counter[str] = Counter()
    with new_folder(out) as made:
        for split in SPLITS:
            for row in _write(instructions / f"{split}.parquet", made / f"{split}.jsonl", FORMATS[format]):
                counts[row["dataset"], split] += 1
                views[row["name"]] += 1
        if format in _DESCRIPTIONS:
            write_json(made / "dataset_info.json", _dataset_info(format, _splits(counts)))
        (made / "README.md").write_text(_card(format, counts, views, source), encoding="utf-8")
    return counts


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A folder that is `out` when the block ends well.

    Raises:
        DataError: `out` has something in it.
    """
    out = out.resolve()
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise DataError(f"{out} is there already. Name a new folder, or delete it first: an export replaces nothing.")
    with atomic_folder(out) as made:
        yield made


def _write(parquet: Path, target: Path, shape: Callable[[Row], Row]):
    """Stream one split; yields each row as it stands in the Parquet file. No file for a split without rows."""
    total = count_rows(parquet, INSTRUCTION)
    if not total:
        return
    with target.open("w", encoding="utf-8") as file:
        for row in tqdm(read_rows(parquet, INSTRUCTION), total=total, desc=parquet.stem, unit="row"):
            file.write(json.dumps(shape(row), ensure_ascii=False) + "\n")
            yield row


def _dataset_info(format: str, splits: Mapping[str, int]) -> Row:
    return {f"pica_{split}": {"file_name": f"{split}.jsonl", **_DESCRIPTIONS[format]} for split in splits}


def _splits(counts: Counter[tuple[str, str]]) -> dict[str, int]:
    """Split → rows, of the splits that have any."""
    totals = {split: sum(n for (_, at), n in counts.items() if at == split) for split in SPLITS}
    return {split: total for split, total in totals.items() if total}


def _card(format: str, counts: Counter[tuple[str, str]], views: Counter[str], source: Source) -> str:
    corpora = [corpus(name) for name in dict.fromkeys(sorted(name for name, _ in counts))]
    splits = _splits(counts)
    data = DatasetCardData(
        pretty_name="PICA instructions",
        language=sorted({language for c in corpora for language in c.languages}),
        # Every dataset keeps its own, so there is no one licence of the whole.
        license="other",
        license_name="those-of-its-datasets",
        license_details="; ".join(sorted({c.licence for c in corpora})),
        task_categories=["text-classification", "text-generation"],
        size_categories=next((name for limit, name in _SIZES.items() if sum(splits.values()) < limit), "n>1M"),
        tags=["emotion", "empathy", "instruction-tuning"],
        configs=[
            {
                "config_name": "default",
                "data_files": [{"split": split, "path": f"{split}.jsonl"} for split in splits],
            }
        ],
    )
    environment = Environment(
        loader=PackageLoader("pica.export", ""), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("card.md.jinja").render(
        metadata=data.to_yaml(),
        format=format,
        llama_factory=format in _DESCRIPTIONS,
        corpora=corpora,
        counts=counts,
        splits=splits,
        views=dict(sorted(views.items())),
        made_up=[c.name for c in corpora if is_made_up(c, source)],
    )
