"""The errors that a user can mend. Each prints as one message; anything else is a bug and keeps its traceback.

A command stands in `report_errors` with all that it imports but this module: torch alone takes seconds to import.
"""

from __future__ import annotations

import errno
import os
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

# What gives a repository all that it needs.
INSTALL = "`pip install -c constraints.txt -e '.[train]'`"
# Packages of other extras than `train`.
_EXTRAS = {"gradio": "demo", "openai": "judge", "fastapi": "serve", "starlette": "serve", "uvicorn": "serve"}


class PicaError(Exception):
    """A problem the user can mend. The message says where it is, what is wrong and what to do."""


class ParamsError(PicaError):
    """params.yaml, conf/ or a command-line override does not fit the typed parameters."""


class SourceError(PicaError):
    """A raw file is missing, cannot be fetched, or is not the pinned one."""


class CorpusError(PicaError):
    """A raw file does not have its native layout.

    Args:
        path: the file.
        line: 1-based line (or, in a JSON array on one line, item) where the problem is; None for the whole file.
        problem: what was found, and what the layout asks for.
        unit: what `line` counts: "line", "item" or, in a Parquet file, "row".
        own: the dataset, where its files are the user's own or were given to them, with `.yaml` where it is declared;
            empty for one that is published.
    """

    def __init__(self, path: Path | str, line: int | None, problem: str, unit: str = "line", own: str = "") -> None:
        self.path, self.line, self.problem, self.unit, self.own = Path(path), line, problem, unit, own
        place = f"{path}" if line is None else f"{path}, {unit} {line}"
        todo = (
            "The file is cut, edited or of another release: fetch it again (dvc repro -f download), or fix its source."
        )
        if own.endswith(".yaml"):
            todo = f"Correct it in your file, or what {own} says of it, and run again."
        elif own:
            todo = f"Correct it in the folder of source.manual.{own}, then run `dvc repro -f download` and `dvc repro`."
        super().__init__(f"{place}: {problem}. {todo}")

    def __reduce__(self) -> tuple[type[CorpusError], tuple[Path, int | None, str, str, str]]:
        # An exception is pickled with its message for its only argument; this one comes out of worker processes.
        return type(self), (self.path, self.line, self.problem, self.unit, self.own)


class DataError(PicaError):
    """The data between two stages breaks a rule of the pipeline (a leak, an unknown label, a missing file)."""


class ModelError(PicaError):
    """A model folder, a tokenizer or an adapter cannot be used."""


class JudgeError(PicaError):
    """A judge cannot be asked: its server, its model or the pairs that people judged."""


class ChatError(PicaError):
    """A saved chat cannot be read, or a part of its state cannot take a value."""


class ServerError(PicaError):
    """The server of `pica serve` cannot be started: its port is taken."""


def machine_fault(error: Exception) -> str | None:
    """The message for an error of the machine (disk, permissions, a missing package); None for a bug."""
    # safetensors and pyarrow wrap the system's error and keep only its text.
    if getattr(error, "errno", None) == errno.ENOSPC or "No space left on device" in str(error):
        return (
            "no space left on the disk; nothing half-written was kept. "
            "Free some (`dvc gc -w` drops old versions) and run again."
        )
    if isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith("pica"):
        install, for_what = INSTALL, "all that the pipeline needs"
        if extra := _EXTRAS.get(error.name):
            install, for_what = INSTALL.replace("[train]", f"[{extra}]"), f"what {extra} needs"
        return f"{error.name} is not installed. {install} installs {for_what}."
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}. Mend that and run again."
    return None


@contextmanager
def report_errors() -> Iterator[None]:
    """Around a command: exit code 1 and one message on anything a user can mend, 130 on Ctrl-C, 143 on SIGTERM.

    SIGTERM, which a scheduler or `kill` sends, becomes an exception like Ctrl-C, so that what is half-written is
    removed. Where nobody reads on (`pica doctor | head`), it ends without a word and with 141, as by SIGPIPE. A bug
    keeps its traceback.
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
        if isinstance(error, BrokenPipeError) and _nobody_reads():
            sys.exit(141)
        message = machine_fault(error)
        if message is None:
            raise
        _stop(message, 1)
    finally:
        _nobody_reads()  # what is printed at the end may find nobody, too
        signal.signal(signal.SIGTERM, previous)


class _Terminated(BaseException):
    """SIGTERM; no Exception, so that nothing takes it for a failure and goes on."""


def _terminate(number: int, frame: object) -> NoReturn:
    raise _Terminated


def _nobody_reads() -> bool:
    """Whether the reader of stdout or stderr has ended; what is still to be printed there is dropped."""
    gone = False
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # it is no file, or closed
            ends = select.poll()
            ends.register(stream.fileno(), 0)
            if any(state & (select.POLLERR | select.POLLHUP) for _, state in ends.poll(0)):
                gone = True
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return gone


def _stop(message: str, code: int) -> NoReturn:
    print(f"error: {message}", file=sys.stderr)
    # Python notes that Ctrl-C ended an `exec` of a text, which dataclasses are made by, and would end by that signal in
    # place of this code. The next `exec` of a text clears the note.
    exec("")
    sys.exit(code)
