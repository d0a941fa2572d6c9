"""Instructions as the stage `template` makes them, without its proof that nothing leaks: what `pica_way.py` does too.

    python benchmarks/our_way.py

Runs in a folder with params.yaml and data/views/. Prints the seconds it took, reading included, as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from pica.params import load

sys.path.insert(0, str(Path(__file__).parents[1] / "stages"))
from template import VIEWS, make_instructions


def main() -> None:
    params = load(Path("params.yaml"))
    names = sorted(path.stem for path in VIEWS.glob("*.parquet"))
    start = time.perf_counter()
    make_instructions(names, params.mixture, params.source, params.seed)
    print(json.dumps({"seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main()
