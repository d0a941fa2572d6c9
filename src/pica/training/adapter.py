"""The adapter: through peft, saved with the name and the fingerprint of the base it belongs to.

`models/adapter/base.json`:

    {"commit": "0123…cdef", "kind": "lora", "sha256": "89ab…4567", "source": "hub:Qwen/Qwen3-0.6B"}
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch
from peft import (
    LoraConfig,
    PeftModel,
    PeftType,
    PrefixTuningConfig,
    get_peft_model,
    prepare_model_for_kbit_training,
)
from transformers import DynamicCache, PreTrainedModel
from transformers.pytorch_utils import Conv1D

from pica.errors import ModelError
from pica.settings import Adapter
from pica.store import read_json, write_json
from pica.training.base import weights_sha256
from pica.training.origin import address, origin

RECORD = "base.json"

_LORA = ("r", "alpha", "dropout", "targets")
_PREFIX = ("virtual_tokens",)


def check(adapter: Adapter) -> None:
    """Whether the settings fit the kind.

    Raises:
        ModelError: a setting of the kind is null, or one of another kind is given.
    """
    own, others = (_PREFIX, _LORA) if adapter.kind == "prefix" else (_LORA, _PREFIX)
    if missing := [name for name in own if getattr(adapter, name) is None]:
        raise ModelError(f"adapter.{missing[0]} is null, but adapter.kind={adapter.kind} needs it.")
    if given := [name for name in others if getattr(adapter, name) is not None]:
        raise ModelError(
            f"adapter.{given[0]} does nothing with adapter.kind={adapter.kind}: leave it null, or choose another "
            "adapter."
        )


def attach(model: PreTrainedModel, adapter: Adapter) -> PeftModel:
    """The model with a fresh adapter; its weights alone are trained, in fp32.

    Raises:
        ModelError: the settings do not fit each other, or the model.
    """
    check(adapter)
    if adapter.kind == "qlora":
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    if adapter.kind == "prefix":
        if model.is_activation_checkpointing:
            raise ModelError(
                "adapter=prefix does not go with gradient checkpointing, which drops the keys and values that are the "
                "prefix. Set train.gradient_checkpointing=false."
            )
        config = PrefixTuningConfig(num_virtual_tokens=adapter.virtual_tokens, task_type="CAUSAL_LM")
    else:
        config = LoraConfig(
            r=adapter.r,
            lora_alpha=adapter.alpha,
            lora_dropout=adapter.dropout,
            target_modules=target_modules(model, adapter.targets),
            use_dora=adapter.kind == "dora",
            use_rslora=adapter.kind == "rslora",
            task_type="CAUSAL_LM",
        )
    return get_peft_model(model, config)


def linear_names(model: PreTrainedModel) -> list[str]:
    """The last names of the decoder's linear modules, in their order: q_proj, k_proj, …"""
    head = model.get_output_embeddings()
    linear = (name for name, m in model.named_modules() if isinstance(m, (torch.nn.Linear, Conv1D)) and m is not head)
    return list(dict.fromkeys(name.rpartition(".")[2] for name in linear))


def target_modules(model: PreTrainedModel, targets: str) -> list[str]:
    """The names in `targets`, all of them the model's: peft passes over one that is not as long as another one is.

    Raises:
        ModelError: the model has no linear module of such a name.
    """
    known = linear_names(model)
    if targets == "all-linear":
        return known
    names = targets.split("+")
    if unknown := [name for name in names if name not in known]:
        raise ModelError(
            f"adapter.targets={targets}: {type(model).__name__} has no {', '.join(unknown)}. "
            f"Its linear modules are {'+'.join(known)}; `all-linear` takes them all."
        )
    return names


def save(model: PeftModel, adapter: Adapter, base: Path, folder: Path) -> None:
    """Write the adapter in peft's layout, and which base it was trained on: for the world by name, for us by hash."""
    came_from, config = origin(base), model.peft_config["default"]
    config.base_model_name_or_path = address(base)
    config.revision = came_from.commit or None
    if config.peft_type == PeftType.LORA:
        # peft keeps a set, whose order, and with it the file's hash, would differ from run to run.
        config.target_modules = sorted(config.target_modules)
    # Embeddings are never trained; peft would ask the hub whether they have grown.
    model.save_pretrained(folder, save_embedding_layers=False)
    write_json(folder / RECORD, {**asdict(came_from), "kind": adapter.kind, "sha256": weights_sha256(base)})


def kind(folder: Path) -> str:
    """What kind of adapter lies in a folder."""
    return read_json(folder / RECORD)["kind"]


def load(model: PreTrainedModel, base: Path, folder: Path) -> PeftModel:
    """A base model with the adapter of `folder` on it.

    Raises:
        ModelError: the adapter was trained on other weights.
    """
    record, found = read_json(folder / RECORD), weights_sha256(base)
    if record["sha256"] != found:
        raise ModelError(
            f"{folder} was trained on {record['source']} with sha256 {record['sha256']}, {base} has {found}. "
            "Run `dvc repro`: it trains the adapter anew, or restores the base that belongs to it."
        )
    return PeftModel.from_pretrained(model, folder).eval()


def with_prefix_cache(model: PreTrainedModel | PeftModel, rows: int) -> tuple[PreTrainedModel, DynamicCache]:
    """The model to call, and the cache that each of `rows` prompts begins with: the prefix, or nothing.

    peft puts the prefix in place of any cache it is given, at every call, so whoever goes on from a cache calls the
    model beneath. LoRA's layers are part of that one.
    """
    if not isinstance(model, PeftModel):
        return model, DynamicCache(config=model.config)
    body = model.get_base_model()
    prefix = model.active_peft_config.is_prompt_learning
    return body, model.get_prompt(rows) if prefix else DynamicCache(config=body.config)
