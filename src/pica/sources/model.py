"""A base model from the hub or a local folder, as one folder in the Hugging Face layout.

Beside the usual files lies `pica.json`:

    {"source": "hub:Qwen/Qwen3-0.6B", "commit": "0123…cdef"}
"""

from __future__ import annotations

import shutil
from pathlib import Path

from pica.errors import ModelError
from pica.params import Model
from pica.sources.hub import snapshot
from pica.store import write_json
from pica.workspace import resolve

RECORD = "pica.json"

# Weights are taken as safetensors alone: a pickle runs code when it is opened.
_FILES = ("*.safetensors", "*.json", "*.jinja", "*.model", "*.txt", "LICENSE*", "README.md")


def is_scratch(model: Model) -> bool:
    """Whether the base model is made here.

    Raises:
        ModelError: `model.source` is empty, or `scratch` without an architecture.
    """
    if not model.source:
        raise ModelError("model.source is empty: give `scratch`, `hub:<owner>/<name>` or a folder.")
    if model.source == "scratch" and model.scratch is None:
        raise ModelError("model.source=scratch needs the keys of model.scratch; `-S model=tiny` has them.")
    return model.source == "scratch"


def fetch(model: Model, folder: Path) -> None:
    """Copy a hub model or a local model folder into `folder`.

    Raises:
        ModelError, SourceError: it is not there, or not a model in the Hugging Face layout with safetensors weights.
    """
    record = {"source": model.source, "commit": ""}
    if model.source.startswith("hub:"):
        origin, record["commit"] = snapshot("model", model.source.removeprefix("hub:"), model.revision, _FILES)
    else:
        origin = resolve(model.source)
    if not (origin / "config.json").is_file() or not list(origin.glob("*.safetensors")):
        raise ModelError(
            f"{origin} (model.source={model.source}) is not a model folder: it needs config.json and *.safetensors."
        )
    for pattern in _FILES:
        for file in sorted(origin.glob(pattern)):
            shutil.copyfile(file, folder / file.name)
    write_json(folder / RECORD, record)
