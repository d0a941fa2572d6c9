from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from peft import PrefixTuningConfig, get_peft_model
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    MambaConfig,
    MistralConfig,
    Qwen3Config,
)

from pica.training import attention
from pica.training.adapter import peft_in_quiet
from pica.training.attention import packing
from pica.training.batches import Layout, collate
from pica.training.encode import IGNORED, Encoded
from pica.training.loss import batch_losses

SMALL = dict(
    vocab_size=97,
    hidden_size=32,
    intermediate_size=48,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    pad_token_id=0,
    initializer_range=0.2,
)
CONFIGS = {
    "llama": LlamaConfig(**SMALL),
    "qwen3": Qwen3Config(**SMALL, head_dim=8),
    # A window shorter than the examples.
    "mistral": MistralConfig(**SMALL, sliding_window=5),
}
LENGTHS = (9, 1, 14, 2, 6)


def make(name: str):
    torch.manual_seed(1)
    return AutoModelForCausalLM.from_config(CONFIGS[name])


def examples() -> list[Encoded]:
    made = torch.Generator().manual_seed(2)
    rows = [torch.randint(1, 97, (n,), generator=made).tolist() for n in LENGTHS]
    return [Encoded(ids, [IGNORED] * (len(ids) // 2) + ids[len(ids) // 2 :]) for ids in rows]


# What all examples begin with, where they are to share it.
ALIKE = (50, 51, 52)


def beginning_alike(row: Encoded) -> Encoded:
    return Encoded((*ALIKE, *row.ids), (IGNORED,) * (len(ALIKE) + 1) + (*row.labels[1:],))


def logits(model, rows: list[Encoded], layout: Layout = Layout.PADDED) -> torch.Tensor:
    inputs = collate(rows, 0, layout)
    del inputs["targets"], inputs["example"]
    return model(**inputs, use_cache=False).logits[0]


def gradients(model, rows: list[Encoded], layout: Layout = Layout.PADDED) -> list[torch.Tensor]:
    model.zero_grad()
    losses, _ = batch_losses(model, collate(rows, 0, layout))
    losses.sum().backward()
    return [p.grad.clone() for p in model.parameters()]


@pytest.mark.parametrize("layout", [Layout.PACKED, Layout.SHARED])
@pytest.mark.parametrize("name", CONFIGS)
def test_packed_examples_have_the_logits_that_they_have_alone(name, layout):
    model, rows = make(name).eval(), examples()
    if layout is Layout.SHARED:
        rows = [beginning_alike(row) for row in rows]
    with torch.no_grad():
        first, *others = (logits(model, [row]) for row in rows)
        with packing(model) as best:
            assert best is Layout.SHARED
            together = logits(model, rows, layout)
    # Measured: 2e-6, of logits up to 4.
    shared = len(ALIKE) if layout is Layout.SHARED else 0
    assert (together - torch.cat([first, *(own[shared:] for own in others)])).abs().max() < 2e-5


@pytest.mark.parametrize("name", CONFIGS)
def test_the_gradient_of_a_pack_is_the_sum_of_its_examples(name):
    model, rows = make(name), [beginning_alike(row) for row in examples() if row.answer_tokens and len(row.ids) > 1]
    alone = [sum(parts) for parts in zip(*(gradients(model, [row]) for row in rows), strict=True)]
    padded = gradients(model, rows)
    with packing(model):
        packed = gradients(model, rows, Layout.PACKED)
        shared = gradients(model, rows, Layout.SHARED)
        model.train().activation_checkpointing_enable({"use_reentrant": False})
        recomputed = gradients(model, rows, Layout.SHARED)
    for name, *found in zip(dict(model.named_parameters()), alone, padded, packed, shared, recomputed, strict=True):
        for other in found[1:]:
            assert torch.allclose(other, found[0], rtol=1e-4, atol=5e-5), name


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_packed_within_its_rounding(dtype):
    model, rows = make("qwen3").to(dtype).eval(), examples()
    with torch.no_grad():
        alone = torch.cat([logits(model, [row]) for row in rows])
        with packing(model) as layout:
            assert layout is Layout.SHARED
            assert torch.allclose(logits(model, rows, layout), alone, atol=0.1)


def test_under_autocast_attention_is_in_half_precision(monkeypatch):
    seen = []
    real = attention.scaled_dot_product_attention
    monkeypatch.setattr(
        attention,
        "scaled_dot_product_attention",
        lambda q, *rest, **given: (seen.append(q.dtype), real(q, *rest, **given))[1],
    )
    model, rows = make("llama"), examples()
    with packing(model), torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        seen.clear()
        logits(model, rows, Layout.PACKED)
    assert set(seen) == {torch.bfloat16}


@given(
    heads=st.sampled_from([(2, 2), (6, 2), (4, 1)]),
    queries=st.integers(1, 9),
    before=st.integers(0, 5),
    window=st.none() | st.integers(1, 6),
    seed=st.integers(0, 9),
)
def test_attention_that_keeps_its_softmax_is_pytorchs(heads, queries, before, window, seed):
    torch.manual_seed(seed)
    shapes = ((heads[0], queries, 8), (heads[1], queries + before, 8), (heads[1], queries + before, 8))
    states = [torch.randn(shape, dtype=torch.double, requires_grad=True) for shape in shapes]
    hidden = attention.hidden(queries, queries + before, window)
    found = attention.KeptSoftmax.apply(*states, hidden, 0.3)
    expected = attention.scaled_dot_product_attention(*states, hidden.double(), scale=0.3, enable_gqa=True)
    assert torch.allclose(found, expected, atol=1e-12)
    upstream = torch.randn(found.shape, dtype=torch.double)
    ours, theirs = (torch.autograd.grad(made, states, upstream, retain_graph=True) for made in (found, expected))
    for one, other in zip(ours, theirs, strict=True):
        assert torch.allclose(one, other, atol=1e-12)


@pytest.mark.parametrize("longest", [512, 8])
@pytest.mark.parametrize("name", CONFIGS)
def test_the_gradient_of_a_pack_in_bf16_is_that_in_fp32_but_for_rounding(name, longest, monkeypatch):
    """With all examples short enough to keep their softmax, and with some for which PyTorch's attention computes."""
    monkeypatch.setattr(attention, "_LONGEST_KEPT", longest)
    model, rows = make(name), [beginning_alike(row) for row in examples() if row.answer_tokens]
    expected = gradients(model, rows)
    model.bfloat16()
    with packing(model) as layout, torch.autocast("cpu", torch.bfloat16):
        assert layout is Layout.SHARED
        found = gradients(model, rows, layout)
    for name, one, other in zip(dict(model.named_parameters()), found, expected, strict=True):
        assert (one - other).norm() < 0.15 * other.norm(), name


def test_examples_that_see_one_another_would_be_noticed(monkeypatch):
    """The checks above can fail: with the bounds left out, packed logits are others, and packing is refused."""
    model, rows = make("llama").eval(), examples()

    def blind(module, query, key, value, mask, **given):
        whole = torch.tensor([0, query.shape[2]])
        given |= {"cu_seq_lens_q": whole, "cu_seq_lens_k": whole, "max_length_q": query.shape[2]}
        given |= {"max_length_k": query.shape[2], "shared_prefix": 0}
        return attention.attention(module, query, key, value, mask, **given)

    monkeypatch.setitem(attention.AttentionInterface._global_mapping, attention._NAME, blind)
    with torch.no_grad():
        alone = torch.cat([logits(model, [row]) for row in rows])
        model.set_attn_implementation(attention._NAME)
        assert (logits(model, rows, Layout.PACKED) - alone).abs().max() > 0.5
        model.set_attn_implementation("sdpa")
    with packing(model) as layout:
        assert layout is Layout.PADDED
    assert model.config._attn_implementation == "sdpa"


def test_a_recurrent_model_is_padded():
    torch.manual_seed(1)
    config = MambaConfig(vocab_size=97, hidden_size=32, num_hidden_layers=2, state_size=8, initializer_range=0.2)
    with packing(AutoModelForCausalLM.from_config(config)) as layout:
        assert layout is Layout.PADDED


def test_a_model_that_cannot_share_a_beginning_is_packed_without(monkeypatch):
    """A kernel that takes the queries for those of the first keys gives other logits: seen, and not used."""
    real = attention._causal

    def from_the_start(query, key, value, *rest):
        return real(query, key[:, :, : query.shape[2]], value[:, :, : query.shape[2]], *rest)

    monkeypatch.setattr(attention, "_causal", from_the_start)
    with packing(make("llama")) as layout:
        assert layout is Layout.PACKED


def test_a_prefix_belongs_to_a_row_so_rows_are_padded():
    with peft_in_quiet():
        model = get_peft_model(make("llama"), PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=3))
    rows = examples()
    with packing(model) as layout, torch.no_grad():
        assert layout is Layout.PADDED
        together, _ = batch_losses(model, collate(rows, 0, layout))
        for row, loss in zip(rows, together.tolist(), strict=True):
            assert loss == pytest.approx(batch_losses(model, collate([row], 0))[0].item(), rel=1e-4, abs=1e-5)


def test_the_model_has_its_own_attention_again_afterwards():
    model = make("llama")
    with packing(model):
        assert model.config._attn_implementation != "sdpa"
    assert model.config._attn_implementation == "sdpa"
