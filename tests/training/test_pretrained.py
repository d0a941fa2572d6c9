from __future__ import annotations

import pytest

from pica.errors import ModelError
from pica.params import Model
from pica.settings import Scratch
from pica.training.origin import RECORD, Origin, origin
from pica.training.pretrained import fetch, is_scratch

SCRATCH = Scratch(hidden_size=32, layers=2, heads=2, vocab_size=400, context=256, epochs=1, lr=1e-3, batch_tokens=4096)


@pytest.fixture
def whole(model, tokenizer, tmp_path):
    folder = tmp_path / "origin"
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "pytorch_model.bin").write_bytes(b"a pickle, which is never taken")
    return folder


def test_a_local_folder_becomes_the_base_without_its_pickles(whole, tmp_path):
    (tmp_path / "base").mkdir()
    fetch(Model(source=str(whole), revision="", scratch=None), tmp_path / "base")
    names = {path.name for path in (tmp_path / "base").iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", RECORD} <= names
    assert "pytorch_model.bin" not in names
    assert origin(tmp_path / "base") == Origin(str(whole))


def test_a_folder_without_a_model_is_one_clear_error(tmp_path):
    with pytest.raises(ModelError, match=r"config\.json"):
        fetch(Model(source=str(tmp_path), revision="", scratch=None), tmp_path)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (Model(source="", revision="", scratch=None), "model.source is empty"),
        (Model(source="scratch", revision="", scratch=None), "model.scratch"),
    ],
)
def test_a_model_that_says_too_little_is_refused(model, said):
    with pytest.raises(ModelError, match=said):
        is_scratch(model)


def test_what_is_made_here_and_what_is_fetched():
    assert is_scratch(Model(source="scratch", revision="", scratch=SCRATCH))
    assert not is_scratch(Model(source="hub:Qwen/Qwen3-0.6B", revision="main", scratch=None))
