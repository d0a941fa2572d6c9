"""`pica doctor`: what is installed, which device, which source, what is missing, and what to do about it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pica.corpora import catalogue
from pica.errors import PicaError
from pica.params import Params, differences, load
from pica.selection import chosen
from pica.sources.raw import mirror_folder
from pica.stage import CONF, PARAMS
from pica.workspace import resolve

# Those whose versions change results or formats.
_PACKAGES = ("torch", "transformers", "peft", "tokenizers", "pyarrow", "scikit-learn", "dvc", "dvclive", "hydra-core")

# A default run writes less than half of this.
_DISK = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: what was looked at, what was found, and what to do where something is missing."""

    what: str
    found: str
    mend: str = ""

    def __str__(self) -> str:
        mark = "!" if self.mend else "✓"
        return f"{mark} {self.what:<12} {self.found}" + (f"\n    → {self.mend}" if self.mend else "")


def examine(root: Path) -> list[Finding]:
    """Look at the installation and at what a run in `root` would need. Nothing is changed or downloaded."""
    findings = [_python(), *_packages(), _device(), _disk(root)]
    try:
        params, changed = load(root / PARAMS), differences(root / PARAMS, root / CONF)
    except PicaError as error:
        return [*findings, Finding("params", "cannot be read", str(error))]
    return [*findings, _params(changed), *_source(params), _model(params)]


def _python() -> Finding:
    found = f"{platform.python_version()} at {sys.executable}"
    mend = "" if sys.version_info[:2] == (3, 11) else "use Python 3.11: `make repro PYTHON=python3.11`"
    return Finding("python", found, mend)


def _packages() -> Iterator[Finding]:
    for name in _PACKAGES:
        try:
            yield Finding(name, version(name))
        except PackageNotFoundError:
            yield Finding(name, "not installed", "`make install`, or pip install -c constraints.txt -e .")


def _device() -> Finding:
    import torch  # two seconds, and only this finding needs it

    if torch.cuda.is_available():
        device = torch.cuda.get_device_properties(0)
        return Finding("device", f"{device.name}, {device.total_memory / 2**30:.0f} GiB; bf16")
    cores = torch.get_num_threads()
    return Finding("device", f"CPU, {cores} threads; fp32. Enough for model=tiny; a model of 0.6 B or more wants a GPU")


def _disk(root: Path) -> Finding:
    free = shutil.disk_usage(root).free
    mend = "" if free > _DISK else "free some; `dvc gc -w` drops old versions of outputs"
    return Finding("disk", f"{free / 2**30:.1f} GiB free", mend)


def _params(changed: Sequence[str]) -> Finding:
    mend = f"{PARAMS} wins in `dvc repro`; put lasting changes into {CONF}/ and run `pica compose`" if changed else ""
    return Finding("params", "; ".join(changed) or f"{PARAMS} is what {CONF}/ composes", mend)


def _source(params: Params) -> Iterator[Finding]:
    try:
        if params.source.kind == "mirror":
            mirror_folder(params.source)
        present = [corpus.name for corpus in chosen(params.datasets, params.source)]
    except PicaError as error:
        yield Finding("source", params.source.kind, str(error))
        return
    datasets = len(catalogue().keys() & present)  # general text is none
    yield Finding("source", f"{params.source.kind}: {datasets} of {len(catalogue())} datasets: {', '.join(present)}")


def _model(params: Params) -> Finding:
    source = params.model.source
    if source.startswith("hub:") and os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on"):
        return Finding(
            "model", source, "HF_HUB_OFFLINE is set, so it comes from the hub's cache or not at all; unset it"
        )
    if not source:
        return Finding("model", "none", "give model.source: `scratch`, `hub:<owner>/<name>` or a folder")
    if source != "scratch" and not source.startswith("hub:") and not resolve(source).is_dir():
        return Finding("model", source, f"there is no folder {resolve(source)}")
    return Finding("model", source)
