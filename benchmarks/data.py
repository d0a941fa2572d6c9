"""The speed of the data path: against PICA's way on the same rows, and as the rows grow.

    python benchmarks/data.py --mirror /path/to/mirror       # minutes
    python benchmarks/data.py --mirror /path/to/mirror --quick
    python benchmarks/data.py                                # the embedded sample

Writes benchmarks/results/data.{json,md}. benchmarks/README.md says how to read them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pica.corpora import views
from pica.params import compose, to_yaml
from pica.schema import CONVERSATION, SPLITS
from pica.store import batch_writer, read_batches, write_json

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks/results"
STAGES = ("download", "filter", "reformat", "template")
QUICK = "meld+emotion_stimulus+esconv"
GROWN = "meld+goemotions+esconv"
GROWTH = (1, 4, 16)
LIBRARIES = ("pyarrow", "datasets", "jinja2")


def main() -> None:
    options = _options()
    workers = int(os.environ.get("PICA_WORKERS", os.cpu_count() or 1))
    with tempfile.TemporaryDirectory() as folder:
        result = {
            "date": date.today().isoformat(),
            "machine": {"cores": os.cpu_count(), "workers": workers, "system": platform.platform()},
            "versions": {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
            "source": "mirror" if options.mirror else "sample",
            "datasets": QUICK if options.quick else "all",
            "grown": QUICK if options.quick else GROWN,
            **_path_and_peer(Path(folder) / "path", options, workers),
            "growth": _growth(Path(folder) / "growth", options),
        }
    write_json(RESULTS / "data.json", result)
    (RESULTS / "data.md").write_text(_page(result), encoding="utf-8")
    print(_page(result))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirror", type=Path, help="folder with a folder of raw files a dataset; default: the sample")
    parser.add_argument("--quick", action="store_true", help="three datasets, and growth to 4 times alone")
    return parser.parse_args()


# Against PICA's way


def _path_and_peer(folder: Path, options: argparse.Namespace, workers: int) -> dict[str, Any]:
    """Ours from raw files, and both from the same examples: a sample by label, and every row."""
    names = QUICK if options.quick else "all"
    _workspace(folder, options, names, "pica")
    path = {stage: _stage(folder, stage) for stage in STAGES}
    against = {"sample by label": _compared(folder, path["template"], workers, by_label=True)}
    _workspace(folder, options, names, "all")
    against["every row"] = _compared(folder, _stage(folder, "template"), workers, by_label=False)
    return {"path": path, "against": against}


def _compared(folder: Path, stage: Mapping[str, float], workers: int, by_label: bool) -> dict[str, Any]:
    ours = _timed_by_itself(folder, [ROOT / "benchmarks/our_way.py"])
    plan = _plan(folder, by_label)
    write_json(folder / "plan.json", plan)
    rows = sum(count for splits in plan.values() for labels in splits.values() for count in labels.values())
    peers = {}
    for processes in sorted({1, workers}):
        command = [ROOT / "benchmarks/pica_way.py", folder / "data/views", folder / "plan.json", processes]
        peers[processes] = _timed_by_itself(folder, command)
        if (made := peers[processes].pop("rows")) != rows:
            raise SystemExit(f"not the same work: {rows} rows here, {made} in PICA's way")
    fastest = min(peers, key=lambda processes: peers[processes]["seconds"])
    return {
        "rows": rows,
        "ours": ours,
        "stage": stage,
        "pica_way": peers,
        "ratio": peers[fastest]["seconds"] / ours["seconds"],
        "ratio_of_the_stage": peers[fastest]["seconds"] / stage["seconds"],
    }


def _timed_by_itself(folder: Path, command: Sequence[object]) -> dict[str, Any]:
    """What a script of this folder says of its seconds, without the start of Python, and its peak memory."""
    measured = _measured(folder, command)
    return measured | json.loads(measured.pop("said"))


def _plan(folder: Path, by_label: bool) -> dict[str, dict[str, dict[str, int]]]:
    """The rows that ours took of each view, split and, for a sample, label of a training row."""
    taken: dict[str, dict[str, Counter[str]]] = {}
    for split in SPLITS:
        table = pq.read_table(folder / f"data/instructions/{split}.parquet", columns=["name", "instances"])
        outputs = (instances[0]["output"] for instances in table["instances"].to_pylist())
        for name, output in zip(table["name"].to_pylist(), outputs, strict=True):
            labelled = by_label and split == "train" and views()[name].labels
            splits = taken.setdefault(name, {split: Counter() for split in SPLITS})
            splits[split][output if labelled else ""] += 1
    return taken


# Growth


def _growth(folder: Path, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Seconds and peak memory of `reformat` and `template`, every row of it, as conversations are repeated."""
    names = QUICK if options.quick else GROWN
    _workspace(folder, options, names, "all")
    for stage in ("download", "filter"):
        _stage(folder, stage)
    once = folder / "data/filtered"
    once.rename(folder / "once")
    grown = []
    for times in GROWTH[:2] if options.quick else GROWTH:
        for path in (folder / "once").iterdir():
            with batch_writer(once / path.name, CONVERSATION) as append:
                for number in range(times):
                    for batch in read_batches(path, CONVERSATION):
                        ids = pc.binary_join_element_wise(batch["id"], str(number), "~")
                        append(batch.set_column(0, "id", ids))
        stages = {stage: _stage(folder, stage) for stage in ("reformat", "template")}
        rows = sum(pq.read_metadata(path).num_rows for path in (folder / "data/instructions").glob("*.parquet"))
        grown.append({"times": times, "rows": rows, **stages})
    return grown


