"""bf16 where the machine has it, and what it changes. Emulated it gives the same, so these run on any CPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate.state import AcceleratorState

from pica.errors import ParamsError
from pica.inference.runner import ModelRunner
from pica.store import read_json
from pica.training import adapter as adapters
from pica.training import base as bases
from pica.training import precision
from pica.training.encode import answer_ids, end_token, prompt_ids
from pica.training.finetune import ADAPTER, METRICS, finetune, identity


@pytest.fixture
def forget_precision() -> Iterator[Callable[[], None]]:
    """What makes accelerate take the precision anew, of which it keeps one a process; called at the end, too."""

    def forget() -> None:
        AcceleratorState._reset_state(reset_partial_state=True)

    yield forget
    forget()


@pytest.mark.parametrize(
    ("cpu", "kind"),
    [
        ({"avx512_bf16": True, "avx2": True}, torch.bfloat16),
        ({"avx512_bf16": False, "amx_bf16": True}, torch.bfloat16),
        ({"avx512_bf16": False, "amx_bf16": False, "avx2": True}, torch.float32),
        ({}, torch.float32),
    ],
)
def test_a_cpu_computes_in_bf16_where_it_has_instructions_for_it(monkeypatch, cpu, kind):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: cpu)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert precision.dtype() == torch.float32  # as these tests ask
    monkeypatch.delenv(precision.ASKED)
    assert precision.dtype() == precision.dtype(270_000_000) == kind
    assert precision.dtype(3_000_000) == torch.float32  # slower in bf16


def test_a_gpu_and_who_asks_for_it_have_bf16_for_small_models_too(monkeypatch):
    monkeypatch.setenv(precision.ASKED, "bf16")
    assert precision.name(3_000_000) == "bf16"
    monkeypatch.delenv(precision.ASKED)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert precision.name(3_000_000) == "bf16"


def test_a_small_model_is_trained_and_asked_in_fp32_on_a_cpu_with_bf16(config, folder, monkeypatch, forget_precision):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.delenv(precision.ASKED)
    forget_precision()
    assert bases.load(folder)[0].dtype == torch.float32
    finetune(config)
    assert read_json(Path(config.out) / METRICS)["precision"] == "fp32"


def test_another_type_than_these_is_refused(monkeypatch):
    monkeypatch.setenv(precision.ASKED, "fp16")
    with pytest.raises(ParamsError, match="PICA_PRECISION=fp16: give bf16 or fp32"):
        precision.dtype()


def test_a_training_in_bf16_comes_to_what_one_in_fp32_does(config, monkeypatch, forget_precision):
    found = {}
    for kind in ("fp32", "bf16"):
        monkeypatch.setenv(precision.ASKED, kind)
        forget_precision()
        own = replace(config, out=f"{config.out}-{kind}", train=replace(config.train, epochs=6))
        finetune(own)
        found[kind] = read_json(Path(own.out) / METRICS)
        assert found[kind]["precision"] == kind
    for loss in ("loss", "validation_loss"):
        assert found["bf16"][loss] == pytest.approx(found["fp32"][loss], rel=0.03)


def test_a_checkpoint_of_the_other_precision_is_of_no_use(config, monkeypatch):
    keys = []
    for kind in ("fp32", "bf16"):
        monkeypatch.setenv(precision.ASKED, kind)
        keys.append(identity(config))
    assert keys[0] != keys[1]


def test_label_scores_in_bf16_are_those_in_fp32_but_for_rounding(config, folder, monkeypatch):
    finetune(config)
    adapter = Path(config.out) / ADAPTER
    chats = [[{"role": "user", "content": f"Which emotion? {who} won the cup!"}] for who in ("Ana", "Bo", "Di")]
    scores = {}
    for kind in ("fp32", "bf16"):
        monkeypatch.setenv(precision.ASKED, kind)
        base, tokenizer = bases.load(folder)
        assert base.dtype == {"fp32": torch.float32, "bf16": torch.bfloat16}[kind]
        model = adapters.load(base, folder, adapter)
        prompts = [prompt_ids(chat, tokenizer) for chat in chats]
        answers = [answer_ids(label, tokenizer)[:-1] for label in ("joy", "anger", "fear")]
        found = ModelRunner(model, tokenizer, 128, 4).score(prompts, [answers] * 3, [end_token(tokenizer)])
        scores[kind] = np.array([[read.tokens.sum() + read.marks[-1, 0] for read in reads] for reads in found])
    assert np.abs(scores["bf16"] - scores["fp32"]).max() < 0.1
