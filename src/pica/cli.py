"""`pica compose | doctor`: what a person runs beside `dvc`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pica.errors import PicaError
from pica.params import compose, dump, typed
from pica.stage import CONF, PARAMS, warn_out_of_step
from pica.store import replacing


def main(arguments: Sequence[str] | None = None) -> None:
    """The `pica` command. Exit code 1 and one message on anything a user can mend."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except PicaError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pica", description="PICA's own commands; run the pipeline with `dvc repro`.")
    commands = parser.add_subparsers(required=True, metavar="command")

    command = commands.add_parser("compose", help="write params.yaml from conf/, as `dvc exp run` does")
    command.add_argument("overrides", nargs="*", help="Hydra overrides: train.lr=1e-4 model=qwen3-0.6b")
    command.add_argument("--check", action="store_true", help="write nothing; say how params.yaml differs from conf/")
    command.set_defaults(run=_compose)

    command = commands.add_parser("doctor", help="what is installed, which device and source, what is missing")
    command.set_defaults(run=_doctor)
    return parser


def _compose(options: argparse.Namespace) -> None:
    if options.check:
        warn_out_of_step()
        return
    config = compose(CONF, options.overrides)
    typed(config, PARAMS)
    with replacing(PARAMS) as temporary:
        temporary.write_text(dump(config), encoding="utf-8")
    print(
        f"{PARAMS} is what {CONF}/ composes" + (f" with {' '.join(options.overrides)}." if options.overrides else ".")
    )


def _doctor(options: argparse.Namespace) -> None:
    from pica.doctor import examine  # it looks at torch, which takes seconds

    findings = examine(Path.cwd())
    print("\n".join(map(str, findings)))
    if any(finding.mend for finding in findings):
        sys.exit(1)


if __name__ == "__main__":
    main()