# Measuring


def _workspace(folder: Path, options: argparse.Namespace, datasets: str, mixture: str) -> None:
    """A repository's parameters, for stages to run in."""
    source = ["source=mirror", f"source.path={options.mirror.resolve()}"] if options.mirror else []
    folder.mkdir(exist_ok=True)
    with suppress(FileExistsError):
        (folder / "stages").symlink_to(ROOT / "stages")
    config = compose(ROOT / "conf", [*source, f"datasets={datasets}", f"mixture={mixture}"])
    (folder / "params.yaml").write_text(to_yaml(config), encoding="utf-8")


def _stage(folder: Path, name: str) -> dict[str, float]:
    measured = _measured(folder, ["-m", "pica.stage", name])
    del measured["said"]
    return measured


def _measured(folder: Path, command: Sequence[object]) -> dict[str, Any]:
    """What a Python process says, its seconds from start to end, and the most memory that it and its children had."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as errors:
        process = psutil.Popen(
            [sys.executable, *map(str, command)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        peak = 0
        while process.poll() is None:
            peak = max(peak, _memory(process))
            time.sleep(0.1)
        seconds = time.perf_counter() - start
        if process.returncode:
            errors.seek(0)
            raise SystemExit(errors.read())
    return {"seconds": seconds, "peak_mb": peak / 2**20, "said": process.stdout.read()}


def _memory(process: psutil.Process) -> int:
    """Bytes of a process and its children: what each has for itself, and the most that one shares."""
    alone, shared = 0, 0
    for one in [process, *process.children(recursive=True)]:
        with suppress(psutil.Error):  # it has just ended
            memory = one.memory_info()
            alone, shared = alone + memory.rss - memory.shared, max(shared, memory.shared)
    return alone + shared


# The page


def _page(result: Mapping[str, Any]) -> str:
    machine, versions = result["machine"], result["versions"]
    lines = [
        "# The data path",
        "",
        f"{result['date']}, {machine['cores']} cores, {machine['workers']} processes, {machine['system']}; "
        + ", ".join(f"{name} {number}" for name, number in versions.items())
        + f". Source: {result['source']}, datasets: {result['datasets']}. Written by `benchmarks/data.py`.",
        "",
        "## From raw files to instructions",
        "",
        "| stage | seconds | peak MB |",
        "|---|---|---|",
        *(f"| {name} | {m['seconds']:.1f} | {m['peak_mb']:.0f} |" for name, m in result["path"].items()),
        f"| all | {sum(m['seconds'] for m in result['path'].values()):.1f} "
        f"| {max(m['peak_mb'] for m in result['path'].values()):.0f} |",
        "",
        "## From examples to instructions, against PICA's way",
        "",
        "| work | rows | by | seconds | rows/s | peak MB |",
        "|---|---|---|---|---|---|",
    ]
    for work, compared in result["against"].items():
        sides = {"this project": compared["ours"], "stage `template`, whole": compared["stage"]} | {
            f"`datasets`, num_proc={n}": m for n, m in compared["pica_way"].items()
        }
        lines += [
            f"| {work} | {compared['rows']:,} | {by} | {m['seconds']:.1f} "
            f"| {compared['rows'] / m['seconds']:,.0f} | {m['peak_mb']:.0f} |"
            for by, m in sides.items()
        ]
    lines += [
        "",
        *(
            f"- {work}: {c['ratio']:.1f} × PICA's way at its fastest; {c['ratio_of_the_stage']:.1f} × with the start "
            "of Python and the proof that nothing leaks, which PICA's way has not."
            for work, c in result["against"].items()
        ),
    ]
    lines += [
        "",
        "## Growth",
        "",
        "| rows | × | reformat s | template s | µs/row | reformat MB | template MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in result["growth"]:
        reformat, template = one["reformat"], one["template"]
        seconds = reformat["seconds"] + template["seconds"]
        lines.append(
            f"| {one['rows']:,} | {one['times']} | {reformat['seconds']:.1f} | {template['seconds']:.1f} "
            f"| {1e6 * seconds / one['rows']:.1f} | {reformat['peak_mb']:.0f} | {template['peak_mb']:.0f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
