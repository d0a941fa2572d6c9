"""Model folders as the hub has them, which this project did not make: fetched, tuned, asked and merged by the stages.

They are small and have random weights, but the classes, file layout, special tokens and chat templates of real ones.
"""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GlmConfig,
    LlamaConfig,
    MistralConfig,
    PreTrainedTokenizerFast,
    Qwen3Config,
)

from pica import cli
from pica.cards import CARD
from pica.errors import ModelError
from pica.instructions.writing import Part, sources
from pica.outside.question import write
from pica.params import Model, load
from pica.schema import EXAMPLE, INSTRUCTION, PREDICTION
from pica.store import read_rows, write_json, write_rows
from pica.training import adapter as adapters
from pica.training import base as bases
from pica.training.encode import IGNORED, check_tokenizer, encode
from pica.training.pretrained import fetch
from pica.training.template import prompt
from tests.stages.imports import ROOT

SIZES = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 512,
    # Random weights of the usual 0.02 could not be taught by an adapter.
    "initializer_range": 0.2,
}
CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}"
    "{% if m.role == 'assistant' and loop.last %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
    "{{ m.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}"
    "{% if enable_thinking is false %}{{ '<think>\n\n</think>\n\n' }}{% endif %}{% endif %}"
)
GLM = (
    "[gMASK]<sop>{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
LLAMA3 = (
    "{{ bos_token }}{% for m in messages %}"
    "{{ '<|start_header_id|>' + m.role + '<|end_header_id|>\n\n' + m.content + '<|eot_id|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
MISTRAL = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}{{ '[INST] ' + m.content + ' [/INST]' }}"
    "{% else %}{{ ' ' + m.content + eos_token }}{% endif %}{% endfor %}"
)


@dataclass(frozen=True)
class Kind:
    """How an architecture's folders look: configuration, special tokens, what is trained of an answer `joy`."""

    config: Callable
    template: str
    tokens: dict[str, str]
    extra: tuple[str, ...]
    trained: str
    pad: str
    targets: str


