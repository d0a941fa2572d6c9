from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from pica.evaluation import general
from pica.evaluation.predict import predict
from pica.inference.runner import ModelRunner
from pica.training import adapter as adapters
from tests.defaults import defaults
from tests.evaluation.test_predict import folder  # noqa: F401 (a fixture)
from tests.training.conftest import LORA


def test_there_are_twenty_texts_in_each_language_and_no_feeling_in_them():
    texts = general.texts()
    assert {language: len(set(known)) for language, known in texts.items()} == {"en": 20, "zh": 20}
    words = " ".join(texts["en"]).casefold()
    assert not [word for word in ("happy", "angry", "afraid", "feel", "sad ", "love", "sorry") if word in words]


@torch.no_grad()
def test_perplexity_is_that_of_plain_text(model, tokenizer, monkeypatch):
    text = "They cut the hedge without a word to me."
    monkeypatch.setattr(general, "texts", lambda: {"en": [text, "Oh"], "zh": ["我把雨伞忘在了公交车上。"]})
    found = general.perplexities(ModelRunner(model, tokenizer, 200, 8))
    losses, tokens = 0.0, 0
    for each in (text, "Oh"):
        ids = torch.tensor([tokenizer(each)["input_ids"]])
        scores = model(ids).logits.log_softmax(-1)[0]
        losses -= scores[:-1].gather(1, ids[0, 1:, None]).sum().item()
        tokens += ids.shape[1] - 1
    assert found["en"] == pytest.approx(math.exp(losses / tokens), rel=1e-4)
    assert list(found) == ["en", "zh"]


def test_a_tuned_model_is_compared_with_itself_before_tuning(model, folder, tmp_path):  # noqa: F811
    evaluate = replace(defaults().evaluate, batch_size=8, max_length=256)
    untuned = predict([], "base", folder, None, evaluate, {}).general
    assert set(untuned) == {"general_perplexity_en", "general_perplexity_zh"}
    tuned = adapters.attach(model, LORA)
    with torch.no_grad():
        for name, weight in tuned.named_parameters():
            if "lora_B" in name:
                weight.fill_(0.05)
    adapters.save(tuned, LORA, folder, tmp_path / "adapter")
    found = predict([], "tuned", folder, tmp_path / "adapter", evaluate, {}).general
    for language in ("en", "zh"):
        now, before = found[f"general_perplexity_{language}"], untuned[f"general_perplexity_{language}"]
        assert now != before
        assert found[f"general_ratio_{language}"] == pytest.approx(now / before, rel=1e-4)
