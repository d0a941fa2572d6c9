from __future__ import annotations

from types import SimpleNamespace

import torch

from pica.params import compose, validated
from pica.training.scratch import make_model
from tests.stages.imports import ROOT


class Tokenizer(SimpleNamespace):
    """As long as a vocabulary."""

    def __len__(self) -> int:
        return self.size


def test_the_base_of_60_million_parameters_has_60_million():
    shape = validated(compose(ROOT / "conf", ["model=scratch-60m"]), ROOT / "conf").model.scratch
    tokenizer = Tokenizer(size=shape.vocab_size, pad_token_id=0, eos_token_id=2)
    with torch.device("meta"):
        model = make_model(shape, tokenizer, seed=1)
    assert 58e6 < sum(weight.numel() for weight in model.parameters()) < 62e6
