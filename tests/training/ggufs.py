"""Writes a model as a GGUF file, as llama.cpp does: its names, its order of rotary rows, its kinds of tokens."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter
from gguf.quants import quantize
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

_NAMES = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
}
_NORMAL, _CONTROL = 1, 3


def write(
    path: Path,
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    kind: GGMLQuantizationType = GGMLQuantizationType.F32,
    cut: str = "gpt-2",
    architecture: str = "llama",
    leave_out: str = "",
    beside: str = "",
    words: bool = True,
    licence: str = "",
) -> None:
    """Write a file.

    Args:
        kind: what the matrices are quantised to; the norms stay in fp32.
        cut: `tokenizer.ggml.pre`.
        leave_out, beside: a tensor that is missing, and one that is too many.
        words: whether the tokenizer is in it.
        licence: `general.license`.
    """
    writer, config = GGUFWriter(path, architecture), model.config
    writer.add_name("Tiny")
    if licence:
        writer.add_license(licence)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_vocab_size(config.vocab_size)
    if words:
        _add_tokenizer(writer, tokenizer, cut)
    for name, weight in model.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        to = _name(name)
        if to != leave_out:
            _add(writer, to, _rotary(to, weight.numpy(), config), kind)
    if beside:
        writer.add_tensor(beside, np.ones(8, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _name(name: str) -> str:
    """`model.layers.0.self_attn.q_proj.weight`   →   `blk.0.attn_q.weight`"""
    stem = name.removesuffix(".weight")
    if stem in _NAMES:
        return f"{_NAMES[stem]}.weight"
    layer, _, rest = stem.removeprefix("model.layers.").partition(".")
    return f"blk.{layer}.{_NAMES[rest]}.weight"


def _rotary(name: str, weight: np.ndarray, config) -> np.ndarray:
    """Rows of queries and keys with the two halves of each head interleaved."""
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}.get(name.split(".")[-2])
    if heads is None:
        return weight
    return weight.reshape(heads, 2, -1, weight.shape[1]).swapaxes(1, 2).reshape(weight.shape)


def _add(writer: GGUFWriter, name: str, weight: np.ndarray, kind: GGMLQuantizationType) -> None:
    if weight.ndim == 1 or kind == GGMLQuantizationType.F32:
        writer.add_tensor(name, np.ascontiguousarray(weight))
    else:
        writer.add_tensor(name, quantize(weight, kind), raw_dtype=kind)


def _add_tokenizer(writer: GGUFWriter, tokenizer: PreTrainedTokenizerFast, cut: str) -> None:
    made = json.loads(tokenizer.backend_tokenizer.to_str())
    ids = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(cut)
    writer.add_token_list([token for token, _ in ids])
    writer.add_token_types([_CONTROL if token in tokenizer.all_special_tokens else _NORMAL for token, _ in ids])
    writer.add_token_merges([" ".join(pair) for pair in made["model"]["merges"]])
    writer.add_eos_token_id(tokenizer.eos_token_id)
    writer.add_pad_token_id(tokenizer.eos_token_id)
    writer.add_chat_template(tokenizer.chat_template)
