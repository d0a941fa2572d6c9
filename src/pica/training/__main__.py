"""`python -m pica.training CONFIG.yaml`: train an adapter, with nothing of the pipeline around it.

It needs torch, transformers, peft, accelerate, numpy and pyarrow, and this package's folder on the path.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pica.errors import report_errors


def main() -> None:
    """Train as the file says; exits as `report_errors` says."""
    parser = argparse.ArgumentParser(prog="python -m pica.training", description="Train an adapter.")
    parser.add_argument("config", type=Path, help="see pica/training/config.py")
    options = parser.parse_args()
    from pica.training.config import load

    config = load(options.config)
    from pica.training.processes import end_with_starter

    end_with_starter()
    # Seconds, which neither a spelling mistake in the config nor a starter that is gone need cost.
    from pica.training.finetune import finetune

    finetune(config)


if __name__ == "__main__":
    with report_errors():
        main()
