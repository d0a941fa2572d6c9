"""The errors that a user can mend. Each prints as one message; anything else is a bug and keeps its traceback."""

from __future__ import annotations

import errno
from pathlib import Path


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
        own: the dataset, where its files are the user's own or were given to them; empty for one that is published.
    """

    def __init__(self, path: Path | str, line: int | None, problem: str, unit: str = "line", own: str = "") -> None:
        self.path, self.line, self.problem, self.unit, self.own = Path(path), line, problem, unit, own
        place = f"{path}" if line is None else f"{path}, {unit} {line}"
        todo = (
            "The file is cut, edited or of another release: fetch it again (dvc repro -f download), or fix its source."
        )
        if own:
            todo = f"Correct it in the folder of source.manual.{own}, then run `dvc repro -f download` and `dvc repro`."
        super().__init__(f"{place}: {problem}. {todo}")

    def __reduce__(self) -> tuple[type[CorpusError], tuple[Path, int | None, str, str, str]]:
        # An exception is pickled with its message for its only argument; this one comes out of worker processes.
        return type(self), (self.path, self.line, self.problem, self.unit, self.own)


class DataError(PicaError):
    """The data between two stages breaks a rule of the pipeline (a leak, an unknown label, a missing file)."""


class ModelError(PicaError):
    """A model folder, a tokenizer or an adapter cannot be used."""


def machine_fault(error: Exception) -> str | None:
    """The message for a fault of the machine (disk, permissions), None for a bug."""
    # safetensors and pyarrow wrap the system's error and keep only its text.
    if getattr(error, "errno", None) == errno.ENOSPC or "No space left on device" in str(error):
        return (
            "no space left on the disk; nothing half-written was kept. "
            "Free some (`dvc gc -w` drops old versions) and run again."
        )
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}. Mend that and run again."
    return None
