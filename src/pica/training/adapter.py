"""The adapter: through peft, saved with the name and the fingerprint of the base it belongs to.

`models/adapter/base.json`:

    {"commit": "0123…cdef", "kind": "lora", "sha256": "89ab…4567", "source": "hub:Qwen/Qwen3-0.6B"}
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
from peft.tuners.lora import LoraLayer
from peft.tuners.lora.layer import ParamWrapper
from peft.tuners.tuners_utils import _check_lora_target_modules_mamba
from peft.utils.transformers_weight_conversion import convert_peft_config_for_transformers
from transformers import Cache, DynamicCache, PreTrainedModel
from transformers.pytorch_utils import Conv1D

from pica.errors import ModelError
from pica.settings import Adapter
from pica.store import read_json, write_json
from pica.training.base import weights_sha256
from pica.training.lora import put_in_place
from pica.training.loss import batch_losses
from pica.training.origin import address, origin

RECORD = "base.json"

# What `adapter.targets` calls every linear module.
ALL = "all-linear"

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
            target_parameters=target_parameters(model, adapter.targets) or None,
            use_dora=adapter.kind == "dora",
            use_rslora=adapter.kind == "rslora",
            task_type="CAUSAL_LM",
        )
    try:
        with peft_in_quiet():
            return get_peft_model(model, config)
    except (ValueError, TypeError, AttributeError, KeyError, NotImplementedError) as error:
        raise ModelError(
            f"adapter={adapter.kind} cannot be put on {type(model).__name__}: {str(error).rstrip('.')}. Use another "
            "adapter, or other adapter.targets."
        ) from None


def check_trains(model: PeftModel, batch: Mapping[str, torch.Tensor | int]) -> None:
    """Fail on an adapter that cannot be trained on its base, by one pass over a batch; its weights stay as they are.

    Raises:
        ModelError: the base cannot be called as training calls it, or the loss does not reach the adapter.
    """
    kind, name = type(model.get_base_model()).__name__, "prefix" if has_prefix(model) else "lora"
    training = model.training
    try:
        losses, _ = batch_losses(model.train(), batch)
        losses.sum().backward()
        steepest = max((p.grad.abs().max().item() for p in model.parameters() if p.grad is not None), default=0.0)
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # what a model of others raises on what it was not made for
        raise ModelError(
            f"{kind} cannot be trained with adapter={name}: {str(error).rstrip('.')}. Use another adapter, or another "
            "base model."
        ) from error
    finally:
        model.zero_grad(set_to_none=True)
        model.train(training)
    if steepest == 0:
        raise ModelError(f"adapter={name} has no effect on {kind}, so it cannot be trained. Use another adapter.")


def linear_names(model: PreTrainedModel) -> list[str]:
    """The last names of the decoder's linear modules, in their order: q_proj, k_proj, …"""
    head = model.get_output_embeddings()
    linear = (name for name, m in model.named_modules() if isinstance(m, (torch.nn.Linear, Conv1D)) and m is not head)
    return list(dict.fromkeys(name.rpartition(".")[2] for name in linear))


def refused_names(model: PreTrainedModel) -> list[str]:
    """Those of `linear_names` that peft puts no LoRA on.

    Mamba's kernels read their weights past it; a router that is a linear module of its own kind gives more than one
    tensor; and some names (gate_proj beside experts) mean the experts' weights to peft, as they did in transformers 4.
    """
    own = {
        name.rpartition(".")[2]
        for name, module in model.named_modules()
        if type(module).__module__.startswith("transformers.models.")
        and isinstance(module, torch.nn.Linear)
        and not _gives_a_tensor(module)
    }
    return [name for name in linear_names(model) if name in own or not _takes(model, name)]


@torch.no_grad()
def _gives_a_tensor(module: torch.nn.Linear) -> bool:
    """Whether a linear module of a model's own kind gives what one of PyTorch's would."""
    return torch.is_tensor(module(module.weight.new_zeros(1, module.in_features)))


def _takes(model: PreTrainedModel, name: str) -> bool:
    """Whether peft puts a LoRA on linear modules of that name."""
    config = LoraConfig(target_modules=[name])
    try:
        _check_lora_target_modules_mamba(config, model, name)
        convert_peft_config_for_transformers(config, model, None)
    except ValueError:
        return False
    return name in config.target_modules


