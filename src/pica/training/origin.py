"""Where the base model in a folder came from, kept beside its weights in `pica.json`.

{"commit": "0123…cdef", "licence": "", "made_from": "", "quantisation": "", "source": "hub:Qwen/Qwen3-0.6B"}
{"commit": "", "licence": "apache-2.0", "made_from": "HuggingFaceTB/SmolLM2-135M-Instruct", "quantisation": "Q4_1", …}
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from pica.store import read_json, write_json

RECORD = "pica.json"


@dataclass(frozen=True, slots=True)
class Origin:
    """`source` as in `model.source`, or `merged` for what `pica merge` wrote; the hub's commit where it has one.

    Of a GGUF file, `made_from` is the hub model that was quantised, `quantisation` how (Q4_1), and `licence` what the
    file says; another model has a card that says it.
    """

    source: str
    commit: str = ""
    made_from: str = ""
    quantisation: str = ""
    licence: str = ""

    @property
    def hub(self) -> str:
        """The hub's `<owner>/<name>` of this model, quantised or not; empty where it has none."""
        return self.source.removeprefix("hub:") if self.source.startswith("hub:") else self.made_from

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
