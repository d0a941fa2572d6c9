"""Instructions the way PICA's scripts made them: `datasets`, a filter a label, and a Python function a row.

    python benchmarks/pica_way.py VIEWS PLAN WORKERS

VIEWS holds a Parquet file a view, PLAN says how many rows of each view, split and label to take. Prints the seconds it
took and the rows it made, as JSON. Reading the Parquet files into `datasets` is not timed; nothing of `pica` is used.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import datasets
from datasets import Dataset, concatenate_datasets

SEED = 42
PHRASINGS = {
    "text_emotion": (
        lambda row: f"Which label fits this text? Choose one of: {', '.join(row['candidates'])}.",
        lambda row: f"Read the text and classify it. The options are {', '.join(row['candidates'])}.",
    ),
    "dialogue_emotion": (
        lambda row: f"What does {row['speaker']} feel in the last utterance? Options: {', '.join(row['candidates'])}.",
        lambda row: f"Name the emotion of the last line, one of {', '.join(row['candidates'])}.",
    ),
    "emotion_cause": (
        lambda row: f"Which words say why the speaker feels {row['emotion']}?",
        lambda row: f"Copy the cause of the emotion {row['emotion']}.",
    ),
    "dialogue_generation": (
        lambda row: f"{_controls(row)}Continue this conversation as {row['speaker']}.",
        lambda row: f"{_controls(row)}Write the next reply.",
    ),
    "dialogue_inference": (
        lambda row: f"What lies behind this dialogue? Options: {', '.join(row['candidates'])}.",
        lambda row: f"Infer what is not said about {row['speaker']}. {', '.join(row['candidates'])}",
    ),
}


def _controls(row: Mapping[str, Any]) -> str:
    said = [f"{name.capitalize()}: {row[name]}." for name in ("emotion", "act", "situation") if row[name]]
    return "".join(part + " " for part in [*said, *row["personas"]])


def instruction(row: Mapping[str, Any]) -> dict[str, Any]:
    """PICA's six columns for one row."""
    turns = row["turns"]
    text = turns[0]["text"] if len(turns) == 1 else "\n".join(f"{turn['speaker']}: {turn['text']}" for turn in turns)
    choices = PHRASINGS[row["task"]]
    return {
        "task_type": row["task"],
        "dataset": row["corpus"],
        "instruction": choices[zlib.crc32(row["id"].encode()) % len(choices)](row),
        "instances": [{"input": text, "output": row["answer"]}],
        "is_classification": bool(row["candidates"]),
        "name": row["view"],
    }


def sampled(rows: Dataset, labels: Mapping[str, int], workers: int | None) -> Dataset:
    """So many rows of each label, a pass over all of them for each, which reads the label alone."""
    if set(labels) == {""}:
        return rows if labels[""] >= len(rows) else rows.shuffle(seed=SEED).select(range(labels[""]))
    parts = [
        rows.filter(lambda answer, label=label: answer == label, input_columns=["answer"], num_proc=workers)
        .shuffle(seed=SEED)
        .select(range(count))
        for label, count in labels.items()
        if count
    ]
    return concatenate_datasets(parts)


def run(views: Path, plan: Mapping[str, Any], workers: int | None, out: Path) -> dict[str, Any]:
    """Make the instructions of all views and splits."""
    read = {
        (name, split): Dataset.from_parquet(str(views / f"{name}.parquet"), filters=[("split", "==", split)])
        for name, splits in plan.items()
        for split, labels in splits.items()
        if sum(labels.values())
    }
    start = time.perf_counter()
    parts: dict[str, list[Dataset]] = {}
    for (name, split), rows in read.items():
        chosen = sampled(rows, plan[name][split], workers)
        made = chosen.map(instruction, remove_columns=chosen.column_names, num_proc=workers)
        parts.setdefault(split, []).append(made)
    count = 0
    for split, made in parts.items():
        whole = concatenate_datasets(made)
        count += len(whole)
        (whole.shuffle(seed=SEED) if split == "train" else whole).to_parquet(out / f"{split}.parquet")
    return {"seconds": time.perf_counter() - start, "rows": count}


def main() -> None:
    views, plan, workers = sys.argv[1:]
    datasets.disable_progress_bars()
    datasets.disable_caching()
    datasets.logging.set_verbosity_error()
    with tempfile.TemporaryDirectory() as folder:
        datasets.config.HF_DATASETS_CACHE = Path(folder)
        read = json.loads(Path(plan).read_text(encoding="utf-8"))
        print(json.dumps(run(Path(views), read, int(workers) if int(workers) > 1 else None, Path(folder))))


if __name__ == "__main__":
    main()
