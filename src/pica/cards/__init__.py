"""The model cards: README.md of an adapter's folder, and of what it was merged into.

---
base_model: Qwen/Qwen3-0.6B
library_name: peft
…
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml
from huggingface_hub.repocard import metadata_load
from jinja2 import Environment, PackageLoader, StrictUndefined

from pica import __version__
from pica.settings import Adapter, Train, vllm_obstacle, vllm_rank
from pica.training import serving
from pica.training.origin import address, origin

CARD = "README.md"

# Where the part of an adapter's card begins that holds for the merged model too.
_ABOUT = "## Base model"


def adapter_card(
    base: Path,
    adapter: Adapter,
    train: Train,
    seed: int,
    sources: Sequence[Mapping[str, Any]],
    metrics: Mapping[str, Any],
    folder: Path,
) -> str:
    """The card of an adapter.

    Args:
        base: the base model's folder, whose own card names its licence.
        folder: the adapter's own, which says where answers stop and how they are asked for.
        sources: a mapping a dataset, as `data/instructions/sources.json` has them.
        metrics: what training measured; test scores come later in the pipeline and stand in its report.
    """
    came_from = origin(base)
    front = {
        "base_model": came_from.hub,
        "library_name": "peft",
        "pipeline_tag": "text-generation",
        "language": sorted({language for source in sources for language in source["languages"]}),
        # Which of the licences below bind an adapter is not for a program to say.
        "license": "other",
        "license_name": "terms-of-base-and-datasets",
        "license_link": f"{CARD}#licences",
        "datasets": [source["hub"] for source in sources if source["hub"]],
        "tags": ["pica", "empathy", "emotion", adapter.kind],
    }
    return _render(
        "adapter.md.jinja",
        front=_yaml({key: value for key, value in front.items() if value}),
        base=address(base),
        origin=came_from,
        licence=_licence(base),
        adapter=adapter,
        settings=_yaml({"adapter": _given(adapter), "train": asdict(train), "seed": seed}),
        sources=sources,
        # Of a count by view, the whole.
        metrics={name: value["rows"] if isinstance(value, Mapping) else value for name, value in metrics.items()},
        versions=_versions(),
        ends=serving.ends(folder),
        chat_template=serving.TEMPLATE if (folder / serving.TEMPLATE).is_file() else "",
        vllm=vllm_obstacle(adapter),
        rank=vllm_rank(adapter),
    )


def merged_card(adapter: Path) -> str:
    """The card of a model that the adapter in a folder was merged into: what its own card says of data and terms."""
    own = adapter / CARD
    front = {"library_name": "transformers", "pipeline_tag": "text-generation"}
    if not own.is_file():
        return _render("merged.md.jinja", front=_yaml(front), about="")
    told, head = own.read_text(encoding="utf-8"), metadata_load(own) or {}
    about = told[max(told.find(_ABOUT), 0) :].strip()
    return _render("merged.md.jinja", front=_yaml(head | front), about=about)


def _versions() -> dict[str, str]:
    """Of the libraries that an adapter depends on."""
    return {"pica": __version__} | {name: version(name) for name in ("torch", "transformers", "peft")}


def _licence(base: Path) -> str:
    """The licence that the base's own card names, or the GGUF file that it was made from; empty where neither does."""
    card = base / CARD
    data = (metadata_load(card) or {}) if card.is_file() else {}
    return str(data.get("license_name") or data.get("license") or origin(base).licence)


def _given(adapter: Adapter) -> dict[str, Any]:
    return {key: value for key, value in asdict(adapter).items() if value is not None}


def _yaml(value: Any) -> str:
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False).strip()


def _render(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("pica.cards", "."),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
