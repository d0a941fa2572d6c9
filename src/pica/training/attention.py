"""Attention for examples packed into one row: each attends to itself alone, and nothing is computed across.

    tokens     a0 a1 a2 b0 b1 c0 …      no padding; every linear layer sees one long row
    positions   0  1  2  0  1  0 …
    attention  [a×a]    [b×b] [c×c] …   one small causal square an example

transformers keeps packed examples apart by a mask over the whole row when attention is `sdpa`: right, but it computes
the square of the row. FlashAttention computes the small squares alone, and so does what is here, on GPUs by the kernel
that PyTorch itself has, on CPUs example by example.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn.attention.varlen import varlen_attn
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, PreTrainedModel
from transformers.cache_utils import get_layer_types_and_kwargs
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from pica.training.batches import collate, split
from pica.training.encode import Encoded

_NAME, _WATCHED = "pica_packed", "pica_packed_watched"

# How far logits may be off, as a share of the largest: rounding, which a glance at a neighbour exceeds.
_TOLERANCE, _HALF_TOLERANCE = 1e-3, 0.05


@contextmanager
def packing(model: torch.nn.Module) -> Iterator[bool]:
    """Inside, examples may be packed into one row of `model`, if the yielded value is true; else they must be padded.

    It is true where all that looks across tokens is attention that can be told the examples' bounds, and the model was
    seen to give two packed examples the logits that they have alone: a recurrent layer, or a prefix that belongs to a
    row, would not. Whatever a model answers to that question but yes, an error too, means no.

    Args:
        model: as transformers, peft or accelerate wrap it.
    """
    core = next(module for module in model.modules() if isinstance(module, PreTrainedModel))
    before = core.config._attn_implementation
    if before == _NAME or _has_prefix(model) or not core._can_set_attn_implementation():
        yield before == _NAME
        return
    try:
        # FlashAttention knows the bounds by itself.
        apart = _keeps_apart(model, core, before if "flash" in before else _NAME)
        if not apart:
            core.set_attn_implementation(before)
        yield apart
    finally:
        core.set_attn_implementation(before)


def _keeps_apart(model: torch.nn.Module, core: PreTrainedModel, name: str) -> bool:
    """Whether the model, whose attention is `name` afterwards, is proved to keep packed examples apart."""
    alone = torch.cat([_logits(model, [example]) for example in _PROBE])
    try:
        kinds, _ = get_layer_types_and_kwargs(core.config.get_text_config(decoder=True))
        if not {*kinds} <= {"full_attention", "sliding_attention"}:
            return False
        with _windows_watched(core, name) as windows:
            together = _logits(model, _PROBE, packed=True)
        # The probe is shorter than any window, so whether one is kept to shows only in what attention is told.
        told = name != _NAME or sum(window is not None for window in windows) == kinds.count("sliding_attention")
        core.set_attn_implementation(name)
    except Exception:  # what a model of others raises on what it was not made for
        return False
    return told and close(together, alone, tolerance(core))


@contextmanager
def _windows_watched(core: PreTrainedModel, name: str) -> Iterator[list[int | None]]:
    """Inside, the model's attention is `name`, and each of its calls adds the window that it was told."""
    windows: list[int | None] = []

    def watched(*states: Any, sliding_window: int | None = None, **given: Any) -> tuple[torch.Tensor, None]:
        windows.append(sliding_window)
        return ALL_ATTENTION_FUNCTIONS[name](*states, sliding_window=sliding_window, **given)

    AttentionInterface.register(_WATCHED, watched)
    core.set_attn_implementation(_WATCHED if name == _NAME else name)
    yield windows


# Tokens that every vocabulary has, in no order that could make two examples one.
_PROBE = [Encoded(ids, ids) for ids in ((7, 3, 11, 5, 2, 13), (17, 4, 8, 19, 6, 9, 12))]


def _has_prefix(model: torch.nn.Module) -> bool:
    """Whether an adapter puts trained states before each row, where there has to be an example a row."""
    configs = [c for module in model.modules() for c in getattr(module, "peft_config", {}).values()]
    return any(config.is_prompt_learning for config in configs)


