"""`pica doctor`: what is installed, which device, which source, what is missing, and what to do about it."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from huggingface_hub import get_token, try_to_load_from_cache

from pica.chat import shipped
from pica.corpora import catalogue
from pica.errors import INSTALL, PicaError
from pica.params import Model, Params, differences, load
from pica.sources.hub import commit
from pica.sources.own import declare
from pica.sources.raw import mirror_folder
from pica.sources.selection import select
from pica.stage import CONF, PARAMS
from pica.store import read_json
from pica.training import wheel
from pica.training.pretrained import SOURCES, fault, gguf_fault, is_gguf
from pica.workspace import STATE, repository, resolve_path

# Those of the data stages whose versions change results or formats.
_DATA = ("pyarrow", "dvc", "hydra-core")
# The extra `train`.
_TRAIN = (
    "torch",
    "transformers",
    "tokenizers",
    "safetensors",
    "peft",
    "accelerate",
    "gguf",
    "scikit-learn",
    "scipy",
    "sacrebleu",
    "matplotlib",
)

# The extra `serve`.
_SERVE = ("fastapi", "openai", "starlette", "uvicorn")

BASE, ADAPTER = Path("models/base"), Path("models/adapter")

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


def examine(root: Path, base: Path | None = None, adapter: Path | None = ADAPTER) -> list[Finding]:
    """Look at the installation and at what a run in `root` would need. Nothing is changed or downloaded.

    Args:
        base: of the adapter; None = the run's, or that of an adapter that ships.
        adapter: which servers take it is said; None = none.
    """
    trains = all(map(_version, _TRAIN))
    findings = [_python(), *_packages(), *([_device()] if trains else []), _disk(root), _kept(root)]
    findings += _repository(root)
    if trains:
        findings += _serving(root, base, adapter)
    try:
        params, changed = load(root / PARAMS), differences(root / PARAMS, root / CONF)
    except PicaError as error:
        return [*findings, Finding("params", "cannot be read", str(error))]
    findings += [_params(changed), *_source(params)]
    if trains:
        findings += [
            *_model(params, root / CONF),
            _adapter(params),
            *_training(params),
            *_engine(params),
        ]
    return findings


def _python() -> Finding:
    return Finding("python", f"{platform.python_version()} at {sys.executable}")


def _packages() -> Iterator[Finding]:
    """The versions; the whole extra `train` may be left out on purpose, a part of it is missing."""
    # Of `train`, SciPy alone comes with other extras too.
    wanted = any(_version(name) for name in _TRAIN if name != "scipy")
    for name in (*_DATA, *_TRAIN) if wanted else _DATA:
        found = _version(name)
        mend = "" if found else f"`make install`, or {INSTALL}"
        yield Finding(name, found or "not installed", mend)
    if not wanted:
        found = (
            f"not installed: enough for the data stages and `pica export`. {INSTALL} adds training and all that follows"
        )
        yield Finding("train", found)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _device() -> Finding:
    import torch  # two seconds, and only this finding needs it

    from pica.training import precision

    try:
        kind = precision.name()
    except PicaError as error:
        return Finding("device", "unknown precision", str(error))
    if torch.cuda.is_available():
        device = torch.cuda.get_device_properties(0)
        return Finding("device", f"{device.name}, {device.total_memory / 2**30:.0f} GiB; {kind}")
    kind += ", small models in fp32" if precision.name(0) != kind else ""
    found = f"CPU, {torch.get_num_threads()} threads; {kind} ({', '.join(precision.instructions()) or 'no bf16'})"
    enough = "Enough for model=tiny and, in hours, model=smollm2-135m; a model of 0.6 B or more wants a GPU"
    return Finding("device", f"{found}. {enough}")


def _disk(root: Path) -> Finding:
    free = shutil.disk_usage(root).free
    mend = "" if free > _DISK else "free some; `dvc gc -w` drops old versions of outputs"
    return Finding("disk", f"{free / 2**30:.1f} GiB free", mend)


def _kept(root: Path) -> Finding:
    """What runs keep for later ones, which bound it (training/tokens.py, kept.py), and bases of shipped adapters."""
    state, names = repository(root) / STATE, ("tokens", "checkpoints", "evaluate", "bases")
    sizes = [f"{_size(state / name) / 2**30:.1f} GiB {STATE / name}" for name in names]
    drop = f"when nothing runs, `rm -rf {' '.join(f'{STATE}/{name}' for name in names)}` costs no more than time"
    return Finding("kept", f"{', '.join(sizes)}; {drop}")


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # a training is at work
            total += path.stat().st_size if path.is_file() else 0
    return total


def _repository(root: Path) -> Iterator[Finding]:
    """Whether DVC can work here."""
    path = root.resolve()
    # Its copies of the repository break off under such a path.
    mend = "`dvc exp run --temp` and `--queue` fail under letters beyond ASCII (a fault of DVC's). Move the repository "
    mend += "for them; `dvc repro` and plain `dvc exp run` work"
    yield Finding("repository", str(path), "" if str(path).isascii() else mend)
    settings = "".join(file.read_text(encoding="utf-8") for file in (path / ".dvc").glob("config*") if file.is_file())
    git, unasked = (path / ".git").exists(), "no_scm = true" in settings
    if git and unasked:
        mend = (
            "`dvc config --local --unset core.no_scm`: it was set when there was no Git, and `dvc exp` refuses to work"
        )
        yield Finding("git", "there, and DVC is told that it is not", mend)
    elif settings and not git and not unasked:
        mend = "`git init && git add . && git commit -m PICA`, which `dvc exp` needs; or, for `dvc repro` alone, "
        mend += "`dvc config --local core.no_scm true`, as `make repro` does by itself"
        yield Finding("git", "none, so DVC says that this is not a git repository", mend)


def _params(changed: Sequence[str]) -> Finding:
    """Experiments leave theirs, so that other values than conf/'s are said but nothing to mend."""
    if not changed:
        return Finding("params", f"{PARAMS} is what {CONF}/ composes")
    kept = f"{PARAMS} wins in `dvc repro`; lasting changes go into {CONF}/ (then `pica compose`)"
    return Finding("params", f"{'; '.join(changed)}. {kept}")


