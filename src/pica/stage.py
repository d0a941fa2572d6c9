"""`python -m pica.stage NAME [ARGUMENT]`: the stage in stages/NAME.py, as DVC starts it (`stages/run`).

Its file has a `run`, which is called with the argument and then with the sections of params.yaml that it names:

    def run(system: str, evaluate: Evaluate, seed: int) -> None: ...

What takes time to import, a stage's file with torch or the types of params.yaml, is imported inside functions here, so
that Ctrl-C finds `report_errors` around it.
"""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Callable
from pathlib import Path

from pica.errors import report_errors

PARAMS = Path("params.yaml")
CONF = Path("conf")
STAGES = Path("stages")


def main(name: str, *arguments: str) -> None:
    """Run the stage of that name; exits as `report_errors` says."""
    with report_errors():
        from pica.workspace import enter_repository

        enter_repository()
        call(runpy.run_path(str(STAGES / f"{name}.py"))["run"], *arguments)


def call(run: Callable[..., None], *arguments: str) -> None:
    """Call `run` with `arguments` and then the sections of params.yaml that its other arguments name."""
    from pica.params import load

    params = load(PARAMS)
    warn_if_params_differ()
    run(*arguments, **{name: params if name == "params" else getattr(params, name) for name in sections(run)})


def sections(run: Callable[..., None]) -> list[str]:
    """The sections of params.yaml that a stage reads: the names of `run`'s arguments; `params` stands for all."""
    import inspect

    from pica.params import SECTIONS

    return [name for name in inspect.signature(run).parameters if name == "params" or name in SECTIONS]


def warn_if_params_differ() -> None:
    """Say which keys of params.yaml differ from conf/, and which of the two wins.

    `dvc exp run` has just composed params.yaml with the user's overrides, so there is nothing to say in it.
    """
    from pica.params import differences

    if "DVC_EXP_NAME" in os.environ or not CONF.is_dir():
        return
    if changed := differences(PARAMS, CONF):
        print(
            f"warning: {PARAMS} differs from {CONF}/ in {'; '.join(changed)}. {PARAMS} wins now; `dvc exp run` and "
            f"`pica compose` overwrite it from {CONF}/.",
            file=sys.stderr,
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
