"""Instructions as the stage `template` makes them, without its proof that nothing leaks: what `pica_way.py` does too.

    python benchmarks/our_way.py

Runs in a folder with params.yaml and data/views/. Prints the seconds it took, reading included, as JSON.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from pica.instructions import make
from pica.params import load
from pica.store import folder

VIEWS = Path("data/views")


def main() -> None:
    params = load(Path("params.yaml"))
    names = sorted(path.stem for path in VIEWS.glob("*.parquet"))
    start = time.perf_counter()
    with folder(Path("data/instructions")) as out:
        make(names, VIEWS, out, params.mixture, params.seed)
    print(json.dumps({"seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main()
