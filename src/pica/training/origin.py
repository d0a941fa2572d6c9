"""Where the base model in a folder came from, kept beside its weights in `pica.json`.

{"commit": "0123…cdef", "source": "hub:Qwen/Qwen3-0.6B"}
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from pica.store import read_json, write_json

RECORD = "pica.json"


@dataclass(frozen=True, slots=True)
class Origin:
    """`source` as in `model.source`, or `merged` for what `pica merge` wrote; the hub's commit where it has one."""

    source: str
    commit: str = ""

    @property
    def hub(self) -> str:
        """The hub's `<owner>/<name>`; empty for a model that is not from the hub."""
        return self.source.removeprefix("hub:") if self.source.startswith("hub:") else ""

    def write(self, folder: Path) -> None:
        """Record it in a model folder."""
        write_json(folder / RECORD, asdict(self))


def address(folder: Path) -> str:
    """What `from_pretrained` finds the model of a folder by: its hub id, or a path that is not taken for one."""
    return origin(folder).hub or (str(folder) if folder.is_absolute() else f"./{folder}")


def origin(folder: Path) -> Origin:
    """The origin of a model folder; one without a record, which this project did not make, is its own."""
    if not (folder / RECORD).is_file():
        return Origin(str(folder))
    return Origin(**read_json(folder / RECORD))