@torch.no_grad()
def _logits(model: torch.nn.Module, examples: list[Encoded], packed: bool = False) -> torch.Tensor:
    """Logits of shape (tokens, vocabulary), without dropout."""
    training = model.training
    model.eval()
    given, _, _ = split(collate(examples, pad=0, packed=packed), model)
    try:
        return model(**given, use_cache=False).logits[0]
    finally:
        model.train(training)


def tolerance(model: torch.nn.Module) -> float:
    """How far two ways to the same logits may differ, as a share of the largest.

    It goes by the least precise of the weights: of a base in 4 bits, the logits are in fp32 all the same.
    """
    full = all(weight.dtype in (torch.float32, torch.float64) for weight in model.parameters())
    return _TOLERANCE if full else _HALF_TOLERANCE


def close(found: torch.Tensor, expected: torch.Tensor, tolerance: float) -> bool:
    """Whether two tensors differ by no more than that share of the largest value."""
    return bool((found - expected).abs().max() <= tolerance * expected.abs().max())


def attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: None,
    scaling: float | None = None,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    cu_seq_lens_q: torch.Tensor | None = None,
    max_length_q: int | None = None,
    is_causal: bool | None = None,
    **given: Any,
) -> tuple[torch.Tensor, None]:
    """The attention function that transformers calls, with its names.

    Raises:
        NotImplementedError: the model asks for more than causal attention in a window, such as a cap or a sink, which a
            glance at logits might not show.

    Args:
        query, key, value: shape (1, heads, tokens, head size); fewer heads in key and value are shared.
        cu_seq_lens_q: where examples start, and the row's end.
        max_length_q: tokens of the longest example.

    Returns:
        shape (1, tokens, heads, head size).
    """
    given = {name: value for name, value in given.items() if value is not None and not name.startswith("output_")}
    if more := given.keys() - _OF_NO_EFFECT:
        raise NotImplementedError(f"attention with {', '.join(sorted(more))}")
    if is_causal is False:
        raise NotImplementedError("attention to what comes later")
    window = sliding_window if sliding_window and sliding_window < max_length_q else None
    if torch.is_autocast_enabled(query.device.type):
        # As autocast does for PyTorch's own attention; QLoRA's norms are in fp32, and so is what comes after them.
        dtype = torch.get_autocast_dtype(query.device.type)
        query, key, value = query.to(dtype), key.to(dtype), value.to(dtype)
    if _has_kernel(query, value) and not dropout:
        packed = (states[0].transpose(0, 1) for states in (query, key, value))
        bounds = (cu_seq_lens_q, cu_seq_lens_q, max_length_q, max_length_q)
        size = (window - 1 if window else -1, 0)
        grouped = query.shape[1] != key.shape[1]
        return varlen_attn(*packed, *bounds, scale=scaling, window_size=size, enable_gqa=grouped)[None], None
    lengths = cu_seq_lens_q.diff().tolist()
    parts = [
        _causal(*states, scaling, dropout, window)
        for states in zip(*(states.split(lengths, 2) for states in (query, key, value)), strict=True)
    ]
    return torch.cat(parts, 2).transpose(1, 2), None


# What models pass on to attention that does not change it.
_OF_NO_EFFECT = {
    "cu_seq_lens_k",
    "max_length_k",
    "position_ids",
    "position_embeddings",
    "use_cache",
    "cache_position",
    "logits_to_keep",
    "return_dict",
}


def _has_kernel(query: torch.Tensor, value: torch.Tensor) -> bool:
    """Whether PyTorch's FlashAttention takes these: half precision, on an Ampere or newer GPU, one head size."""
    return (
        query.is_cuda
        and query.dtype in (torch.float16, torch.bfloat16)
        and torch.cuda.get_device_capability(query.device) >= (8, 0)
        and query.shape[-1] == value.shape[-1] <= 256
    )


def _causal(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    scaling: float | None,
    dropout: float,
    window: int | None,
) -> torch.Tensor:
    """One example's attention."""
    mask = None
    if window:
        mask = torch.ones(query.shape[2], key.shape[2], dtype=torch.bool, device=query.device).tril().triu(1 - window)
    grouped = query.shape[1] != key.shape[1]
    return scaled_dot_product_attention(
        query, key, value, mask, dropout, is_causal=mask is None, scale=scaling, enable_gqa=grouped
    )


AttentionInterface.register(_NAME, attention)
