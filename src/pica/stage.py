"""What every stage's command does around its `run`: read the parameters it names, and fail in one clear message.

def run(source: Source, datasets: str) -> None: ...

if __name__ == "__main__":
    main(run)
"""

from __future__ import annotations

import inspect
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import NoReturn

from pica.errors import PicaError, machine_fault
from pica.params import Params, differences, load

PARAMS = Path("params.yaml")
CONF = Path("conf")
SECTIONS = tuple(field.name for field in fields(Params))


def main(run: Callable[..., None], *arguments: str) -> None:
    """Call `run` with `arguments` and then the sections of params.yaml that its other arguments name.

    Exits as `one_message` says.
    """
    with report_errors():
        params = load(PARAMS)
        warn_if_params_differ()
        run(*arguments, **{name: params if name == "params" else getattr(params, name) for name in sections(run)})


@contextmanager
def report_errors() -> Iterator[None]:
    """Around a command: exit code 1 and one message on anything a user can mend, 130 on Ctrl-C, 143 on SIGTERM.

    SIGTERM, which a scheduler or `kill` sends, becomes an exception like Ctrl-C, so that what is half-written is
    removed. A bug keeps its traceback.
    """
    previous = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    except PicaError as error:
        _stop(str(error), 1)
    except KeyboardInterrupt:
        _stop("stopped by Ctrl-C; nothing half-written was kept. Run it again to go on.", 130)
    except _Terminated:
        _stop("stopped by SIGTERM; nothing half-written was kept. Run it again to go on.", 143)
    except Exception as error:
        message = machine_fault(error)
        if message is None:
            raise
        _stop(message, 1)
    finally:
        signal.signal(signal.SIGTERM, previous)


class _Terminated(BaseException):
    """SIGTERM; no Exception, so that nothing takes it for a failure and goes on."""


def _terminate(number: int, frame: object) -> NoReturn:
    raise _Terminated


def sections(run: Callable[..., None]) -> list[str]:
    """The sections of params.yaml that a stage reads: the names of `run`'s arguments; `params` stands for all."""
    return [name for name in inspect.signature(run).parameters if name == "params" or name in SECTIONS]


def warn_if_params_differ() -> None:
    """Say which keys of params.yaml differ from conf/, and which of the two wins.

    `dvc exp run` has just composed params.yaml with the user's overrides, so there is nothing to say in it.
    """
    if "DVC_EXP_NAME" in os.environ or not CONF.is_dir():
        return
    if changed := differences(PARAMS, CONF):
        print(
            f"warning: {PARAMS} differs from {CONF}/ in {'; '.join(changed)}. {PARAMS} wins now; `dvc exp run` and "
            f"`pica compose` overwrite it from {CONF}/.",
            file=sys.stderr,
        )


def _stop(message: str, code: int) -> NoReturn:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(code)
