"""A tokenizer and a model small enough to be made for each test session."""

from __future__ import annotations

import pytest

from pica.params import Scratch
from pica.training import scratch

TEXTS = [
    "Which emotion does this text express? Choose one of: joy, anger, no emotion.",
    "We won the cup, and the whole street is singing!",
    "They cut the hedge without a word to me.",
    "我把雨伞忘在了公交车上。",
    "Continue this conversation with the next reply.",
]

ARCHITECTURE = Scratch(hidden_size=32, layers=2, heads=2, vocab_size=400, context=256, epochs=1, lr=1e-3)


@pytest.fixture(scope="session")
def tokenizer():
    return scratch.make_tokenizer(TEXTS, ARCHITECTURE.vocab_size, ARCHITECTURE.context)


@pytest.fixture
def model(tokenizer):
    return scratch.make_model(ARCHITECTURE, tokenizer, seed=1).eval()
