"""One of the processes that `train.py` times together; `accelerate launch` runs it with a file that says the work."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import train
from transformers import logging

from pica.store import write_json
from pica.training import base as bases
from pica.training.loop import accelerator
from pica.training.processes import end_with_starter


def main() -> None:
    """Train as the others do; the first process says how long it took."""
    end_with_starter()
    logging.set_verbosity_error()
    asked = Path(sys.argv[1])
    given = json.loads(asked.read_text(encoding="utf-8"))
    work = train.read(train.Source(**given["source"]), given["rows"], given["step_rows"])
    on = accelerator(bases.size(Path(work.source.base)))
    train.trained(train.few(work), on)
    found = train.trained(work, on)
    if on.is_main_process:
        write_json(asked.with_name(train.MEASURED), asdict(found))


if __name__ == "__main__":
    main()
