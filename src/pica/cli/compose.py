"""`pica compose [OVERRIDE …]`: write params.yaml from conf/, as `dvc exp run` does."""

from __future__ import annotations

import argparse

from pica.params import compose, to_yaml, validated
from pica.stage import CONF, PARAMS, warn_if_params_differ
from pica.store import atomic_path


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    command = commands.add_parser("compose", help="write params.yaml from conf/, as `dvc exp run` does")
    command.add_argument("overrides", nargs="*", help="Hydra overrides: train.lr=1e-4 model=qwen3-0.6b")
    command.add_argument("--check", action="store_true", help="write nothing; say how params.yaml differs from conf/")
    command.set_defaults(run=run, takes_rest="overrides")


def run(options: argparse.Namespace) -> None:
    """Write params.yaml, or say how it differs."""
    if options.check:
        warn_if_params_differ()
        return
    config = compose(CONF, options.overrides)
    validated(config, PARAMS)
    with atomic_path(PARAMS) as temporary:
        temporary.write_text(to_yaml(config), encoding="utf-8")
    print(
        f"{PARAMS} is what {CONF}/ composes" + (f" with {' '.join(options.overrides)}." if options.overrides else ".")
    )
