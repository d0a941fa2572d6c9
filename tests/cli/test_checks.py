"""`pica doctor`: what is there, what is missing, and what to do about it, whatever state the repository is in."""

from __future__ import annotations

import json
import platform
import shutil
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from pica.cli.checks import _SERVE, _TRAIN, Finding, examine
from pica.corpora import catalogue
from pica.store import write_json
from tests.stages.imports import ROOT


def change(values: dict[str, object]) -> None:
    """Edit params.yaml, as somebody does by hand."""
    params = OmegaConf.load("params.yaml")
    for key, value in values.items():
        OmegaConf.update(params, key, value)
    OmegaConf.save(params, "params.yaml")


def finding(what: str) -> Finding:
    (found,) = [found for found in examine(Path.cwd()) if found.what == what]
    return found


def test_a_sound_installation_has_nothing_to_mend(workspace):
    findings = {found.what: found for found in examine(workspace)}
    assert platform.python_version() in findings["python"].found
    assert findings["torch"].found == version("torch")
    assert [found for found in findings.values() if found.mend and found.what != "disk"] == []
    assert f"of {len(catalogue())} datasets" in findings["source"].found


def without(monkeypatch, *names: str) -> None:
    """As if these packages of the extra `train` were not installed."""

    def found(name: str) -> str:
        if name in names:
            raise PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr("pica.cli.checks.version", found)
    for name in names:
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.parametrize("left", [(), ("scipy",)])
def test_without_all_that_trains_it_says_what_works_and_how_to_get_the_rest(workspace, monkeypatch, left):
    without(monkeypatch, *(name for name in _TRAIN if name not in left))
    findings = {found.what: found for found in examine(workspace)}
    assert "data stages and `pica export`" in findings["train"].found
    assert "'.[train]'" in findings["train"].found
    assert [found for found in findings.values() if found.mend and found.what != "disk"] == []
    assert "source" in findings


@pytest.mark.parametrize("name", ["torch", "peft", "matplotlib"])
def test_a_part_of_what_trains_that_is_missing_is_said(workspace, monkeypatch, name):
    without(monkeypatch, name)
    assert finding(name).found == "not installed"
    assert "'.[train]'" in finding(name).mend


def test_what_trains_is_the_extra_of_that_name():
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert sorted(_TRAIN) == extra["train"]
    assert sorted(_SERVE) == extra["serve"]


def test_general_text_is_named_but_not_counted(workspace):
    change({"datasets": "meld+general"})
    assert finding("source").found == f"sample: 1 of {len(catalogue())} datasets: meld, general"


def test_nothing_is_changed(workspace):
    before = {path: path.stat().st_mtime_ns for path in workspace.rglob("*")}
    examine(workspace)
    assert {path: path.stat().st_mtime_ns for path in workspace.rglob("*")} == before


@pytest.mark.parametrize(
    ("values", "what", "said"),
    [
        ({"source.kind": "mirror"}, "source", "source.path"),
        ({"source.kind": "mirror", "source.path": "nowhere"}, "source", "nowhere"),
        ({"datasets": "mled"}, "source", "unknown dataset 'mled'"),
        ({"model.source": ""}, "model", "model.source"),
        ({"model.source": "nowhere"}, "model", "nowhere"),
    ],
)
def test_what_is_missing_is_said_with_what_to_do(workspace, values, what, said):
    change(values)
    assert said in finding(what).mend


def test_the_parameters_of_an_experiment_are_said_and_nothing_to_mend(workspace):
    change({"seed": 7})
    assert finding("params") == Finding("params", finding("params").found)
    assert "seed: 7" in finding("params").found
    assert "pica compose" in finding("params").found


def test_what_trainings_keep_is_said_with_how_to_drop_it(workspace):
    kept = [f"0.0 GiB .pica/{name}" for name in ("tokens", "checkpoints", "evaluate", "bases")]
    assert finding("kept").found.startswith(f"{', '.join(kept)}; ")
    (workspace / ".pica/checkpoints/0a1b").mkdir(parents=True)
    with (workspace / ".pica/checkpoints/0a1b/1.safetensors").open("wb") as file:
        file.truncate(3 << 29)  # a hole, which takes no disk
    assert "1.5 GiB .pica/checkpoints" in finding("kept").found
    assert "rm -rf .pica/tokens .pica/checkpoints .pica/evaluate .pica/bases" in finding("kept").found