def expert_names(model: PreTrainedModel) -> list[str]:
    """The weights that are in no linear module, experts as one tensor each: experts.gate_up_proj, …"""
    found = (
        f"{place.replace('.base_layer', '').rpartition('.')[2]}.{name}"
        for place, module in model.named_modules()
        if not type(module).__module__.startswith("torch.nn.")
        for name, weight in module.named_parameters(recurse=False)
        if weight.ndim == 3 and min(weight.shape) > 1
    )
    return list(dict.fromkeys(found))


def target_modules(model: PreTrainedModel, targets: str) -> list[str]:
    """The names of linear modules in `targets`, all of them the model's: peft passes over one that is not as long as
    another one is.

    Raises:
        ModelError: the model has no linear module, or no experts, of such a name, or peft refuses it.
    """
    known, refused, experts = linear_names(model), refused_names(model), expert_names(model)
    open_to = [name for name in known if name not in refused]
    names = [name for name in targets.split("+") if name not in experts]
    more = f" Its experts' weights are {'+'.join(experts)}." if experts else ""
    offer = f"Its linear modules are {'+'.join(open_to)}; `all-linear` takes them all.{more}"
    kind = type(model).__name__
    if unknown := [name for name in names if name not in [*known, ALL]]:
        raise ModelError(f"adapter.targets={targets}: {kind} has no {', '.join(unknown)}. {offer}")
    if barred := [name for name in names if name in refused]:
        raise ModelError(f"adapter.targets={targets}: peft puts no LoRA on the {', '.join(barred)} of {kind}. {offer}")
    return list(dict.fromkeys(name for given in names for name in (open_to if given == ALL else [given])))


def target_parameters(model: PreTrainedModel, targets: str) -> list[str]:
    """The names of experts' weights in `targets`."""
    return sorted(set(targets.split("+")) & {*expert_names(model)})


def left_out(model: PeftModel) -> str:
    """What `all-linear` does not reach in the model, for who waits; empty where that is nothing."""
    body, config = model.get_base_model(), model.peft_config["default"]
    if config.peft_type != PeftType.LORA:
        return ""
    said = []
    if refused := refused_names(body):
        said.append(f"peft puts no LoRA on the {', '.join(refused)} of {type(body).__name__}: left out")
    experts = [name for name in expert_names(body) if name not in (config.target_parameters or ())]
    if experts:
        said.append(
            f"the adapter reaches {reached(model):.0%} of the weights: those of the experts are no linear modules. To "
            f"train them too, add them to adapter.targets: +{'+'.join(experts)}"
        )
    return "; ".join(said)


def reached(model: PeftModel) -> float:
    """The share of the base's weights, embeddings aside, that have a LoRA on them."""
    tables = [m for m in model.modules() if isinstance(m, torch.nn.Embedding)]
    beside = {id(table.weight) for table in [*tables, model.get_base_model().get_output_embeddings()] if table}
    frozen = {id(p): p.numel() for p in model.parameters() if not p.requires_grad and id(p) not in beside}
    layers = [module for module in model.modules() if isinstance(module, LoraLayer)]
    tuned = {
        id(weight)
        for layer in layers
        for weight in ([layer.get_param()] if isinstance(layer, ParamWrapper) else layer.base_layer.parameters())
    }
    return sum(size for key, size in frozen.items() if key in tuned) / max(1, sum(frozen.values()))


def save(model: PeftModel, adapter: Adapter, base: Path, folder: Path) -> None:
    """Write the adapter in peft's layout, and which base it was trained on: for the world by name, for us by hash."""
    came_from, config = origin(base), model.peft_config["default"]
    config.base_model_name_or_path = address(base)
    config.revision = came_from.commit or None
    if config.peft_type == PeftType.LORA:
        # peft keeps a set, whose order, and with it the file's hash, would differ from run to run.
        config.target_modules = sorted(config.target_modules)
        if config.target_parameters:
            config.target_parameters = sorted(config.target_parameters)
    # Embeddings are never trained; peft would ask the hub whether they have grown.
    model.save_pretrained(folder, save_embedding_layers=False)
    write_json(folder / RECORD, {**asdict(came_from), "kind": adapter.kind, "sha256": weights_sha256(base)})


def kind(folder: Path) -> str:
    """What kind of adapter lies in a folder."""
    return read_json(folder / RECORD)["kind"]


