"""A base with random weights, an adapter that changes what it says, and both in one folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ARCHITECTURE
from tests.training.conftest import LORA


def trained(base: Path, out: Path, settings=LORA) -> Path:
    """An adapter as training leaves it, its weights random."""
    import torch

    from pica.training import adapter as adapters
    from pica.training import base as bases
    from pica.training import serving

    model, tokenizer = bases.load(base, torch.float32, device="cpu")
    tuned = adapters.attach(model, settings)
    torch.manual_seed(5)
    with torch.no_grad():
        for name, weight in tuned.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.5)
    out.mkdir(parents=True)
    adapters.save(tuned, settings, base, out)
    serving.write(base, tokenizer, out)
    return out


@pytest.fixture(scope="session")
def base(tokenizer, tmp_path_factory) -> Path:
    from pica.training import scratch

    folder = tmp_path_factory.mktemp("models") / "base"
    scratch.make_model(ARCHITECTURE, tokenizer, seed=1).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def adapter(base) -> Path:
    return trained(base, base.parent / "adapter")
