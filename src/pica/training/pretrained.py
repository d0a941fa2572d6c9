"""A base model from the hub or a local folder, as one folder in the Hugging Face layout."""

from __future__ import annotations

import shutil
from pathlib import Path

from pica.errors import ModelError
from pica.params import Model
from pica.sources.hub import snapshot
from pica.store import read_json
from pica.training.origin import Origin
from pica.workspace import resolve_path

# Weights are taken as safetensors alone, under the names that transformers reads: a pickle runs code when it is opened,
# and some repositories hold the same weights a second time in their authors' layout.
_WEIGHTS = "model*.safetensors"
_INDEX = "model.safetensors.index.json"
_FILES = (_WEIGHTS, "*.json", "*.jinja", "*.model", "*.txt", "LICENSE*", "README.md")
_PICKLES = ("*.bin", "*.pt", "*.pth")


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
    commit = ""
    if model.source.startswith("hub:"):
        found, commit = snapshot("model", model.source.removeprefix("hub:"), model.revision, _FILES)
    else:
        found = resolve_path(model.source)
    if problem := fault(found):
        raise ModelError(f"{found} (model.source={model.source}) {problem}")
    for pattern in _FILES:
        for file in sorted(found.glob(pattern)):
            shutil.copyfile(file, folder / file.name)
    Origin(model.source, commit).write(folder)


def fault(folder: Path) -> str:
    """What keeps a folder from being a base model, and what to do; empty when nothing does."""
    if (folder / "adapter_config.json").is_file() and not (folder / "config.json").is_file():
        return "is an adapter, not a model: give the folder of its base, or of what `pica merge` made of both."
    if not (folder / "config.json").is_file():
        return "is not a model folder in the Hugging Face layout: it has no config.json."
    if not list(folder.glob(_WEIGHTS)):
        if any(list(folder.glob(pattern)) for pattern in _PICKLES):
            return (
                "has its weights only as pickles (.bin), which run code when they are opened. Take a revision with "
                "safetensors, or, if you trust it, write them: AutoModelForCausalLM.from_pretrained(folder)"
                ".save_pretrained(new_folder)."
            )
        return "is not a model folder in the Hugging Face layout: it has no model*.safetensors."
    if (folder / _INDEX).is_file():
        shards = sorted(set(read_json(folder / _INDEX)["weight_map"].values()))
        if missing := [name for name in shards if not (folder / name).is_file()]:
            return f"lacks {', '.join(missing)}, which its {_INDEX} names. Fetch it again."
    return ""
