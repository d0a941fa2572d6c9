"""`python -m pica.training CONFIG.yaml`: train an adapter, with nothing of the pipeline around it.

It needs torch, transformers, peft, accelerate, numpy and pyarrow, and this package's folder on the path.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NoReturn

from pica.errors import PicaError, machine_fault
from pica.training.config import load


def main() -> None:
    """Exit code 1 and one message on anything a user can mend."""
    parser = argparse.ArgumentParser(prog="python -m pica.training", description="Train an adapter.")
    parser.add_argument("config", type=Path, help="see pica/training/config.py")
    options = parser.parse_args()
    try:
        config = load(options.config)
        # Seconds, which a spelling mistake in the config need not cost.
        from pica.training.finetune import finetune
        from pica.training.launch import end_with_starter

        end_with_starter()
        finetune(config)
    except PicaError as error:
        _stop(str(error))
    except Exception as error:
        message = machine_fault(error)
        if message is None:
            raise
        _stop(message)


def _stop(message: str) -> NoReturn:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main()
