"""`python -m pica.evaluation FOLDER`: one of the processes that share an evaluation (evaluation/asking.py).

accelerate launch --num_processes 2 -m pica.evaluation .pica/evaluate/3f0c9a1be2d4c677
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pica.errors import report_errors


def main() -> None:
    """Answer this process's share; exits as `report_errors` says."""
    parser = argparse.ArgumentParser(prog="python -m pica.evaluation", description="Share an evaluation.")
    parser.add_argument("folder", type=Path, help="see pica/evaluation/asking.py")
    options = parser.parse_args()
    from pica.training.processes import end_with_starter

    end_with_starter()
    from pica.evaluation.asking import serve

    serve(options.folder)


if __name__ == "__main__":
    with report_errors():
        main()
