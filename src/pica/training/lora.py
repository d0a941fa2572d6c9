"""LoRA's products on a CPU in fp32, in half the passes over memory that peft's layers take.

    y = x Wᵀ + s · (x Aᵀ) Bᵀ

A and B are so thin that their products wait for memory. peft's layer scales and adds by two more passes over y, its
backward pass by as many, and the gradient of B comes out of a product in its slowest order. Here the second term is
added where the first one lies. Measured on SmolLM2-135M, rank 4, 1,024 tokens a step: docs/speed.md.
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

    Others (dropout, DoRA, half precision, a GPU, where other things count) stay as peft has them.
    """
    layers = [module for module in model.modules() if isinstance(module, Linear) and _plain(module)]
    for layer in layers:
        layer.forward = partial(_forward, layer)
    try:
        yield len(layers)
    finally:
        for layer in layers:
            del layer.forward


def _plain(layer: Linear) -> bool:
    """Whether a layer is one linear module and one LoRA, in fp32 on a CPU."""
    if len(layer.active_adapters) != 1 or layer.merged or layer.disable_adapters:
        return False
    name = layer.active_adapters[0]
    return (
        type(layer.base_layer) is torch.nn.Linear
        and name in layer.lora_A
        and name not in layer.lora_variant
        and isinstance(layer.lora_dropout[name], torch.nn.Identity)
        and layer.lora_A[name].bias is layer.lora_B[name].bias is None
        and all(weight.dtype == torch.float32 and weight.device.type == "cpu" for weight in layer.parameters())
    )


def _forward(layer: Linear, x: torch.Tensor) -> torch.Tensor:
    (name,) = layer.active_adapters
    down, up, scaling = layer.lora_A[name].weight, layer.lora_B[name].weight, layer.scaling[name]
    if torch.is_autocast_enabled("cpu"):
        return type(layer).forward(layer, x)
    flat = x.reshape(-1, x.shape[-1])
    y = _Product.apply(flat, layer.base_layer.weight, layer.base_layer.bias, down, up, scaling)
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
        back = (grad @ up).mul_(ctx.scaling)
        # Not gradᵀ · thin, the same in the order that takes three times as long.
        grad_up = (thin.T @ grad).mul_(ctx.scaling).T
        grad_x = (grad @ weight).addmm_(back, down) if ctx.needs_input_grad[0] else None
        return grad_x, None, None, back.T @ x, grad_up, None
