"""The parameters that training shares with params.yaml, as plain dataclasses: the standard library is enough for them.

    Train(epochs=3, lr=0.002, …)

`params` types params.yaml with them through pydantic, `training.config` the file of a training that runs by itself.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

_COMPARISONS = {
    "ge": ("greater than or equal to", operator.ge),
    "gt": ("greater than", operator.gt),
    "le": ("less than or equal to", operator.le),
    "lt": ("less than", operator.lt),
}


class Bounds:
    """What numbers a setting takes, as metadata of its type: `Annotated[int, Bounds(ge=1)]`.

    Keywords are those of pydantic and JSON Schema's kin: `ge`, `gt`, `le` and `lt`.
    """

    def __init__(self, **limits: float) -> None:
        self.limits = limits

    def broken_by(self, value: float) -> str | None:
        """What is wrong with a value, in words; None when nothing is."""
        for name, limit in self.limits.items():
            words, holds = _COMPARISONS[name]
            if not holds(value, limit):
                return f"should be {words} {limit}"
        return None

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Mapping[str, Any]:
        # pydantic asks metadata for this by name, so that it need not be imported here.
        return {**handler(source), **self.limits}


class Names:
    """What a text of several names takes, as metadata of its type: names joined by `+`, none of them empty.

    Args:
        least: how many there are at least.
        blanks: whether a name may have blanks inside, as folders have.
    """

    def __init__(self, least: int = 0, blanks: bool = False) -> None:
        self.least, self.blanks = least, blanks

    def broken_by(self, value: str) -> str | None:
        """What is wrong with a value, in words; None when nothing is."""
        names = value.split("+") if value else []
        if len(names) < self.least:
            return "should not be empty"
        if any(not name or name != name.strip() or (not self.blanks and name.split() != [name]) for name in names):
            return "should be names joined by `+`, without blanks, none of them empty"
        return None

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Mapping[str, Any]:
        checked = {"type": "no-info", "function": self._checked}
        return {"type": "function-after", "function": checked, "schema": handler(source)}

    def _checked(self, value: str) -> str:
        if problem := self.broken_by(value):
            raise ValueError(problem)
        return value


Count = Annotated[int, Bounds(ge=1)]
CountOrNone = Annotated[int, Bounds(ge=0)]
# What each library takes.
Seed = Annotated[int, Bounds(ge=0, le=2**32 - 1)]
Share = Annotated[float, Bounds(ge=0, lt=1)]
Positive = Annotated[float, Bounds(gt=0)]


@dataclass(frozen=True)
class Scratch:
    """The architecture and the pre-training of a base model that is made here. `context` and `batch_tokens` (a step)
    are in tokens."""

    hidden_size: Annotated[int, Bounds(ge=8)]
    layers: Count
    heads: Count
    vocab_size: Annotated[int, Bounds(ge=300)]
    context: Annotated[int, Bounds(ge=64)]
    epochs: CountOrNone
    lr: Positive
    batch_tokens: Count


@dataclass(frozen=True)
class Adapter:
    """What is trained on top of the frozen base.

    `r`, `alpha`, `dropout` and `targets` are LoRA's and its relatives'; `virtual_tokens` is prefix tuning's. Those of
    the other are null. `targets` is `all-linear`, or names joined by `+`: of linear modules, and of experts' weights
    (`all-linear+experts.down_proj`).
    """

    kind: Literal["lora", "dora", "rslora", "qlora", "prefix"]
    r: Count | None
    alpha: Count | None
    dropout: Share | None
    targets: Annotated[str, Names(least=1)] | None
    virtual_tokens: Count | None


# The ranks that vLLM makes room for (its `max_lora_rank`).
_VLLM_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)


def vllm_rank(adapter: Adapter) -> int | None:
    """The `max_lora_rank` that vLLM needs for such an adapter; None where it has no rank, or too high a one."""
    return next((rank for rank in _VLLM_RANKS if adapter.r and rank >= adapter.r), None)


def vllm_obstacle(adapter: Adapter) -> str:
    """Why vLLM does not serve such an adapter; empty when it does."""
    if adapter.kind == "prefix":
        return "vLLM does not serve prefix tuning. Use peft."
    if adapter.kind == "dora":
        return "vLLM does not serve DoRA. `pica merge` makes a model that it serves."
    if "." in (adapter.targets or ""):
        return "vLLM does not serve LoRA on experts' weights. `pica merge` makes a model that it serves."
    if (adapter.r or 0) > _VLLM_RANKS[-1]:
        return f"vLLM serves adapters of rank {_VLLM_RANKS[-1]} at most. `pica merge` makes a model that it serves."
    return ""


def not_evaluated_by_vllm(adapter: Adapter) -> str:
    """Why vLLM does not evaluate such an adapter; empty when it does."""
    four_bit = "QLoRA is evaluated on the weights in 4 bits that it was trained on, as transformers holds them."
    return four_bit if adapter.kind == "qlora" else vllm_obstacle(adapter)


@dataclass(frozen=True)
class Train:
    """Fine-tuning. `warmup` is a share of the steps; `batch_tokens` and `max_length` are in tokens, `batch_rows` in
    rows (0 = by tokens alone); `validate_every` and `checkpoint_every` in steps (0 = each epoch); `patience` in
    validations (0 = never stop early)."""

    epochs: Count
    lr: Positive
    batch_tokens: Count
    batch_rows: CountOrNone
    max_length: Annotated[int, Bounds(ge=16)]
    warmup: Share
    weight_decay: Annotated[float, Bounds(ge=0)]
    loss_on: Literal["last_reply", "all_replies"]
    validate_every: CountOrNone
    patience: CountOrNone
    checkpoint_every: CountOrNone
    gradient_checkpointing: bool
    liger: bool
    processes: Count
    launcher: Literal["ddp", "fsdp", "deepspeed"]
