"""Attention for examples packed into one row: each attends to itself alone, and nothing is computed across.

    tokens     a0 a1 a2 b0 b1 c0 …      no padding; every linear layer sees one long row
    positions   0  1  2  0  1  0 …
    attention  [a×a]    [b×b] [c×c] …   one small causal square an example

What all examples begin with may stand in the first alone, with the others' keys and values taken from there:

    tokens     a0 a1 a2 b1 c1 …         all begin with a0
    positions   0  1  2  1  1 …
    attention  [a×a]    [b×a0b] [c×a0c] …

transformers keeps packed examples apart by a mask over the whole row when attention is `sdpa`: right, but it computes
the square of the row. FlashAttention computes the small squares alone, and so does what is here, on GPUs by the kernel
that PyTorch itself has, on CPUs example by example.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import torch
from torch.autograd.function import FunctionCtx
from torch.nn.attention.varlen import varlen_attn
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, PreTrainedModel
from transformers.cache_utils import get_layer_types_and_kwargs
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from pica.training.batches import Layout, collate, shared_prefix, split
from pica.training.encode import IGNORED, Encoded

_NAME, _WATCHED = "pica_packed", "pica_packed_watched"

# How far logits may be off, as a share of the largest: rounding, which a glance at a neighbour exceeds.
_TOLERANCE, _HALF_TOLERANCE = 1e-3, 0.05


@contextmanager
def packing(model: torch.nn.Module) -> Iterator[Layout]:
    """Inside, `model` takes batches of the yielded layout: shared if it can, else packed, else padded.

    Examples are packed into one row where all that looks across tokens is attention that can be told their bounds, and
    the model was seen to give two packed examples the logits that they have alone: a recurrent layer, or a prefix that
    belongs to a row, would not. So it is for a shared beginning. Whatever a model answers to that question but yes, an
    error too, means no.

    Args:
        model: as transformers, peft or accelerate wrap it.
    """
    core = next(module for module in model.modules() if isinstance(module, PreTrainedModel))
    before = core.config._attn_implementation
    if _has_prefix(model) or not core._can_set_attn_implementation():
        yield Layout.PADDED
        return
    # FlashAttention knows the bounds by itself, and nothing of what is shared.
    ways = [(before, Layout.PACKED)] if "flash" in before else [(_NAME, Layout.SHARED), (_NAME, Layout.PACKED)]
    try:
        for name, layout in ways:
            if _keeps_apart(model, core, name, layout):
                yield layout
                return
            core.set_attn_implementation(before)
        yield Layout.PADDED
    finally:
        core.set_attn_implementation(before)


def _keeps_apart(model: torch.nn.Module, core: PreTrainedModel, name: str, layout: Layout) -> bool:
    """Whether the model, whose attention is `name` afterwards, is proved to keep examples of a row apart."""
    shared = shared_prefix(_PROBE) if layout is Layout.SHARED else 0
    first, *others = (_logits(model, [example]) for example in _PROBE)
    alone = torch.cat([first, *(logits[shared:] for logits in others)])
    try:
        kinds, _ = get_layer_types_and_kwargs(core.config.get_text_config(decoder=True))
        if not {*kinds} <= {"full_attention", "sliding_attention"}:
            return False
        with _windows_watched(core, name) as windows:
            together = _logits(model, _PROBE, layout)
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


# Tokens that every vocabulary has, in no order that could make two examples one; both begin alike.
_PROBE = [Encoded(ids, (IGNORED,) * 4 + ids[4:]) for ids in ((7, 3, 11, 5, 2, 13), (7, 3, 8, 19, 6, 9, 12))]


def _has_prefix(model: torch.nn.Module) -> bool:
    """Whether an adapter puts trained states before each row, where there has to be an example a row."""
    configs = [c for module in model.modules() for c in getattr(module, "peft_config", {}).values()]
    return any(config.is_prompt_learning for config in configs)


@torch.no_grad()
def _logits(model: torch.nn.Module, examples: list[Encoded], layout: Layout = Layout.PADDED) -> torch.Tensor:
    """Logits of shape (tokens, vocabulary), without dropout."""
    training = model.training
    model.eval()
    given, _, _ = split(collate(examples, pad=0, layout=layout), model)
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
    cu_seq_lens_k: torch.Tensor | None = None,
    max_length_q: int | None = None,
    max_length_k: int | None = None,
    shared_prefix: int = 0,
    is_causal: bool | None = None,
    **given: Any,
) -> tuple[torch.Tensor, None]:
    """The attention function that transformers calls, with its names.

    Raises:
        NotImplementedError: the model asks for more than causal attention in a window, such as a cap or a sink, which a
            glance at logits might not show.

    Args:
        query, key, value: shape (1, heads, tokens, head size); fewer heads in key and value are shared.
        cu_seq_lens_q, cu_seq_lens_k: where examples start, and the row's end; among keys each with what it shares.
        max_length_q, max_length_k: tokens of the longest example.
        shared_prefix: how many tokens of the first example are the others' beginning too.

    Returns:
        shape (1, tokens, heads, head size).
    """
    given = {name: value for name, value in given.items() if value is not None and not name.startswith("output_")}
    if more := given.keys() - _OF_NO_EFFECT:
        raise NotImplementedError(f"attention with {', '.join(sorted(more))}")
    if is_causal is False:
        raise NotImplementedError("attention to what comes later")
    window = sliding_window if sliding_window and sliding_window < max_length_k else None
    if torch.is_autocast_enabled(query.device.type):
        # As autocast does for PyTorch's own attention; QLoRA's norms are in fp32, and so is what comes after them.
        dtype = torch.get_autocast_dtype(query.device.type)
        query, key, value = query.to(dtype), key.to(dtype), value.to(dtype)
    if shared_prefix:
        key, value = (_beginnings_repeated(states, cu_seq_lens_q, shared_prefix) for states in (key, value))
    if _has_kernel(query, value) and not dropout:
        packed = (states[0].transpose(0, 1) for states in (query, key, value))
        bounds = (cu_seq_lens_q, cu_seq_lens_k, max_length_q, max_length_k)
        size = (window - 1 if window else -1, 0)
        grouped = query.shape[1] != key.shape[1]
        return varlen_attn(*packed, *bounds, scale=scaling, window_size=size, enable_gqa=grouped)[None], None
    queries, keys, values = (
        states.split(bounds.diff().tolist(), 2)
        for states, bounds in ((query, cu_seq_lens_q), (key, cu_seq_lens_k), (value, cu_seq_lens_k))
    )
    parts = [_causal(*states, scaling, dropout, window) for states in zip(queries, keys, values, strict=True)]
    return torch.cat([part.transpose(1, 2) for part in parts], 1), None


def _beginnings_repeated(states: torch.Tensor, bounds: torch.Tensor, shared: int) -> torch.Tensor:
    """Keys or values of all examples, with the first `shared` ones of the first put before those of each other."""
    first, *others = states.split(bounds.diff().tolist(), 2)
    beginning = first[:, :, :shared]  # one view for all: the gradient of each view is as large as all of `first`
    return torch.cat([first, *(part for own in others for part in (beginning, own))], 2)


# What models pass on to attention that does not change it.
_OF_NO_EFFECT = {
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
    """One example's attention; its queries are those of its last keys."""
    before = key.shape[2] - query.shape[2]
    half = query.dtype == torch.bfloat16 and query.device.type == "cpu"
    if half and query.requires_grad and not dropout and key.shape[2] <= _LONGEST_KEPT:
        unseen = hidden(query.shape[2], key.shape[2], window)
        scaling = query.shape[-1] ** -0.5 if scaling is None else scaling
        return KeptSoftmax.apply(query[0], key[0], value[0], unseen, scaling)[None]
    mask = _seen(query.shape[2], key.shape[2], window, query.device) if window or before else None
    grouped = query.shape[1] != key.shape[1]
    return scaled_dot_product_attention(
        query, key, value, mask, dropout, is_causal=mask is None, scale=scaling, enable_gqa=grouped
    )


