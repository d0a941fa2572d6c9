"""Every file of conf/adapter trains, survives its folder, is asked rightly, and merges where it can."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from safetensors import safe_open
from torch.nn.functional import log_softmax
from transformers import AutoConfig, AutoModelForCausalLM

from pica.errors import ModelError
from pica.inference.engine import Generation
from pica.inference.runner import ModelRunner
from pica.params import compose, validated
from pica.settings import Adapter
from pica.training import adapter as adapters
from pica.training import base as bases
from pica.training.encode import answer_ids, encode, end_token, prompt_ids
from pica.training.loop import Schedule, train
from pica.training.merge import merge
from tests.stages.imports import ROOT
from tests.training.losses import mean_loss

CONF = ROOT / "conf"
NAMES = sorted(path.stem for path in (CONF / "adapter").glob("*.yaml") if path.stem != "qlora")
MERGEABLE = [name for name in NAMES if name != "prefix"]
LABELS = ("joy", "anger", "no emotion")
TEXTS = (
    "We won the cup!",
    "They cut the hedge without a word to me, and the whole street.",
    "我把雨伞忘在了公交车上。",
)


@cache
def settings(name: str) -> Adapter:
    return validated(compose(CONF, [f"adapter={name}"]), Path("params.yaml")).adapter


def question(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


@torch.no_grad()
def logits(model, ids: list[int]) -> torch.Tensor:
    """By one plain forward pass: no cache, no padding."""
    return model(torch.tensor([ids])).logits[0]


def likelihood(model, prompt: list[int], answer: list[int]) -> float:
    scores = log_softmax(logits(model, prompt + answer), -1)
    return sum(scores[len(prompt) - 1 + i, token].item() for i, token in enumerate(answer))


def greedy(model, prompt: list[int], tokens: int) -> list[int]:
    ids = list(prompt)
    for _ in range(tokens):
        ids.append(logits(model, ids)[-1].argmax().item())
    return ids[len(prompt) :]


@pytest.fixture
def base(model, tokenizer, tmp_path) -> Path:
    model.save_pretrained(tmp_path / "base")
    tokenizer.save_pretrained(tmp_path / "base")
    return tmp_path / "base"


@pytest.fixture
def tuned(request, base, tokenizer) -> PeftModel:
    """The base with the adapter of `request.param`, after a few steps in which its loss fell."""
    model, _ = bases.load(base)
    torch.manual_seed(1)
    model = adapters.attach(model, settings(request.param))
    examples = [
        encode([*question(text), {"role": "assistant", "content": label}], tokenizer)
        for text, label in zip(TEXTS, LABELS, strict=True)
    ]
    before = mean_loss(model, examples, tokenizer.pad_token_id, 256)
    schedule = Schedule(epochs=8, lr=2e-2, batch_tokens=256, warmup=0.1, weight_decay=0.0, seed=1)
    train(model, examples, [""] * len(examples), tokenizer.pad_token_id, schedule)
    assert mean_loss(model, examples, tokenizer.pad_token_id, 256) < 0.9 * before
    return model.eval()


@pytest.fixture
def prompts(tokenizer) -> list[list[int]]:
    return [prompt_ids(question(text), tokenizer) for text in TEXTS]


@pytest.mark.parametrize(("tuned", "name"), [(name, name) for name in NAMES], indirect=["tuned"])
def test_it_trains_and_survives_its_folder(tuned, name, base, prompts, tmp_path):
    adapters.save(tuned, settings(name), base, tmp_path / "adapter")
    assert adapters.kind(tmp_path / "adapter") == name
    by_us = adapters.load(bases.load(base)[0], base, tmp_path / "adapter")
    with adapters.peft_in_quiet():
        by_peft = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), tmp_path / "adapter")
    for prompt in prompts:
        expected = logits(tuned, prompt)
        torch.testing.assert_close(logits(by_us, prompt), expected)
        torch.testing.assert_close(logits(by_peft, prompt), expected)


@pytest.mark.parametrize("tuned", NAMES, indirect=True)
def test_it_is_asked_as_by_plain_forward_passes(tuned, tokenizer, prompts):
    runner = ModelRunner(tuned, tokenizer, max_length=200, batch_size=8)
    assert runner.packs(prompts)
    answers = [answer_ids(label, tokenizer)[:-1] for label in LABELS]
    found = runner.score(prompts, [answers] * len(prompts), [end_token(tokenizer)])
    for prompt, reads in zip(prompts, found, strict=True):
        expected = [likelihood(tuned, prompt, answer_ids(label, tokenizer)) for label in LABELS]
        assert [read.tokens.sum() + read.marks[-1, 0] for read in reads] == pytest.approx(expected, abs=1e-3)
    said = [Generation.of(greedy(tuned, prompt, 6), tokenizer) for prompt in prompts]
    assert runner.generate(prompts, max_new_tokens=6) == said


@pytest.mark.parametrize(("tuned", "name"), [(name, name) for name in NAMES], indirect=["tuned"])
def test_it_is_asked_as_a_part_of_the_weights_where_that_rounds_nothing(tuned, name, prompts):
    expected = [logits(tuned, prompt) for prompt in prompts]
    merged = adapters.merged(tuned)
    assert isinstance(merged, PeftModel) == (name not in MERGEABLE)
    for prompt, told in zip(prompts, expected, strict=True):
        torch.testing.assert_close(logits(merged, prompt), told, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("tuned", ["lora"], indirect=True)
def test_it_stays_apart_from_weights_of_half_precision(tuned):
    assert isinstance(adapters.merged(tuned.bfloat16()), PeftModel)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["fp32", "bf16"])
@pytest.mark.parametrize(("tuned", "name"), [(name, name) for name in MERGEABLE], indirect=["tuned"])
def test_it_merges_into_a_whole_model_of_the_dtype_of_its_base(tuned, name, base, prompts, dtype, tmp_path):
    AutoModelForCausalLM.from_pretrained(base, dtype=dtype).save_pretrained(base)
    (base / "generation_config.json").write_text('{"temperature": 0.6}', encoding="utf-8")
    adapters.save(tuned, settings(name), base, tmp_path / "adapter")
    merged = merge(base, tmp_path / "adapter", tmp_path / "merged", [question(text) for text in TEXTS], "# A card")
    assert merged.dtype == dtype
    assert merged.exact < 1e-4
    assert merged.rounded < (1e-4 if dtype == torch.float32 else 0.3)
    whole, words = bases.load(tmp_path / "merged")
    assert words.chat_template == bases.load(base)[1].chat_template
    defaults = json.loads((tmp_path / "merged/generation_config.json").read_text())
    assert defaults == {"temperature": 0.6, "eos_token_id": words.eos_token_id}
    plain = logits(bases.load(base)[0], prompts[0])
    assert (logits(whole, prompts[0]) - plain).abs().max() > 5 * merged.rounded


@pytest.mark.parametrize("tuned", ["lora"], indirect=True)
def test_what_is_in_the_way_is_not_overwritten_and_an_older_merge_is(tuned, base, tmp_path):
    adapters.save(tuned, settings("lora"), base, tmp_path / "adapter")
    (tmp_path / "mine").mkdir()
    with pytest.raises(ModelError, match="mine is there already"):
        merge(base, tmp_path / "adapter", tmp_path / "mine", [question("Hello?")], "# A card")
    for _ in range(2):
        merge(base, tmp_path / "adapter", tmp_path / "merged", [question("Hello?")], "# A card")


@pytest.mark.parametrize("tuned", ["prefix"], indirect=True)
def test_a_prefix_is_not_merged(tuned, base, tmp_path):
    adapters.save(tuned, settings("prefix"), base, tmp_path / "adapter")
    with pytest.raises(ModelError, match="is a prefix"):
        merge(base, tmp_path / "adapter", tmp_path / "merged", [question("Hello?")], "# A card")


@pytest.mark.parametrize("tuned", ["lora"], indirect=True)
def test_a_merge_that_says_something_else_is_not_kept(tuned, base, tmp_path, monkeypatch):
    adapters.save(tuned, settings("lora"), base, tmp_path / "adapter")
    monkeypatch.setattr(PeftModel, "merge_and_unload", lambda self, **options: bases.load(base)[0], raising=False)
    with pytest.raises(ModelError, match="logits differ"):
        merge(base, tmp_path / "adapter", tmp_path / "merged", [question("Hello?")], "# A card")
    assert not (tmp_path / "merged").exists()


@pytest.mark.parametrize("name", ["lora", "rslora"])
def test_vllm_can_read_it(name, model, base, tmp_path):
    """What vLLM asks of a LoRA: lists of names, no bias, no whole modules, nothing but the two factors of each."""
    names = sorted(adapters.linear_names(model))
    adapters.save(adapters.attach(model, settings(name)), settings(name), base, tmp_path / "adapter")
    config = json.loads((tmp_path / "adapter/adapter_config.json").read_text(encoding="utf-8"))
    assert config["peft_type"] == "LORA"
    assert config["target_modules"] == names
    assert (config["bias"], config["modules_to_save"], config["use_dora"]) == ("none", None, False)
    assert config["r"] <= 512
    assert config["use_rslora"] == (name == "rslora")
    with safe_open(tmp_path / "adapter/adapter_model.safetensors", "pt") as weights:
        modules = {key.removesuffix(f".lora_{factor}.weight") for key in weights.keys() for factor in "AB"}  # noqa: SIM118
        assert {f"{m}.lora_{f}.weight" for m in modules for f in "AB"} >= set(weights.keys())
        assert all(key.startswith("base_model.model.model.layers.") for key in weights.keys())  # noqa: SIM118


def test_only_a_gpu_holds_a_base_in_four_bits(base):
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(ModelError, match=r"adapter=qlora .* CUDA GPU and bitsandbytes"):
        bases.load(base, four_bit=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "prefix"}, "adapter.virtual_tokens is null"),
        ({"r": None}, "adapter.r is null"),
        ({"virtual_tokens": 8}, "adapter.virtual_tokens does nothing"),
        ({"targets": "q_proj+gate_proj+w_pack"}, r"has no w_pack.*q_proj\+k_proj\+v_proj\+o_proj\+gate_proj"),
    ],
)
def test_settings_that_fit_neither_kind_nor_model_are_named(model, change, said):
    with pytest.raises(ModelError, match=said):
        adapters.attach(model, replace(settings("lora"), **change))


def test_picas_targets_on_glm_are_refused_with_its_own():
    with torch.device("meta"):
        glm = AutoModelForCausalLM.from_config(AutoConfig.for_model("glm", num_hidden_layers=1))
    with pytest.raises(ModelError, match=r"GlmForCausalLM has no gate_proj, up_proj\. .*gate_up_proj\+down_proj"):
        adapters.target_modules(glm, "q_proj+k_proj+v_proj+gate_proj+up_proj+down_proj")


def test_a_prefix_does_not_go_with_gradient_checkpointing(model):
    model.activation_checkpointing_enable()
    with pytest.raises(ModelError, match=r"train\.gradient_checkpointing=false"):
        adapters.attach(model, settings("prefix"))