def local_model(folder: Path, **config: object) -> None:
    """A folder that looks like a model's."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"dtype": "bfloat16", **config}), encoding="utf-8")
    (folder / "model.safetensors").write_bytes(bytes(4_000_000))


def test_a_local_model_that_is_whole_is_well(workspace):
    local_model(workspace / "mine")
    change({"model.source": "mine"})
    assert finding("model") == Finding("model", "mine")
    assert "2 M weights" in finding("memory").found
    (workspace / "mine/model.safetensors").rename(workspace / "mine/pytorch_model.bin")
    assert "pickles" in finding("model").mend


def test_a_model_too_large_for_the_memory_says_so(workspace, monkeypatch):
    change({"model.source": "hub:Qwen/Qwen3-8B"})
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("pica.cli.checks._ram", lambda: 24 << 30)
    assert finding("memory") == Finding(
        "memory", "8 B weights in fp32: 29.8 of 24 GiB", "take a smaller model or a larger GPU"
    )
    monkeypatch.setattr("pica.cli.checks._ram", lambda: 64 << 30)
    assert finding("memory").mend == ""


def test_a_gated_model_wants_a_login(workspace, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(workspace / "empty"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    change({"model.source": "hub:meta-llama/Llama-3.1-8B-Instruct"})
    monkeypatch.setattr("pica.cli.checks.get_token", lambda: None)
    assert "hf auth login" in finding("model").mend
    assert "Llama 3.1 Community Licence" in finding("model").found
    monkeypatch.setattr("pica.cli.checks.get_token", lambda: "hf_…")
    assert finding("model").mend == ""


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"adapter.kind": "qlora"}, "CUDA GPU and bitsandbytes"),
        ({"adapter.kind": "prefix"}, "adapter.virtual_tokens is null"),
        ({"adapter.targets": "q_proj+gate_proj"}, "GlmForCausalLM has no gate_proj"),
    ],
)
def test_an_adapter_that_cannot_work_says_so(workspace, values, said):
    shape = {"num_hidden_layers": 1, "hidden_size": 16, "intermediate_size": 16}
    local_model(workspace / "mine", model_type="glm", **shape)
    change({"model.source": "mine", **values})
    assert said in finding("adapter").mend


def test_vllm_is_missed_where_it_is_to_evaluate(workspace, monkeypatch):
    assert "engine" not in {found.what for found in examine(workspace)}
    change({"evaluate.engine": "vllm"})
    monkeypatch.setitem(sys.modules, "vllm", None)
    assert "pip install vllm" in finding("engine").mend


def test_a_hub_model_wants_a_hub(workspace, monkeypatch):
    change({"model.source": "hub:Qwen/Qwen3-0.6B"})
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(workspace / "empty"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE" in finding("model").mend
    monkeypatch.delenv("HF_HUB_OFFLINE")
    assert finding("model").mend == ""


def test_the_servers_that_take_the_adapter_are_named_and_why_others_do_not(workspace):
    assert "serving" not in {found.what for found in examine(workspace)}
    write_json(workspace / "models/base/config.json", {"model_type": "qwen3"})
    write_json(workspace / "models/adapter/base.json", {"kind": "rslora"})
    config = {"r": 8, "lora_alpha": 16, "lora_dropout": 0.0, "target_modules": ["q_proj"]}
    write_json(workspace / "models/adapter/adapter_config.json", config)
    said = finding("serving")
    assert "models/adapter (rslora) on " in said.found
    assert "is taken by pica serve, vLLM, any, after `pica merge`; not SGLang: " in said.found
    assert "not llama.cpp: " in said.found
    assert said.mend == ""
    (workspace / "models/adapter/base.json").write_text("{")
    assert "not valid JSON" in finding("serving").mend


@pytest.mark.parametrize("missing", ["params.yaml", "conf"])
def test_a_broken_repository_is_examined_all_the_same(workspace, missing):
    path = workspace / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert missing in finding("params").mend
    assert finding("python").mend == ""


def test_a_finding_is_a_line_and_what_mends_it_another():
    assert str(Finding("disk", "9 GiB free")) == "✓ disk         9 GiB free"
    assert str(Finding("disk", "0 GiB free", "free some")) == "! disk         0 GiB free\n    → free some"


@pytest.mark.parametrize(("name", "fine"), [("repo", True), ("语料", False), ("dépôt", False)])
def test_a_path_that_dvcs_copies_break_under_is_said_beforehand(workspace, name, fine):
    (workspace / name).mkdir()
    (found,) = [found for found in examine(workspace / name) if found.what == "repository"]
    assert ("--temp" not in found.mend) == fine


def test_a_folder_without_git_is_told_what_dvc_needs(workspace):
    def told() -> list[Finding]:
        return [found for found in examine(workspace) if found.what == "git"]

    (workspace / ".dvc/config").write_text("[core]\n", encoding="utf-8")
    assert "core.no_scm" in told()[0].mend
    (workspace / ".dvc/config.local").write_text("[core]\n    no_scm = true\n", encoding="utf-8")
    assert told() == []
    (workspace / ".git").mkdir()
    assert "--unset core.no_scm" in told()[0].mend
    (workspace / ".dvc/config.local").unlink()
    assert told() == []
