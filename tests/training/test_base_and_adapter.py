from __future__ import annotations

import json
from dataclasses import replace
from itertools import product

import pytest
import torch
from peft import PeftModel
from transformers import AutoTokenizer

from pica.errors import ModelError
from pica.settings import Adapter
from pica.training import adapter as adapters
from pica.training import base as bases
from pica.training import scratch
from pica.training.encode import check_tokenizer, end_token
from tests.conftest import ARCHITECTURE

LORA = Adapter(kind="lora", r=4, alpha=8, dropout=0.0, targets="all-linear", virtual_tokens=None)


@pytest.fixture
def folder(model, tokenizer, tmp_path):
    """A base folder as base_model writes it."""
    model.save_pretrained(tmp_path / "base")
    tokenizer.save_pretrained(tmp_path / "base")
    return tmp_path / "base"


def test_a_saved_base_is_the_same_model_with_its_chat_template(folder, model, tokenizer):
    loaded, words = bases.load(folder)
    ids = torch.tensor([[1, 5, 9]])
    with torch.no_grad():
        assert torch.equal(loaded(ids).logits, model(ids).logits)
    assert words.chat_template == tokenizer.chat_template
    assert words.pad_token_id != words.eos_token_id


def test_a_tokenizer_without_padding_gets_a_spare_token(folder, tokenizer):
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config.pop("pad_token")
    path.write_text(json.dumps(config), encoding="utf-8")
    _, words = bases.load(folder)
    assert words.pad_token is not None
    assert words.pad_token_id != words.eos_token_id


def test_a_tokenizer_that_pads_with_the_end_gets_a_spare_token_too(folder):
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(config | {"pad_token": config["eos_token"]}), encoding="utf-8")
    _, words = bases.load(folder)
    assert words.pad_token_id != end_token(words)


def test_padding_that_the_embeddings_lack_is_replaced_and_any_other_such_token_is_refused(folder, tokenizer):
    words = AutoTokenizer.from_pretrained(folder)
    words.add_special_tokens({"pad_token": "[PAD]"})
    words.save_pretrained(folder)  # the weights are not resized
    model, loaded = bases.load(folder)
    assert words.pad_token_id >= bases.vocabulary(model) > loaded.pad_token_id
    check_tokenizer(loaded, bases.vocabulary(model))
    words.add_special_tokens({"additional_special_tokens": ["<|end|>"]})
    words.chat_template = words.chat_template.replace("<|im_end|>", "<|end|>")
    words.save_pretrained(folder)
    with pytest.raises(ModelError, match=r"<\|end\|> has the id \d+, and the model's embeddings end at"):
        check_tokenizer(bases.load(folder)[1], bases.vocabulary(model))


def test_the_fingerprint_follows_each_byte_of_each_file_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(bases, "_PIECE", 8)
    weights = [tmp_path / "model-1.safetensors", tmp_path / "model-2.safetensors"]
    for number, path in enumerate(weights):
        path.write_bytes(bytes(20) + bytes([number]))
    before = bases.weights_sha256(tmp_path)
    (tmp_path / "README.md").write_text("Words.", encoding="utf-8")
    assert bases.weights_sha256(tmp_path) == before
    for path, place in product(weights, (0, 8, 20)):
        kept = path.read_bytes()
        path.write_bytes(kept[:place] + b"x" + kept[place + 1 :])
        assert bases.weights_sha256(tmp_path) != before
        path.write_bytes(kept)
    assert bases.weights_sha256(tmp_path) == before


def test_a_folder_that_is_no_model_is_one_clear_error(tmp_path):
    with pytest.raises(ModelError, match=str(tmp_path)):
        bases.load(tmp_path)


def test_an_adapter_changes_nothing_before_training_and_survives_its_folder(folder, model, tmp_path):
    ids = torch.tensor([[1, 5, 9]])
    with torch.no_grad():
        plain = model(ids).logits
    attached = adapters.attach(model, LORA)
    with torch.no_grad():
        assert torch.allclose(attached(ids).logits, plain)
        for name, weight in attached.named_parameters():
            if "lora_B" in name:
                weight.fill_(0.01)
        tuned = attached(ids).logits
    adapters.save(attached, LORA, folder, tmp_path / "adapter")
    with adapters.peft_in_quiet():
        by_peft = PeftModel.from_pretrained(bases.load(folder)[0], tmp_path / "adapter")
    for loaded in (adapters.load(bases.load(folder)[0], folder, tmp_path / "adapter"), by_peft):
        with torch.no_grad():
            assert torch.allclose(loaded(ids).logits, tuned, atol=1e-5)


def test_only_the_adapter_is_trained(model):
    attached = adapters.attach(model, LORA)
    assert all("lora" in name for name, weight in attached.named_parameters() if weight.requires_grad)


def test_modules_that_are_not_there_are_named(model):
    with pytest.raises(ModelError, match="no_such"):
        adapters.attach(model, replace(LORA, targets="q_proj+no_such"))


def test_an_adapter_refuses_another_base(folder, model, tokenizer, tmp_path):
    attached = adapters.attach(model, LORA)
    adapters.save(attached, LORA, folder, tmp_path / "adapter")
    other = scratch.make_model(ARCHITECTURE, tokenizer, seed=2)
    other.save_pretrained(tmp_path / "other")
    with pytest.raises(ModelError, match="sha256"):
        adapters.load(other, tmp_path / "other", tmp_path / "adapter")
