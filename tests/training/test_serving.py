"""What servers read of what was trained: they stop where it stops, and ask as it was asked."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, pipeline

from pica.errors import ModelError
from pica.schema import INSTRUCTION, to_row
from pica.store import write_json, write_rows
from pica.training import scratch, serving
from pica.training.encode import IGNORED, check_row, check_tokenizer, encode, end_token, prompt_ids
from pica.training.finetune import ADAPTER, finetune
from pica.training.merge import merge
from pica.training.template import served
from tests.conftest import ARCHITECTURE, TEXTS
from tests.training.conftest import instruction

CHAT = [{"role": "user", "content": "Which emotion? joy, anger."}, {"role": "assistant", "content": "joy"}]
HEADER = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}"
BODY = "{{ m.content + '<|im_end|>\n' }}{% endfor %}"
ASK = "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}"
EMPTY = "<think>\n\n</think>\n\n"
SHOWN = "{% if m.role == 'assistant' %}{{ '" + EMPTY.replace("\n", "\\n") + "' }}{% endif %}"

# By what a template does between the assistant's header and its answer: the template, and what training puts there.
TEMPLATES = {
    "nothing": (HEADER + BODY + ASK + "{% endif %}", ""),
    "always thinks (Qwen3 Thinking)": (HEADER + SHOWN + BODY + ASK + "{{ '<think>\n' }}{% endif %}", EMPTY),
    "shows an empty thought that it does not ask for": (HEADER + SHOWN + BODY + ASK + "{% endif %}", EMPTY),
    "thinks unless told not to (Qwen3)": (
        HEADER + BODY + ASK + "{% if enable_thinking is false %}{{ '" + EMPTY.replace("\n", "\\n") + "' }}{% endif %}"
        "{% endif %}",
        EMPTY,
    ),
    "channels (gpt-oss)": (
        "{% for m in messages %}{{ '<|im_start|>' + m.role }}{% if m.role == 'assistant' %}<|channel|>final{% endif %}"
        "{{ '<|message|>' + m.content + '<|im_end|>' }}{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant{% endif %}",
        "<|channel|>final<|message|>",
    ),
    "does not know of requests": (HEADER + BODY, ""),
    "quotes 'both' kinds \\ of ways": (
        "{% for m in messages %}{{ '<|im_start|>' + m.role }}{% if m.role == 'assistant' %}{{ \" it's \\\\ \" }}"
        "{% endif %}{{ m.content + '<|im_end|>' }}{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant{% endif %}",
        " it's \\ ",
    ),
}
REFUSED = {
    "opens a thought that no answer shows (R1 Distill)": HEADER + BODY + ASK + "{{ '<think>\n' }}{% endif %}",
    "asks under another name": HEADER + BODY + "{% if add_generation_prompt %}{{ '<|im_start|>model\n' }}{% endif %}",
    "shows no answers": HEADER.replace("messages", "messages if m.role == 'user'") + BODY + ASK + "{% endif %}",
    "raises": "{{ raise_exception('not today') }}",
    "is broken": "{% for m in %}",
}


def tokenizer_with(template: str | dict):
    tokenizer = scratch.make_tokenizer(TEXTS, ARCHITECTURE.vocab_size, ARCHITECTURE.context)
    tokenizer.add_tokens(["<think>", "</think>"])
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|channel|>", "<|message|>"]})
    tokenizer.chat_template = template
    return tokenizer


@pytest.mark.parametrize("name", TEMPLATES)
def test_an_answer_is_trained_where_the_template_shows_it(name):
    template, between = TEMPLATES[name]
    tokenizer = tokenizer_with(template)
    check_tokenizer(tokenizer)
    encoded = encode(CHAT, tokenizer)
    check_row("row", CHAT, encoded, tokenizer)
    assert tokenizer.decode([x for x in encoded.labels if x != IGNORED]) == "joy<|im_end|>"
    learnt = tokenizer.decode(list(encoded.ids))
    assert learnt.endswith(f"{between}joy<|im_end|>")
    if "unless told" not in name:  # it leaves the empty thought out of what it shows
        assert tokenizer.apply_chat_template(CHAT, tokenize=False).startswith(learnt)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_server_asks_as_training_did(name):
    template, _ = TEMPLATES[name]
    tokenizer = tokenizer_with(template)
    trained = prompt_ids(CHAT[:1], tokenizer)
    assert bool(served(tokenizer)) == (name not in ("nothing",))
    tokenizer.chat_template = served(tokenizer) or template
    asked = tokenizer.apply_chat_template(CHAT[:1], add_generation_prompt=True, return_dict=False)
    assert asked == trained == prompt_ids(CHAT[:1], tokenizer_with(tokenizer.chat_template))
    assert not served(tokenizer_with(tokenizer.chat_template))


def test_a_server_tells_the_model_the_date_of_training_and_not_todays():
    tokenizer = tokenizer_with("{{ strftime_now('%d %b %Y') }}" + TEMPLATES["nothing"][0])
    trained = prompt_ids(CHAT[:1], tokenizer)
    assert tokenizer.apply_chat_template(CHAT[:1], add_generation_prompt=True, return_dict=False) != trained
    tokenizer.chat_template = served(tokenizer)
    assert tokenizer.apply_chat_template(CHAT[:1], add_generation_prompt=True, return_dict=False) == trained
    assert served(tokenizer_with(tokenizer.chat_template)) == ""


@pytest.mark.parametrize("name", REFUSED)
def test_a_template_that_shows_no_answer_where_it_asks_for_one_is_refused(name):
    with pytest.raises(ModelError, match="the chat template of"):
        check_tokenizer(tokenizer_with(REFUSED[name]))


def test_named_templates_need_a_default():
    plain = TEMPLATES["nothing"][0]
    check_tokenizer(tokenizer_with({"default": plain, "tool_use": "{{ raise_exception('no tools') }}"}))
    with pytest.raises(ModelError, match="chat templates rag, tool_use and none named `default`"):
        check_tokenizer(tokenizer_with({"tool_use": plain, "rag": plain}))


@pytest.fixture
def pretrained(config) -> Path:
    """A base that stops at the end of a text, with a template that ends its turns with another token."""
    base = Path(config.base)
    tokenizer = AutoTokenizer.from_pretrained(base)
    tokenizer.eos_token = tokenizer.pad_token = "<|pad|>"
    tokenizer.save_pretrained(base)
    model = AutoModelForCausalLM.from_pretrained(base)
    model.generation_config.eos_token_id = model.config.eos_token_id = tokenizer.pad_token_id
    model.save_pretrained(base)
    write_json(base / serving.GENERATION, {"eos_token_id": tokenizer.pad_token_id, "top_k": 7})
    return base


@pytest.mark.parametrize("defaults", [True, False])
def test_what_was_trained_stops_wherever_it_is_served(config, pretrained, tmp_path, defaults):
    if not defaults:
        (pretrained / serving.GENERATION).unlink()
    rows = [instruction(0, "We won the cup!", "joy")]
    write_rows(Path(config.rows), map(to_row, rows), INSTRUCTION)
    write_rows(Path(config.validation), map(to_row, rows), INSTRUCTION)
    finetune(replace(config, train=replace(config.train, epochs=60)))
    adapter, merged = Path(config.out) / ADAPTER, tmp_path / "merged"
    merge(pretrained, adapter, merged, [rows[0].messages[:-1]], "# A card")
    end = end_token(AutoTokenizer.from_pretrained(pretrained))
    for folder in (adapter, merged):
        assert serving.ends(folder) == [end, 0]
        assert json.loads((folder / serving.GENERATION).read_text()).get("top_k") == (7 if defaults else None)
    served = pipeline("text-generation", str(merged), dtype=torch.float32)
    said = served([dict(rows[0].messages[0])], max_new_tokens=20, do_sample=False)[0]["generated_text"]
    assert said[-1]["content"] == "joy"


def test_the_defaults_of_a_base_that_stops_there_already_stay_as_they_are(folder, tokenizer, tmp_path):
    own = {"eos_token_id": [9, tokenizer.eos_token_id], "temperature": 0.5}
    write_json(folder / serving.GENERATION, own)
    serving.write(folder, tokenizer, tmp_path)
    assert json.loads((tmp_path / serving.GENERATION).read_text()) == own
    assert not (tmp_path / serving.TEMPLATE).exists()


def test_a_merged_folder_has_one_template(folder, tokenizer, tmp_path):
    tokenizer = tokenizer_with(TEMPLATES["channels (gpt-oss)"][0])
    write_json(
        tmp_path / "tokenizer_config.json", {"chat_template": tokenizer.chat_template, "eos_token": "<|im_end|>"}
    )
    serving.write(folder, tokenizer, tmp_path)
    assert json.loads((tmp_path / "tokenizer_config.json").read_text()) == {"eos_token": "<|im_end|>"}
    assert (tmp_path / serving.TEMPLATE).read_text() == served(tokenizer)