def _source(params: Params) -> Iterator[Finding]:
    try:
        if params.source.kind == "mirror":
            mirror_folder(params.source)
        declare(params.source)
        present = [corpus.name for corpus in select(params.datasets, params.source)]
    except PicaError as error:
        yield Finding("source", params.source.kind, str(error))
        return
    datasets = len(catalogue().keys() & present)  # general text is none
    yield Finding("source", f"{params.source.kind}: {datasets} of {len(catalogue())} datasets: {', '.join(present)}")


def _model(params: Params, conf: Path) -> Iterator[Finding]:
    source = params.model.source
    if not source:
        yield Finding("model", "none", f"give model.source: {SOURCES}")
        return
    if source == "scratch":
        yield Finding("model", "scratch: trained here on the training text")
        return
    folder = _model_folder(params.model)
    if is_gguf(params.model):
        yield _gguf(params.model, conf)
    elif not source.startswith("hub:"):
        yield Finding("model", source, f"{folder} {fault(folder)}" if fault(folder) else "")
    else:
        terms = _terms(conf, source)
        yield Finding("model", f"{source} at {params.model.revision}. {terms}".rstrip(), _hub_obstacle(folder, terms))
    if billions := _billions(folder, source):
        yield _memory(billions, params.adapter.kind == "qlora")


def _gguf(model: Model, conf: Path) -> Finding:
    """A GGUF file, by itself or in a wheel: whether it is here, or what keeps it from being fetched."""
    try:
        problem = gguf_fault(model)
    except PicaError as error:
        problem = str(error)
    place = ""
    if model.source.startswith(wheel.SCHEME) and model.gguf:
        place = ", here" if wheel.cached(model.gguf.wheel_sha256) else ", to be fetched from the package index"
    return Finding("model", f"{model.source}{place}. {_terms(conf, model.source)}".rstrip(), problem)


def _model_folder(model: Model) -> Path | None:
    """The user's folder, or the hub's copy in its cache on this machine; None where there is none yet."""
    if is_gguf(model):
        return None
    if not model.source.startswith("hub:"):
        return resolve_path(model.source)
    repo = model.source.removeprefix("hub:")
    config = try_to_load_from_cache(repo, "config.json", revision=commit("model", repo, model.revision))
    return Path(config).parent if isinstance(config, str) else None