LINEAR = "q_proj+k_proj+v_proj+o_proj+gate_proj+up_proj+down_proj"
KINDS = {
    "qwen3": Kind(
        Qwen3Config,
        CHATML,
        {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"},
        ("<|im_start|>",),
        "joy<|im_end|>",
        "<|endoftext|>",
        LINEAR,
    ),
    "glm": Kind(
        GlmConfig,
        GLM,
        {"eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"},
        ("[gMASK]", "<sop>", "<|user|>", "<|assistant|>", "<|observation|>"),
        "joy<|user|>",
        "<|endoftext|>",
        "q_proj+k_proj+v_proj+o_proj+gate_up_proj+down_proj",
    ),
    "llama3": Kind(
        LlamaConfig,
        LLAMA3,
        {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"},
        ("<|start_header_id|>", "<|end_header_id|>", "<|finetune_right_pad_id|>"),
        "joy<|eot_id|>",
        "<|finetune_right_pad_id|>",
        LINEAR,
    ),
    "mistral": Kind(
        MistralConfig,
        MISTRAL,
        {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"},
        ("[INST]", "[/INST]"),
        "joy</s>",
        "<unk>",
        LINEAR,
    ),
}
QUESTIONS = {"We won the cup!": "joy", "They cut the hedge.": "anger", "The whole street sings.": "joy"}


def row(split: str, number: int, text: str, answer: str) -> dict:
    request = "Which emotion? joy, anger."
    return {
        "task_type": "text_emotion",
        "dataset": "goemotions",
        "instruction": request,
        "instances": [{"input": text, "output": answer}],
        "is_classification": True,
        "name": "goemotions-coarse-classification",
        "id": f"goemotions/{split}/{number}#goemotions-coarse-classification-0",
        "split": split,
        "language": "en",
        "messages": [
            {"role": "user", "content": f"{request}\n\n{text}"},
            {"role": "assistant", "content": answer},
        ],
        "candidates": ["joy", "anger"],
    }


def make_folder(kind: Kind, folder: Path) -> Path:
    """A sharded checkpoint in bf16 with its index, tokenizer, chat template and generation defaults."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer, bpe.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    special = list(dict.fromkeys([*kind.tokens.values(), *kind.extra]))
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    bpe.train_from_iterator(
        QUESTIONS, trainers.BpeTrainer(vocab_size=400, special_tokens=special, initial_alphabet=alphabet)
    )
    if bos := kind.tokens.get("bos_token"):  # as Llama's tokenizers do, unless told not to
        bpe.post_processor = processors.TemplateProcessing(
            single=f"{bos} $A", special_tokens=[(bos, bpe.token_to_id(bos))]
        )
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, chat_template=kind.template, **kind.tokens)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    ids = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": None}
    model = AutoModelForCausalLM.from_config(kind.config(vocab_size=len(tokenizer), **SIZES, **ids))
    model.to(torch.bfloat16).save_pretrained(folder, max_shard_size="20KB")
    sampling = {"do_sample": True, "temperature": 0.6, "repetition_penalty": 1.5}
    write_json(folder / "generation_config.json", sampling)
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\nA model.\n", encoding="utf-8")
    assert (folder / "model.safetensors.index.json").is_file()
    return folder


@pytest.fixture(params=KINDS)
def kind(request) -> Kind:
    return KINDS[request.param]


@pytest.fixture
def base(kind, workspace) -> Path:
    """The folder as base_model leaves it, in a repository with instructions."""
    make_folder(kind, workspace / "hub")
    Path("models/base").mkdir(parents=True)
    fetch(Model(source="hub", revision="", scratch=None), Path("models/base"))
    rows = {
        split: [row(split, i, text, answer) for i, (text, answer) in enumerate(QUESTIONS.items())]
        for split in ("train", "validation", "test")
    }
    for split in rows:
        write_rows(Path(f"data/instructions/{split}.parquet"), rows[split], INSTRUCTION)
    parts = [Part("goemotions-coarse-classification", dict.fromkeys(rows, 3), tokens=0)]
    given = sources(parts, load(Path("params.yaml")).source)
    write_json(Path("data/instructions/sources.json"), given)
    write_rows(Path("data/views/goemotions-coarse-classification.parquet"), [], EXAMPLE)
    write(Path("data/outside.json"), [])
    return Path("models/base")


def stage(name: str, *arguments, **sections) -> None:
    """A stage's own code, in this process."""
    runpy.run_path(str(ROOT / f"stages/{name}.py"))["run"](*arguments, **sections)


def test_it_is_tuned_asked_and_merged(kind, base, capsys):
    params = load(Path("params.yaml"))
    stage(
        "finetune",
        train=replace(params.train, epochs=30, lr=1e-2, batch_tokens=512),
        adapter=replace(params.adapter, targets=kind.targets),
        seed=1,
    )
    asked = replace(params.evaluate, bootstrap=0)
    stage("evaluate", "tuned", systems=params.systems, evaluate=asked, seed=1)
    predictions = list(read_rows(Path("data/predictions/tuned.parquet"), PREDICTION))
    assert [p["label"] for p in predictions] == [p["gold"] for p in predictions]
    assert [(p["output"], p["finished"]) for p in predictions] == [(p["gold"], True) for p in predictions]

    model = AutoModelForCausalLM.from_pretrained(base)
    with adapters.peft_in_quiet():
        assert isinstance(PeftModel.from_pretrained(model, "models/adapter"), PeftModel)
    assert "Base: apache-2.0." in Path("models/adapter", CARD).read_text(encoding="utf-8")

    cli.main(["merge"])
    assert "models/merged: torch.bfloat16. Its logits differ" in capsys.readouterr().out
    whole = AutoTokenizer.from_pretrained("models/merged")
    # Qwen3's thinks by default, and was trained not to; whoever serves the merged model need not know that.
    if "enable_thinking" not in kind.template:
        assert whole.chat_template == kind.template
    chat = row("train", 0, "We won the cup!", "joy")["messages"][:1]
    asked = whole.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    trained = prompt(chat, bases.load(base)[1])
    assert trained.startswith(asked)
    assert not trained.removeprefix(asked).strip()
    assert json.loads(Path("models/merged/generation_config.json").read_text())["repetition_penalty"] == 1.5


def test_its_tokens_are_right(kind, base):
    _, tokenizer = bases.load(base)
    check_tokenizer(tokenizer)
    encoded = encode(row("train", 0, "We won the cup!", "joy")["messages"], tokenizer)
    assert tokenizer.decode([x for x in encoded.labels if x != IGNORED]) == kind.trained
    assert tokenizer.pad_token == kind.pad
    ids = list(encoded.ids)
    assert ids.count(tokenizer.bos_token_id) == ("bos_token" in kind.tokens)
    # What the model learns is what the template shows of the whole chat, up to the answer's end.
    chat = row("train", 0, "We won the cup!", "joy")["messages"]
    shown = tokenizer.apply_chat_template([*chat, chat[0]], tokenize=False).replace("<think>\n\n</think>\n\n", "")
    learnt = tokenizer.decode(ids).replace("<think>\n\n</think>\n\n", "")
    assert shown.startswith(learnt)


def test_its_own_sampling_does_not_mix_into_ours(base):
    model, _ = bases.load(base)
    assert model.generation_config.repetition_penalty is None
    assert model.generation_config.temperature is None


@pytest.mark.parametrize("kind", [KINDS["qwen3"]])
def test_what_is_no_whole_model_is_refused_with_what_to_do(kind, workspace):
    folder, out = make_folder(kind, workspace / "hub"), workspace / "out"
    out.mkdir()
    model = Model(source="hub", revision="", scratch=None)
    shards = sorted(folder.glob("model-*.safetensors"))
    shards[0].unlink()
    with pytest.raises(ModelError, match=rf"lacks {shards[0].name}"):
        fetch(model, out)
    for shard in shards[1:]:
        shard.rename(shard.with_suffix(".bin"))
    with pytest.raises(ModelError, match=r"pickles \(\.bin\).*safetensors"):
        fetch(model, out)
    (folder / "config.json").rename(folder / "adapter_config.json")
    with pytest.raises(ModelError, match="is an adapter, not a model"):
        fetch(model, out)


@pytest.mark.parametrize("kind", [KINDS["qwen3"]])
def test_a_model_that_lacks_weights_or_needs_code_is_refused(kind, workspace):
    folder = make_folder(kind, workspace / "hub")
    AutoModelForCausalLM.from_pretrained(folder).model.save_pretrained(folder)  # without its head
    with pytest.raises(ModelError, match="lacks 1 of the weights of its Qwen3ForCausalLM"):
        bases.load(folder)
    config = json.loads((folder / "config.json").read_text())
    own = {"model_type": "chatglm", "auto_map": {"AutoConfig": "own.Config", "AutoModelForCausalLM": "own.Model"}}
    write_json(folder / "config.json", config | own)
    (folder / "own.py").write_text("raise SystemExit('ran')", encoding="utf-8")
    with pytest.raises(ModelError, match="Python code of its own, which is never run"):
        bases.load(folder)
