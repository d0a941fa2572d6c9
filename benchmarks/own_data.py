"""A large CSV of somebody's own: the speed and memory of reading it, beside `datasets` on the same file.

    python benchmarks/own_data.py                       # 2 million rows, half an hour of CPU
    python benchmarks/own_data.py --rows 200000

Writes benchmarks/results/own_data.{json,md}. benchmarks/README.md says what is compared.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks/results"
LABELS = ("glad", "gloomy", "cross")
KEYS = {"format": "texts", "files": "a.csv", "labels": list(LABELS), "language": "en", "licence": "CC0-1.0"}
# Parts of the rows that are timed, to see how seconds and memory grow.
PARTS = (4, 2, 1)
LIBRARIES = ("pyarrow", "datasets")


def main() -> None:
    """Measure each way in a process of its own, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        start = time.perf_counter(), time.process_time()
        rows = WAYS[options.way](options.folder)
        seconds, cpu = time.perf_counter() - start[0], time.process_time() - start[1]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"rows": rows, "seconds": seconds, "cpu": cpu, "peak_mb": peak}))
        return
    result = {
        "date": date.today().isoformat(),
        "machine": {"cores": os.cpu_count(), "system": platform.platform()},
        "versions": {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
        "ways": {way: [] for way in WAYS},
    }
    _measure(result, options.rows)
    print(_page(result))


def _measure(result: dict[str, Any], rows: int) -> None:
    """What each way takes for each part of the rows, the smallest first; kept after each, since all take an hour."""
    with tqdm(total=len(PARTS) * len(WAYS), unit="run") as bar:
        for part in PARTS:
            with tempfile.TemporaryDirectory() as folder:
                _write(Path(folder) / "a.csv", rows // part)
                for way, measured in result["ways"].items():
                    measured.append(_measured(way, Path(folder)))
                    _keep(result)
                    bar.update()


def _keep(result: dict[str, Any]) -> None:
    (RESULTS / "own_data.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    (RESULTS / "own_data.md").write_text(_page(result), encoding="utf-8")


def _write(path: Path, rows: int) -> None:
    draw = random.Random(0)
    words = [f"word{number}" for number in range(5_000)]
    with path.open("w", encoding="utf-8") as file:
        file.write("text,label\n")
        for number in range(rows):
            file.write(f'"{" ".join(draw.choices(words, k=15))}, {number}.",{LABELS[number % 3]}\n')


def _measured(way: str, folder: Path) -> dict[str, float]:
    env = os.environ | {"PYTHONPATH": str(ROOT / "src"), "HF_HOME": str(folder / "cache"), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, __file__, "--way", way, "--folder", str(folder)]
    return json.loads(subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout)


def _read(folder: Path) -> int:
    """Every row as a conversation, checked."""
    from pica.corpora.declaration import parsed
    from pica.corpora.declared import corpus_of

    return sum(1 for _ in corpus_of(parsed("a", KEYS, "a.yaml")).read(folder))


def _datasets(folder: Path) -> int:
    """`load_dataset`, and `map` with a function that makes the same of a row and checks its label."""
    import datasets

    known = {label: label for label in LABELS}

    def conversation(row: dict, number: int) -> dict:
        text = row["text"].strip()
        return {"id": str(number), "turns": [{"speaker": "writer", "text": text}], "emotion": known[row["label"]]}

    loaded = datasets.load_dataset("csv", data_files=str(folder / "a.csv"), split="train")
    return len(loaded.map(conversation, with_indices=True, remove_columns=["text", "label"]))


def _filter(folder: Path) -> int:
    """The first pass of `filter`: reading, text repair, masking, rules, two Parquet files."""
    from dataclasses import replace

    import yaml

    from pica.cleaning.row_filter import filter_rows
    from pica.corpora import declared_at
    from pica.params import compose, validated

    (folder / "yaml").mkdir(exist_ok=True)
    (folder / "yaml/a.yaml").write_text(yaml.safe_dump(KEYS), encoding="utf-8")
    raw = folder / "raw/a"
    raw.mkdir(parents=True, exist_ok=True)
    (raw / "a.csv").unlink(missing_ok=True)
    (raw / "a.csv").symlink_to(folder / "a.csv")
    declared_at(folder / "yaml")
    rules = replace(validated(compose(ROOT / "conf"), Path("params.yaml")).filter)
    return filter_rows("a", folder / "raw", rules, folder / "kept", folder / "rejected").outcomes.total()


WAYS: dict[str, Callable[[Path], int]] = {
    "reader": _read,
    "load_dataset + map": _datasets,
    "filter, row by row": _filter,
}


def _page(result: dict[str, Any]) -> str:
    lines = [
        "# A large CSV of one's own",
        "",
        f"{result['date']}, {result['machine']['cores']} cores, one process; "
        + ", ".join(f"{name} {number}" for name, number in result["versions"].items())
        + ". Written by `benchmarks/own_data.py`.",
        "",
        "Beside seconds of CPU and peak memory stands how many times those of the smallest file they are.",
        "",
        "| way | rows | seconds | seconds of CPU | | rows/s of CPU | peak MB | |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for way, measured in result["ways"].items():
        lines += [
            f"| {way} | {one['rows']:,} | {one['seconds']:.1f} | {one['cpu']:.1f} "
            f"| ×{one['cpu'] / measured[0]['cpu']:.2f} | {one['rows'] / one['cpu']:,.0f} "
            f"| {one['peak_mb']:.0f} | ×{one['peak_mb'] / measured[0]['peak_mb']:.2f} |"
            for one in measured
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
