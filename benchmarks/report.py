"""What a benchmark leaves behind: its table with the facts below it, and a file with every number.

results/train-tiny.md      | way | real tokens/s | …
                           torch 2.13.0+cpu, transformers 5.23.0, cores 2, date 2026-11-29, rows 512
results/train-tiny.json    {"facts": {"torch": "2.13.0+cpu", …}, "summary": […], "runs": {…}}
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from pica.store import write_json

RESULTS = Path(__file__).parent / "results"


def machine(*packages: str) -> dict[str, str | int]:
    """The versions of those packages, what computes here, and the day."""
    return {
        **{name: version(name) for name in packages},
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else platform.processor() or "CPU",
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "date": time.strftime("%Y-%m-%d"),
    }


def keep(name: str, table: str, facts: Mapping[str, Any], **measured: Any) -> None:
    """Print the table and write both files."""
    print(table, flush=True)
    write_json(RESULTS / f"{name}.json", {"facts": facts, **measured})
    about = ", ".join(f"{fact} {value}" for fact, value in facts.items())
    (RESULTS / f"{name}.md").write_text(f"{table}\n\n{about}\n", encoding="utf-8")
