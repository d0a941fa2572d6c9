"""A GGUF file → a base model's folder: weights dequantised to exactly what the file says, tokenizer, template.

    SmolLM2-135M-Instruct.Q4_1.gguf   →   config.json, model.safetensors (fp32), tokenizer.json, chat_template.jinja, …

transformers reads the file. What it would read wrongly is refused: weights that the model's class has no place for, and
text that would be cut into other tokens than those that the model was trained on.
"""

from __future__ import annotations

import struct
from collections import Counter
from math import prod
from pathlib import Path

import torch
from gguf import GGMLQuantizationType
from tokenizers import pre_tokenizers
from transformers import AutoConfig, AutoModelForCausalLM, GgufConfig, PreTrainedModel, PreTrainedTokenizerFast
from transformers.integrations.gguf import GgufHeader, read_gguf_metadata
from transformers.integrations.gguf.gguf_tokenizer_mapping import GGUF_PRE_TOKENIZER_SPLITS

from pica.errors import ModelError

# Ways of cutting text, as `tokenizer.ggml.pre` names them. GPT-2's is what transformers takes where it knows no other;
# those that set each digit apart first it does not know.
_AS_GPT2 = ("gpt-2", "phi-2", "mpt", "olmo", "jais")
_SINGLE_DIGITS = ("smollm", "starcoder", "refact", "command-r", "codeshell", "exaone")

# Types that are no quantisation, by the torch type that holds their values.
_FLOATS = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def convert(file: Path, folder: Path) -> tuple[str, str]:
    """Write the model of a GGUF file into `folder`; returns how it is quantised (`Q4_1`), or its float type, and the
    licence that the file names (`apache-2.0`), empty where it names none.

    Raises:
        ModelError: it is no GGUF file of a decoder with a tokenizer that transformers reads as it was meant.
    """
    try:
        header = GgufHeader.from_file(str(file))
        metadata, _ = read_gguf_metadata(str(file))
    except (OSError, ValueError, KeyError, IndexError, struct.error) as error:
        raise ModelError(f"{file} is not a whole GGUF file: {error}") from None
    kind = quantisation(header)
    tokenizer = _tokenizer(file, metadata)
    model = _model(file, _FLOATS.get(kind, torch.float32))
    _check_whole(file, header, model)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return kind, str(metadata.get("general.license", ""))


def quantisation(header: GgufHeader) -> str:
    """The type that most of a file's weights have, as GGUF calls it."""
    weights: Counter[int] = Counter()
    for tensor in header.tensors:
        weights[tensor.ggml_type] += prod(tensor.shape)
    return GGMLQuantizationType(weights.most_common(1)[0][0]).name if weights else ""


def _tokenizer(file: Path, metadata: dict[str, object]) -> PreTrainedTokenizerFast:
    cut = str(metadata.get("tokenizer.ggml.pre", ""))
    byte_level = metadata.get("tokenizer.ggml.model") == "gpt2"
    known = {*GGUF_PRE_TOKENIZER_SPLITS, *_AS_GPT2, *_SINGLE_DIGITS}
    if byte_level and cut not in known:
        raise ModelError(
            f"{file} cuts text as {cut or 'it does not say'} (tokenizer.ggml.pre), which is not known here: the model "
            "would read other tokens than those that it was trained on. Take the model from the hub, or a folder."
        )
    try:
        tokenizer = PreTrainedTokenizerFast.from_pretrained(file.parent, gguf_file=file.name)
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise ModelError(f"{file} has no tokenizer that transformers can read: {error}") from None
    if byte_level and cut in _SINGLE_DIGITS:
        tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )
    tokenizer.model_max_length = metadata[f"{metadata['general.architecture']}.context_length"]
    return tokenizer


def _model(file: Path, dtype: torch.dtype) -> PreTrainedModel:
    place = {"gguf_file": file.name, "local_files_only": True}
    try:
        config = AutoConfig.from_pretrained(file.parent, trust_remote_code=False, **place)
        model, loading = AutoModelForCausalLM.from_pretrained(
            file.parent,
            config=config,
            dtype=dtype,
            # Else weights stay quantised where there are kernels, and can be neither saved nor trained.
            quantization_config=GgufConfig(dequantize=True),
            trust_remote_code=False,
            output_loading_info=True,
            **place,
        )
    except (OSError, ValueError, KeyError, IndexError, RuntimeError, NotImplementedError) as error:
        raise ModelError(f"{file} cannot be read as a decoder by transformers: {error}") from None
    if missing := sorted(loading["missing_keys"]):
        raise ModelError(
            f"{file} lacks {len(missing)} of the weights of its {type(model).__name__}, {missing[0]} first."
        )
    # A title in the file, which transformers takes for a place.
    del model.config._model_name_or_path
    return model


def _check_whole(file: Path, header: GgufHeader, model: PreTrainedModel) -> None:
    """ModelError where the file holds weights that the model does not: transformers passes over what it has no place
    for, such as the scaled positions of Llama 3 (rope_freqs)."""
    there = sum(prod(tensor.shape) for tensor in header.tensors)
    taken = sum(weight.numel() for weight in model.parameters())
    if there != taken:
        usual = ("blk.", "token_embd", "output")
        beside = [tensor.name for tensor in header.tensors if not tensor.name.startswith(usual)]
        named = f" ({', '.join(beside[:3])})" if beside else ""
        raise ModelError(
            f"{file} holds {there:,} weights{named}, and {type(model).__name__} of transformers takes {taken:,}: it "
            "would not be the same model. Take it from the hub, or a folder."
        )
