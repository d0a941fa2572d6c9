"""The base model's folder, in the Hugging Face layout, loaded and told apart from others."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from pica.errors import ModelError


def load(folder: Path) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Model and tokenizer of a folder: bf16 on a GPU, fp32 on a CPU, in evaluation mode.

    Raises:
        ModelError: the folder is not a model that transformers knows.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, local_files_only=True, use_safetensors=True)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{folder} cannot be loaded as a model: {str(error).splitlines()[0]}") from None
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = _spare(tokenizer)
    return model.to(device).eval(), tokenizer


def fingerprint(folder: Path) -> str:
    """sha256 over the weights of a model folder: what an adapter was trained on, and must be loaded on."""
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.safetensors")):
        with file.open("rb") as reader:
            digest.update(hashlib.file_digest(reader, "sha256").digest())
    return digest.hexdigest()


def _spare(tokenizer: PreTrainedTokenizerBase) -> str:
    """A special token that stands in no text, for padding, where a tokenizer has none (Llama)."""
    for token in tokenizer.all_special_tokens:
        if token not in (tokenizer.bos_token, tokenizer.eos_token):
            return token
    reserved = [
        t.content for t in tokenizer.added_tokens_decoder.values() if "reserved" in t.content or "unk" in t.content
    ]
    if not reserved:
        raise ModelError(
            f"{tokenizer.name_or_path} has no padding token and no spare one. "
            "Set `pad_token` in its tokenizer_config.json."
        )
    return reserved[0]
