"""The adapter: LoRA through peft, saved with the fingerprint of the base it belongs to."""

from __future__ import annotations

from pathlib import Path

from peft import LoraConfig, PeftModel, get_peft_model
from transformers import PreTrainedModel

from pica.errors import ModelError
from pica.settings import Adapter
from pica.store import read_json, write_json
from pica.training.base import fingerprint

RECORD = "base.json"


def attach(model: PreTrainedModel, adapter: Adapter) -> PeftModel:
    """The model with fresh LoRA weights; they alone are trained.

    Raises:
        ModelError: the model has no modules of the names in `adapter.targets`.
    """
    targets = adapter.targets if adapter.targets == "all-linear" else adapter.targets.split("+")
    config = LoraConfig(
        r=adapter.r,
        lora_alpha=adapter.alpha,
        lora_dropout=adapter.dropout,
        target_modules=targets,
        task_type="CAUSAL_LM",
    )
    try:
        return get_peft_model(model, config)
    except ValueError as error:
        raise ModelError(f"adapter.targets={adapter.targets}: {error}") from None


def save(model: PeftModel, base: Path, folder: Path) -> None:
    """Write the adapter in peft's layout, and which base it was trained on."""
    model.save_pretrained(folder)
    write_json(folder / RECORD, {"base": str(base), "sha256": fingerprint(base)})


def load(model: PreTrainedModel, base: Path, folder: Path) -> PeftModel:
    """A base model with the adapter of `folder` on it.

    Raises:
        ModelError: the adapter was trained on other weights.
    """
    expected, found = read_json(folder / RECORD)["sha256"], fingerprint(base)
    if expected != found:
        raise ModelError(
            f"{folder} was trained on a base with sha256 {expected}, {base} has {found}. "
            "Run `dvc repro`: it trains the adapter anew, or restores the base that belongs to it."
        )
    return PeftModel.from_pretrained(model, folder).eval()
