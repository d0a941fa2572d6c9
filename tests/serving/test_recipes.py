"""Which servers take which adapter: what `pica doctor` and `pica serve` say of it."""

from __future__ import annotations

import json
import shlex
from itertools import pairwise

import pytest

from pica.serving import recipes
from pica.store import write_json

LINEAR = ["q_proj", "v_proj"]
SERVERS = ["pica serve", "vLLM", "SGLang", "llama.cpp", "Ollama", "any, after `pica merge`"]


@pytest.fixture
def folders(tmp_path):
    """A function that makes a base and an adapter of some kind."""

    def made(kind: str, family: str = "qwen3", **config):
        base, adapter = tmp_path / "the base", tmp_path / "adapter"
        write_json(base / "config.json", {"model_type": family})
        write_json(adapter / "base.json", {"kind": kind})
        settings = {"r": 32, "lora_alpha": 64, "lora_dropout": 0.0, "target_modules": LINEAR, "num_virtual_tokens": 8}
        write_json(adapter / "adapter_config.json", settings | config)
        return base, adapter

    return made


@pytest.mark.parametrize(
    ("kind", "config", "refused"),
    [
        ("lora", {}, {"Ollama"}),
        ("lora", {"family": "llama"}, set()),
        ("qlora", {}, {"Ollama"}),
        ("rslora", {}, {"SGLang", "llama.cpp", "Ollama"}),
        ("dora", {}, {"vLLM", "SGLang", "llama.cpp", "Ollama"}),
        ("lora", {"target_parameters": ["experts.down_proj"]}, {"vLLM", "SGLang", "llama.cpp", "Ollama"}),
        ("lora", {"r": 1024, "family": "llama"}, {"vLLM"}),
        ("prefix", {}, set(SERVERS)),
    ],
)
def test_each_kind_has_its_servers(folders, kind, config, refused):
    found = recipes.obstacles(*folders(kind, **config))
    assert list(found) == SERVERS
    assert {server for server, obstacle in found.items() if obstacle} == refused


def test_vllms_command_has_the_rank_the_stops_and_the_template(folders):
    base, adapter = folders("lora", r=20)
    (adapter / "chat_template.jinja").write_text("x")
    words = shlex.split(recipes.vllm(base, adapter))
    assert words[:3] == ["vllm", "serve", str(base)]
    given = dict(pairwise(words))
    assert given["--max-lora-rank"] == "32"
    assert given["--lora-modules"] == f"pica={adapter}"
    assert given["--generation-config"] == str(adapter)
    assert given["--chat-template"] == str(adapter / "chat_template.jinja")
    assert given["--host"] == "127.0.0.1"


def test_what_is_said_of_vllm_where_it_is_installed(folders):
    assert "vllm serve" in recipes.beside(*folders("lora"))
    assert "does not serve DoRA" in recipes.beside(*folders("dora"))


def test_the_settings_are_those_of_the_folder(base, adapter):
    from pica.training import adapter as adapters
    from tests.training.conftest import LORA

    read = adapters.read(adapter)
    targets = json.loads((adapter / "adapter_config.json").read_text())["target_modules"]
    assert (read.kind, read.r, read.alpha, read.targets) == (LORA.kind, LORA.r, LORA.alpha, "+".join(targets))