def _terms(conf: Path, source: str) -> str:
    """The first line of the file in conf/model that names this source: its licence, and whether it is gated."""
    for path in sorted((conf / "model").glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        if f"source: {source}\n" in text and text.startswith("#"):
            return text.splitlines()[0].lstrip("# ")
    return ""


def _hub_obstacle(folder: Path | None, terms: str) -> str:
    """What keeps a hub model from being fetched, and what to do; empty when it is here or nothing does."""
    if folder:
        return ""
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on"):
        return "HF_HUB_OFFLINE is set and the hub's cache has no copy: unset it, or give a folder: model.source=/path"
    if "gated" in terms and not get_token():
        return "it is gated: accept its terms at that address, then `hf auth login`"
    return ""


def _billions(folder: Path | None, source: str) -> float:
    """Parameters in billions, by the weights that are here, else by the name (Qwen3-0.6B, SmolLM2-135M); 0 where
    neither says."""
    if folder and (weights := list(folder.glob("model*.safetensors"))):
        config = read_json(folder / "config.json")
        wide = config.get("dtype", config.get("torch_dtype")) == "float32"
        return sum(path.stat().st_size for path in weights) / (4 if wide else 2) / 1e9
    named = re.search(r"(?<![\d.])(\d+(?:\.\d+)?)([bm])(?![a-z])", source, re.IGNORECASE)
    return float(named[1]) * (1.0 if named[2] in "bB" else 1e-3) if named else 0.0


def _memory(billions: float, four_bit: bool) -> Finding:
    """Whether the frozen weights fit, with a fifth left for the adapter, its optimizer and activations."""
    import torch

    from pica.training import precision

    gpu = torch.cuda.is_available()
    there = torch.cuda.get_device_properties(0).total_memory if gpu else _ram()
    half = precision.dtype(int(billions * 4e9)) == torch.bfloat16
    kind, width = ("4 bits", 0.55) if four_bit else ("bf16", 2.0) if half else ("fp32", 4.0)
    need = billions * 1e9 * width
    count = f"{billions:.2g} B" if billions >= 0.5 else f"{billions * 1e3:.3g} M"
    found = f"{count} weights in {kind}: {need / 2**30:.1f} of {there / 2**30:.0f} GiB"
    smaller = "" if four_bit or not gpu else ", or hold it in 4 bits: -S adapter=qlora"
    return Finding("memory", found, "" if need < 0.8 * there else f"take a smaller model or a larger GPU{smaller}")


def _ram() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _adapter(params: Params) -> Finding:
    from pica.training import adapter as adapters  # transformers and peft: seconds
    from pica.training.base import check_four_bit

    settings = params.adapter
    targets = "" if settings.targets is None else f" on {settings.targets}"
    try:
        adapters.check(settings)
        if settings.kind == "qlora":
            check_four_bit()
        if settings.targets not in (None, "all-linear") and (model := _skeleton(params.model)):
            adapters.target_modules(model, settings.targets)
    except PicaError as error:
        return Finding("adapter", settings.kind + targets, str(error))
    return Finding("adapter", settings.kind + targets)


def _engine(params: Params) -> Iterator[Finding]:
    """Whether what evaluates is here; transformers always is."""
    if params.evaluate.engine != "vllm":
        return
    from pica.inference import vllm  # torch: seconds

    try:
        vllm.check(None)
    except PicaError as error:
        yield Finding("engine", "vllm, not installed", str(error))
    else:
        yield Finding("engine", ", ".join(f"{name} {_version(name)}" for name in vllm.distributions()))


def _skeleton(model: Model) -> Any:
    """The model without weights, to see what its modules are called; None where its configuration is not here yet."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    folder = _model_folder(model) if model.source not in ("", "scratch") else None
    if folder is None or fault(folder):
        return None
    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder, local_files_only=True))


def _serving(root: Path, base: Path | None, adapter: Path | None) -> Iterator[Finding]:
    """Which servers take the adapter; nothing to mend, since `pica merge` makes what all others take."""
    if adapter is None or (adapter == ADAPTER and not (root / adapter / "adapter_config.json").is_file()):
        return  # a run may not have come so far
    from pica.serving import recipes  # transformers: seconds
    from pica.training import adapter as adapters

    try:
        kind = adapters.read(root / adapter).kind
        base = base or (shipped.base_place(adapter) if shipped.is_shipped(adapter) else root / BASE)
        if not (base / "config.json").is_file():
            mend = f"`pica ask` with it makes that, once; else name it: --base FOLDER, beside --adapter {adapter}"
            yield Finding("serving", f"the base of {adapter} ({kind}) is not in {base}", mend)
            return
        found = recipes.obstacles(base, root / adapter)
    except PicaError as error:
        yield Finding("serving", f"{adapter} cannot be read", str(error))
        return
    fit = ", ".join(server for server, obstacle in found.items() if not obstacle) or "no server"
    unfit = "".join(f"; not {server}: {obstacle.rstrip('.')}" for server, obstacle in found.items() if obstacle)
    extra = "" if all(map(_version, _SERVE)) else f". For `pica serve`: {INSTALL.replace('train', 'train,serve')}"
    taken = f"{adapter} ({kind}) on {base} is taken by {fit}{unfit}"
    yield Finding("serving", f"{taken}. docs/serving.md{extra}")


def _training(params: Params) -> Iterator[Finding]:
    import torch

    from pica.training.base import attention

    gpu, liger = torch.cuda.is_available(), find_spec("liger_kernel") is not None
    found = f"{attention('cuda' if gpu else 'cpu', torch.bfloat16) or 'sdpa'}; {'' if liger else 'no '}liger-kernel"
    wanting = params.train.liger and not (gpu and liger)
    yield Finding("kernels", found, "train.liger=true needs a GPU and `pip install liger-kernel`" if wanting else "")
    count, launcher = params.train.processes, params.train.launcher
    if count > 1:
        wanting = launcher == "deepspeed" and not (gpu and find_spec("deepspeed"))
        mend = "train.launcher=deepspeed needs GPUs and `pip install deepspeed`" if wanting else ""
        yield Finding("processes", f"{count} by {launcher}", mend)