# Keys of an example at most, of which weights of attention are kept for the backward pass: their square in each head.
_LONGEST_KEPT = 512


def _seen(queries: int, keys: int, window: int | None, device: torch.device) -> torch.Tensor:
    """What each query sees, shape (queries, keys); queries are those of the last keys."""
    before = keys - queries
    seen = torch.ones(queries, keys, dtype=torch.bool, device=device).tril(before)
    return seen.triu(before + 1 - window) if window else seen


@lru_cache(maxsize=64)
def hidden(queries: int, keys: int, window: int | None) -> torch.Tensor:
    """0 for what a query sees, else -inf; in bf16, shape (queries, keys). Every layer asks for the same."""
    seen = _seen(queries, keys, window, torch.device("cpu"))
    return torch.zeros(queries, keys, dtype=torch.bfloat16).masked_fill_(~seen, -torch.inf)


class KeptSoftmax(torch.autograd.Function):
    """softmax(s · Q Kᵀ + unseen) V of one example, whose backward pass finds the softmax kept.

    For bf16 on a CPU, where PyTorch's attention takes longer than in fp32, and this little more than half of that
    (docs/speed.md). Q is of shape (heads, queries, size), K and V of (heads, or fewer that are shared; keys; size).
    """

    @staticmethod
    def forward(
        ctx: FunctionCtx,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        unseen: torch.Tensor,
        scaling: float,
    ) -> torch.Tensor:
        # Heads that share keys below each other.
        grouped = (query * scaling).reshape(len(key), -1, query.shape[-1])
        scores = grouped @ key.mT
        scores.view(len(key), -1, *unseen.shape).add_(unseen)
        weights = scores.softmax(-1)
        out = weights @ value
        ctx.save_for_backward(grouped, key, value, weights, out)
        ctx.scaling = scaling
        return out.view(*query.shape[:-1], -1)

    @staticmethod
    def backward(ctx: FunctionCtx, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        grouped, key, value, weights, out = ctx.saved_tensors
        shape = grad.shape[:-1]
        grad = grad.reshape(out.shape)
        grad_scores = (grad @ value.mT).sub_((grad * out).sum(-1, keepdim=True)).mul_(weights)
        grad_query = (grad_scores @ key).mul_(ctx.scaling).view(*shape, -1)
        return grad_query, grad_scores.mT @ grouped, weights.mT @ grad, None, None


AttentionInterface.register(_NAME, attention)
