"""A sentence encoder, made small here in the layout that sentence-transformers writes."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from pica.errors import ModelError
from pica.evaluation.baselines import learnt
from pica.inference.encoder import SentenceEncoder, find
from tests.evaluation.test_baselines import instruction, reviews

WORDS = [
    "[PAD]",
    "[UNK]",
    "what",
    "a",
    "lovely",
    "warm",
    "dull",
    "slow",
    "film",
    ",",
    "I",
    "enjoyed",
    "hated",
    "it",
    "my",
    "dog",
    "is",
    "ill",
    "they",
    "took",
    "job",
    "away",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("package") / "tiny_encoder/model"
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]").save_pretrained(made)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    BertModel(config).save_pretrained(made)
    return made


@pytest.mark.parametrize("broken", ["model.safetensors", "config.json", "tokenizer.json"])
def test_an_encoder_that_cannot_be_loaded_is_one_message(folder, tmp_path, broken):
    made = Path(shutil.copytree(folder, tmp_path / "model"))
    (made / broken).write_bytes((made / broken).read_bytes()[:40])
    with pytest.raises(ModelError, match=r"the encoder in .*model cannot be loaded: "):
        SentenceEncoder(made, seed=0)


def test_a_vector_is_the_mean_of_the_last_states_at_length_one(folder):
    model = BertModel.from_pretrained(folder).eval()
    with torch.inference_mode():
        states = model(torch.tensor([[WORDS.index("lovely"), WORDS.index("film")]])).last_hidden_state[0]
    expected = states.mean(0) / states.mean(0).norm()
    # Beside a longer text, so that there is padding.
    vectors = SentenceEncoder(folder, seed=0).vectors(["lovely film", "what a dull slow film , I hated it"])
    np.testing.assert_allclose(vectors[0], expected.numpy(), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_the_first_state_is_taken_where_the_encoder_says_so(folder, tmp_path):
    copy = tmp_path / "model"
    copy.mkdir()
    for file in folder.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    (copy / "1_Pooling").mkdir()
    (copy / "1_Pooling/config.json").write_text(json.dumps({"pooling_mode_cls_token": True}), "utf-8")
    text = ["lovely warm film"]
    assert not np.allclose(SentenceEncoder(copy, 0).vectors(text), SentenceEncoder(folder, 0).vectors(text), atol=1e-3)


@pytest.mark.parametrize("epochs", [0, 60])
def test_it_learns_labels_and_gives_their_probabilities(folder, epochs):
    predictions = learnt(
        SentenceEncoder(folder, 0, epochs), reviews(["good", "bad"] * 30), reviews(["bad", "good"]), "e"
    )
    assert [p.label for p in predictions] == ["bad", "good"]
    for p in predictions:
        assert np.exp(p.log_probs).sum() == pytest.approx(1)


def test_free_text_is_the_answer_of_the_nearest_row(folder):
    def row(text, answer):
        return instruction(0, "esconv-generation", "dialogue_generation", text, answer)

    train = [row("my dog is ill", "Poor dog!"), row("they took my job away", "So sorry.")]
    asked = [row("they took my job", "…")]
    assert [p.output for p in learnt(SentenceEncoder(folder, 0), train, asked, "e")] == ["So sorry."]


def test_a_cause_is_a_clause_of_the_input(folder):
    def row(text, answer):
        return instruction(0, "dailydialog-cause", "emotion_cause", text, answer)

    train = [row("Ann: what is it\nBen: I hated it, my dog is ill", "my dog is ill")] * 3
    (answer,) = learnt(SentenceEncoder(folder, 0), train, [replace(train[0], id="x")], "e")
    assert answer.output in answer.spans[0] == answer.output
    assert answer.output in train[0].instances[0]["input"]


def test_two_runs_of_fine_tuning_agree(folder):
    train, asked = reviews(["good", "bad"] * 8), reviews(["bad", "good"])
    first, second = (learnt(SentenceEncoder(folder, 3, epochs=1), train, asked, "e") for _ in range(2))
    assert first == second


def test_a_package_is_looked_into_and_not_run(folder, monkeypatch):
    package = folder.parent
    (package / "__init__.py").write_text("raise RuntimeError('it was run')", "utf-8")
    monkeypatch.syspath_prepend(str(package.parent))
    assert find("tiny_encoder") == folder
    assert "tiny_encoder" not in sys.modules
    assert find(str(folder)) == folder


def test_a_package_that_is_not_there_is_none():
    assert find("no_such_encoder") is None


def test_a_folder_that_holds_no_encoder_is_said(tmp_path):
    with pytest.raises(ModelError, match="is no encoder"):
        find(str(tmp_path))
