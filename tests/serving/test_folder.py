"""One folder of base and adapter: transformers loads it from anywhere, and what does not belong together is refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pica.errors import ModelError
from pica.serving.folder import join
from pica.training import serving
from tests.serving.conftest import trained
from tests.training.conftest import LORA


def listing(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.mark.parametrize("kind", ["lora", "rslora", "dora"])
def test_transformers_loads_it_from_another_folder_with_peft_logits(base, tmp_path, monkeypatch, kind):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from pica.training import adapter as adapters
    from pica.training import base as bases

    adapter = trained(base, tmp_path / "adapter", replace(LORA, kind=kind))
    join(base, adapter, tmp_path / "models/served")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    shutil.move(tmp_path / "models/served", tmp_path / "moved")
    joined = AutoModelForCausalLM.from_pretrained("../moved", dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained("../moved")
    plain = bases.load(base, torch.float32, device="cpu")[0]
    ids = torch.tensor([tokenizer.encode("We won the cup!")])
    with torch.no_grad():
        before = plain(ids).logits
        expected = adapters.load(plain, base, adapter)(ids).logits
        assert torch.allclose(joined(ids).logits, expected, atol=1e-5)
        assert not torch.allclose(before, expected, atol=1e-2)


def test_weights_are_not_copied_and_the_adapter_names_its_base_by_a_path_that_holds_everywhere(base, adapter, tmp_path):
    out = tmp_path / "served"
    join(base, adapter, out)
    assert {file.name for file in out.iterdir() if file.is_symlink()} == {
        "model.safetensors",
        "adapter_model.safetensors",
    }
    named = Path(json.loads((out / "adapter_config.json").read_text())["base_model_name_or_path"])
    assert named.is_absolute()
    assert named == base


def test_a_temperature_counts_and_answers_end_where_they_were_trained_to(base, adapter, tmp_path):
    join(base, adapter, tmp_path / "served")
    defaults = json.loads((tmp_path / "served" / serving.GENERATION).read_text())
    assert defaults["do_sample"] is True
    assert defaults["top_k"] == 0
    assert serving.ends(tmp_path / "served") == serving.ends(adapter)


def test_the_bases_own_penalties_are_put_aside_as_in_the_chat(base, tmp_path):
    own = tmp_path / "own"
    shutil.copytree(base, own)
    end = serving.ends(own)
    (own / serving.GENERATION).write_text(
        json.dumps({"eos_token_id": end, "pad_token_id": 0, "top_k": 7, "repetition_penalty": 1.1, "do_sample": False})
    )
    join(own, None, tmp_path / "served")
    defaults = json.loads((tmp_path / "served" / serving.GENERATION).read_text())
    assert defaults == {"eos_token_id": end, "pad_token_id": 0, "top_k": 0, "do_sample": True}


def test_the_base_alone_is_served_without_an_adapter(base, tmp_path):
    join(base, None, tmp_path / "served")
    assert not list((tmp_path / "served").glob("adapter*"))


def test_an_older_folder_is_replaced_and_any_other_left_alone(base, adapter, tmp_path):
    out = tmp_path / "served"
    join(base, adapter, out)
    join(base, None, out)
    assert not (out / "adapter_config.json").exists()
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("keep")
    with pytest.raises(ModelError, match="was not written by `pica serve`"):
        join(base, adapter, mine)
    assert [file.name for file in mine.iterdir()] == ["notes.txt"]


def test_an_adapter_of_another_base_is_refused_and_nothing_written(base, adapter, model, tokenizer, tmp_path):
    import torch

    with torch.no_grad():
        next(model.parameters()).add_(1)
    model.save_pretrained(tmp_path / "other")
    tokenizer.save_pretrained(tmp_path / "other")
    with pytest.raises(ModelError, match=r"adapter was trained on .* with sha256"):
        join(tmp_path / "other", adapter, tmp_path / "served")
    assert not (tmp_path / "served").exists()


@pytest.mark.parametrize(("which", "lacks"), [(0, "config.json"), (1, "adapter_config.json")])
def test_a_folder_that_is_missing_is_named_with_what_to_do(base, adapter, tmp_path, which, lacks):
    folders = [base, adapter]
    folders[which] = tmp_path / "nowhere"
    with pytest.raises(ModelError, match=rf"nowhere holds no {lacks}.*dvc repro"):
        join(*folders, tmp_path / "served")


def test_pickled_weights_are_not_served(base, tmp_path):
    shutil.copytree(base, tmp_path / "pickled")
    (tmp_path / "pickled/model.safetensors").rename(tmp_path / "pickled/pytorch_model.bin")
    with pytest.raises(ModelError, match="pickles"):
        join(tmp_path / "pickled", None, tmp_path / "served")


def test_a_prefix_is_refused(base, tmp_path):
    settings = replace(LORA, kind="prefix", r=None, alpha=None, dropout=None, targets=None, virtual_tokens=4)
    prefix = trained(base, tmp_path / "prefix", settings)
    with pytest.raises(ModelError, match="is a prefix"):
        join(base, prefix, tmp_path / "served")