def read(folder: Path) -> Adapter:
    """The settings that an adapter was trained with, by its folder.

    Raises:
        DataError: a file of the adapter is missing or broken.
    """
    config, named = read_json(folder / "adapter_config.json"), kind(folder)
    if named == "prefix":
        tokens = config["num_virtual_tokens"]
        return Adapter(kind=named, r=None, alpha=None, dropout=None, targets=None, virtual_tokens=tokens)
    targets = "+".join([*(config["target_modules"] or ()), *(config.get("target_parameters") or ())])
    return Adapter(
        kind=named,
        r=config["r"],
        alpha=config["lora_alpha"],
        dropout=config["lora_dropout"],
        targets=targets,
        virtual_tokens=None,
    )


def load(model: PreTrainedModel, base: Path, folder: Path) -> PeftModel:
    """A base model with the adapter of `folder` on it.

    Raises:
        ModelError: the adapter was trained on other weights.
    """
    check_base(base, folder)
    with peft_in_quiet():
        return PeftModel.from_pretrained(model, folder).eval()


def merged(model: PeftModel) -> PreTrainedModel | PeftModel:
    """The model with its LoRA added to its weights, so that it costs nothing to ask; the base is gone then.

    Where there is none, or where a sum would be rounded to less than fp32, it stays apart, in as few passes as can be.
    """
    if _adds(model):
        return model.merge_and_unload()
    put_in_place(model)
    return model


def merge(model: PeftModel) -> None:
    """As `merged`, in the model itself: `base_alone` takes the LoRA out of the weights again."""
    if _adds(model):
        model.merge_adapter()
    else:
        put_in_place(model)


@contextmanager
def base_alone(model: PreTrainedModel | PeftModel) -> Iterator[None]:
    """Inside, the base answers without its adapter; weights that LoRA was taken out of are what they were but for
    rounding in fp32."""
    if not isinstance(model, PeftModel):
        yield
        return
    is_in = any(isinstance(layer, LoraLayer) and layer.merged for layer in model.modules())
    if is_in:
        model.unmerge_adapter()
    try:
        with model.disable_adapter():
            yield
    finally:
        if is_in:
            model.merge_adapter()


def _adds(model: PeftModel) -> bool:
    """Whether the adapter is a sum of weights that are all in fp32."""
    full = all(weight.dtype == torch.float32 for weight in model.parameters())
    return full and not has_prefix(model)


def check_there(base: Path, folder: Path | None) -> None:
    """Whether there is a base, and an adapter where one is asked for.

    Raises:
        ModelError: a folder is missing, or holds something else.
    """
    wanted = [*([(folder, "adapter_config.json")] if folder else []), (base, "config.json")]
    lacking = [
        f"{place} holds no {made}" + ("" if place.is_dir() else " (there is no such folder)")
        for place, made in wanted
        if not (place / made).is_file()
    ]
    if lacking:
        raise ModelError(
            f"{', and '.join(lacking)}, so no model can be loaded. `dvc repro` makes models/base and models/adapter; "
            "adapters that ship are in adapters/. Other folders are given with --base and --adapter; --adapter none "
            "asks the base alone."
        )


def check_base(base: Path, folder: Path) -> None:
    """Whether the adapter of `folder` was trained on the weights in `base`.

    Raises:
        ModelError: it was trained on others.
    """
    record, found = read_json(folder / RECORD), weights_sha256(base)
    if record["sha256"] != found:
        raise ModelError(
            f"{folder} was trained on {record['source']} with sha256 {record['sha256']}, {base} has {found}. "
            "For an adapter that ships leave --base out, which makes its base; for the run's own `dvc repro` restores "
            "the base that belongs to it, or trains it anew."
        )


@contextmanager
def peft_in_quiet() -> Iterator[None]:
    """Without the warning that peft asks transformers for checkpointing by its old name, which nobody here can mend."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
        yield


def has_prefix(model: PreTrainedModel | PeftModel) -> bool:
    """Whether an adapter puts trained states before each prompt."""
    return isinstance(model, PeftModel) and model.active_peft_config.is_prompt_learning


def body(model: PreTrainedModel | PeftModel) -> PreTrainedModel:
    """The model beneath peft's own class; LoRA's layers are part of it."""
    return model.get_base_model() if isinstance(model, PeftModel) else model


def with_prefix_cache(model: PreTrainedModel | PeftModel, rows: int) -> tuple[PreTrainedModel, Cache]:
    """The model to call, and the cache that each of `rows` prompts begins with: the prefix, or nothing.

    peft puts the prefix in place of any cache it is given, at every call, so whoever goes on from a cache calls the
    model beneath. LoRA's layers are part of that one.
    """
    beneath = body(model)
    return beneath, model.get_prompt(rows) if has_prefix(model) else DynamicCache(config=beneath.config)
