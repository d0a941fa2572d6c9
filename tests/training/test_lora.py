"""LoRA's products in place are those of peft's layers, forward and back, and elsewhere peft's layers stay."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from peft.tuners.lora import Linear

from pica.training import adapter as adapters
from pica.training.lora import in_place
from tests.training.conftest import LORA

IDS = torch.tensor([[1, 5, 9, 40, 7, 12], [3, 3, 8, 1, 0, 2]])


def attached(model, **given):
    made = adapters.attach(model, replace(LORA, **given))
    torch.manual_seed(5)
    with torch.no_grad():
        for name, weight in made.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.1)
    return made.train()


def run(model) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Logits, and the gradients of a loss on them."""
    logits = model(IDS).logits
    logits.square().mean().backward()
    gradients = {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}
    model.zero_grad(set_to_none=True)
    return logits.detach(), gradients


@pytest.mark.parametrize("given", [{}, {"kind": "rslora"}, {"targets": "q_proj+down_proj"}, {"r": 1}])
def test_logits_and_gradients_are_those_of_peft(model, given):
    made = attached(model, **given)
    expected, gradients = run(made)
    with in_place(made) as count:
        assert count == sum("lora_A" in name for name in gradients)
        found, own = run(made)
    assert torch.allclose(found, expected, rtol=1e-4, atol=1e-6)
    assert own.keys() == gradients.keys()
    for name, gradient in gradients.items():
        assert torch.allclose(own[name], gradient, rtol=1e-3, atol=1e-7), name
    after, _ = run(made)
    assert torch.equal(after, expected)  # peft's layers are back


def test_a_bias_of_the_base_is_added(model):
    for module in model.modules():
        if isinstance(module, torch.nn.Linear) and module is not model.lm_head:
            module.bias = torch.nn.Parameter(torch.full((module.out_features,), 0.1))
    made = attached(model)
    expected, _ = run(made)
    with in_place(made):
        found, _ = run(made)
    assert torch.allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("given", [{"dropout": 0.1}, {"kind": "dora"}])
def test_layers_that_compute_more_stay_as_they_are(model, given):
    with in_place(attached(model, **given)) as count:
        assert count == 0


@pytest.mark.parametrize("given", [{}, {"kind": "rslora"}, {"r": 1}])
def test_in_bf16_gradients_are_as_near_to_those_in_fp32_as_peft_has_them(model, given):
    made = attached(model, **given)
    _, exact = run(made)
    for layer in made.modules():
        if isinstance(layer, Linear):
            layer.base_layer.bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        _, peft = run(made)
        with in_place(made) as count:
            assert count == sum("lora_A" in name for name in exact)
            _, own = run(made)
    assert all(gradient.dtype == torch.float32 for gradient in own.values())
    assert any(not torch.equal(own[name], peft[name]) for name in exact), "peft's layers were asked"
    ours, theirs = (sum(float((g[name] - exact[name]).square().sum()) for name in exact) for g in (own, peft))
    assert 0 < ours < 4 * theirs, "rounding alone would be as large"


def test_weights_in_fp32_stay_with_peft_under_autocast(model):
    made = attached(model)
    with in_place(made), torch.autocast("cpu", torch.bfloat16):
        found = made(IDS).logits
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(found, made(IDS).logits)


@torch.no_grad()
def test_a_model_in_bf16_is_asked_in_place_and_its_base_without(model):
    exact = attached(model)
    expected, alone = exact(IDS).logits, exact.unload()(IDS).logits
    made = attached(exact.unload().bfloat16()).eval()
    apart = made(IDS).logits
    assert adapters.merged(made) is made
    found = made(IDS).logits
    assert not torch.equal(found, apart), "peft's layers were asked"
    assert (found - expected).norm() < 2 * (apart - expected).norm()
    with adapters.base_alone(made):
        assert (made(IDS).logits - alone).norm() < 0.1 * (expected - alone).norm()
    assert torch.equal(made(IDS).logits, found)


def test_activations_may_be_computed_again(model):
    made = attached(model)
    _, gradients = run(made)
    made.get_base_model().activation_checkpointing_enable({"use_reentrant": False})
    with in_place(made):
        _, own = run(made)
    for name, gradient in gradients.items():
        assert torch.allclose(own[name], gradient, rtol=1e-3, atol=1e-7), name
