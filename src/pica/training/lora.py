"""LoRA's products on a CPU, in fp32 and in bf16, in half the passes over memory that peft's layers take.

    y = x Wᵀ + s · (x Aᵀ) Bᵀ

A and B are so thin that their products wait for memory. peft's layer scales and adds by two more passes over y, its
backward pass by as many, and two of that one's products come in their slowest order. Here the second term is added
where the first one lies. In bf16 peft's layer also takes x to fp32, as A and B are, and autocast takes it back; here A
and B go to bf16. Measured on SmolLM2-135M: docs/speed.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch
from peft.tuners.lora import Linear
from torch.autograd.function import FunctionCtx
from torch.nn.functional import linear


@contextmanager
def in_place(model: torch.nn.Module) -> Iterator[int]:
    """Inside, LoRA layers of `model` that compute nothing else are computed so; yields how many.

    Others (dropout, DoRA, a GPU, where other things count) stay as peft has them.
    """
    layers = put_in_place(model)
    try:
        yield len(layers)
    finally:
        for layer in layers:
            del layer.forward


def put_in_place(model: torch.nn.Module) -> list[Linear]:
    """As `in_place`, for as long as the model lives; the layers that it is done to."""
    layers = [module for module in model.modules() if isinstance(module, Linear) and _plain(module)]
    for layer in layers:
        layer.forward = partial(_forward, layer)
    return layers


def _plain(layer: Linear) -> bool:
    """Whether a layer is one linear module and one LoRA, on a CPU."""
    if len(layer.active_adapters) != 1 or layer.merged or layer.disable_adapters:
        return False
    name = layer.active_adapters[0]
    return (
        type(layer.base_layer) is torch.nn.Linear
        and name in layer.lora_A
        and name not in layer.lora_variant
        and isinstance(layer.lora_dropout[name], torch.nn.Identity)
        and layer.lora_A[name].bias is layer.lora_B[name].bias is None
        and all(weight.device.type == "cpu" for weight in layer.parameters())
        and layer.base_layer.weight.dtype in (torch.float32, torch.bfloat16)
    )


def _forward(layer: Linear, x: torch.Tensor) -> torch.Tensor:
    weight, bias = layer.base_layer.weight, layer.base_layer.bias
    of_two_types = torch.is_autocast_enabled("cpu") and weight.dtype == torch.float32
    if of_two_types or layer.disable_adapters or layer.merged:
        return type(layer).forward(layer, x)
    (name,) = layer.active_adapters
    flat = x.reshape(-1, x.shape[-1]).to(weight.dtype)
    down, up = layer.lora_A[name].weight.to(weight.dtype), layer.lora_B[name].weight.to(weight.dtype)
    y = _Product.apply(flat, weight, bias, down, up, layer.scaling[name])
    return y.view(*x.shape[:-1], -1)


class _Product(torch.autograd.Function):
    """x of shape (tokens, in), W (out, in), A (r, in), B (out, r) → y of shape (tokens, out); W gets no gradient."""

    @staticmethod
    def forward(
        ctx: FunctionCtx,
        x: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        down: torch.Tensor,
        up: torch.Tensor,
        scaling: float,
    ) -> torch.Tensor:
        thin = x @ down.T
        ctx.save_for_backward(x, thin, weight, down, up)
        ctx.scaling = scaling
        return linear(x, weight, bias).addmm_(thin, up.T, alpha=scaling)

    @staticmethod
    def backward(ctx: FunctionCtx, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, thin, weight, down, up = ctx.saved_tensors
        # Not grad · B and gradᵀ · thin, the same in the order that takes two and three times as long.
        back = (up.T @ grad.T).mul_(ctx.scaling).T
        grad_up = (thin.T @ grad).mul_(ctx.scaling).T
        grad_x = (grad @ weight).addmm_(back, down) if ctx.needs_input_grad[0] else None
        return grad_x, None, None, back.T @ x, grad_up, None
