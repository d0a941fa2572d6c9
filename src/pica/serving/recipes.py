"""Which servers take an adapter as it is: what `pica doctor` says, and docs/serving.md at length.

    obstacles(Path("models/base"), Path("models/adapter"))
    {"pica serve": "", "vLLM": "", "SGLang": "", "llama.cpp": "", "Ollama": "it converts adapters of Llama, …", …}

What stands here of other servers was read in their documentation and code; none of them ran where this was written.
"""

from __future__ import annotations

import shlex
from pathlib import Path

from pica.settings import Adapter, vllm_obstacle, vllm_rank
from pica.store import read_json
from pica.training import serving
from pica.training.adapter import read

# The families whose adapters Ollama converts by itself, as config.json calls them.
_OLLAMA = ("gemma2", "llama", "mistral")


def obstacles(base: Path, adapter: Path) -> dict[str, str]:
    """For each server what keeps it from an adapter; empty where it takes it.

    Raises:
        DataError: a file of the adapter is missing or broken.
    """
    settings = read(adapter)
    return {
        "pica serve": _prefix(settings),
        "vLLM": vllm_obstacle(settings),
        "SGLang": _plain(settings, "SGLang"),
        "llama.cpp": _plain(settings, "llama.cpp"),
        "Ollama": _plain(settings, "Ollama") or _family(base),
        "any, after `pica merge`": _prefix(settings),
    }


def beside(base: Path, adapter: Path) -> str:
    """What to say of vLLM where it is installed."""
    if obstacle := vllm_obstacle(read(adapter)):
        return f"vLLM is installed: {obstacle}"
    return f"vLLM is installed and answers many requests at once:\n{vllm(base, adapter)}"


def vllm(base: Path, adapter: Path) -> str:
    """vLLM's command for base and adapter, with where answers stop and how they are asked for."""
    b, a = base.absolute(), adapter.absolute()
    words = [
        *("vllm", "serve", str(b), "--host", "127.0.0.1", "--enable-lora"),
        *("--max-lora-rank", str(vllm_rank(read(adapter))), "--lora-modules", f"pica={a}"),
        *("--generation-config", str(a)),
    ]
    if (adapter / serving.TEMPLATE).is_file():
        words += ["--chat-template", str(a / serving.TEMPLATE)]
    return shlex.join(words)


def _prefix(settings: Adapter) -> str:
    return "a prefix is no weights: it is used through peft alone" if settings.kind == "prefix" else ""


def _plain(settings: Adapter, server: str) -> str:
    """What keeps a server from an adapter that is not a plain LoRA on linear modules."""
    if settings.kind == "prefix":
        return _prefix(settings)
    if settings.kind == "rslora":
        return f"{server} scales by alpha / r, and rsLoRA by alpha / √r: answers would be wrong, without a word"
    if settings.kind == "dora":
        return f"{server} is not known to take DoRA"
    return f"{server} takes no LoRA on experts' weights" if "." in settings.targets else ""


def _family(base: Path) -> str:
    family = read_json(base / "config.json").get("model_type", "")
    if family in _OLLAMA:
        return ""
    return f"it converts adapters of Llama, Mistral and Gemma 2, and none of {family}: use the files of llama.cpp"
