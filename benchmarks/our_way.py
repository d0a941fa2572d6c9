"""Instructions as the stage `template` makes them, without its proof that nothing leaks: what `pica_way.py` does too.

    python benchmarks/our_way.py

Runs in a folder with params.yaml and data/views/. Prints the seconds it took as JSON: reading is timed, starting
processes is not.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from pica.instructions.writing import write_instructions
from pica.parallel import parallel_map
from pica.params import load
from pica.store import atomic_folder

VIEWS = Path("data/views")


def main() -> None:
    params = load(Path("params.yaml"))
    names = sorted(path.stem for path in VIEWS.glob("*.parquet"))
    # As in the stage, whose proof they have done before; the imports of PICA's way are not timed either.
    parallel_map(str.upper, ["start"] * (os.cpu_count() or 1), "start", unit="process")
    start = time.perf_counter()
    with atomic_folder(Path("data/instructions")) as out:
        write_instructions(names, VIEWS, out, params.mixture, params.seed)
    print(json.dumps({"seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main()
