"""The base model's folder, in the Hugging Face layout, loaded and told apart from others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
    GenerationConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import is_flash_attn_2_available

from pica.errors import ModelError
from pica.store import read_json
from pica.training import precision
from pica.training.encode import end_token

# Bytes that one thread hashes at a time.
_PIECE = 1 << 26


def load(
    folder: Path, dtype: torch.dtype | None = None, four_bit: bool = False, device: str = ""
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Model and tokenizer of a folder, in evaluation mode.

    Args:
        dtype: of the weights; by default what is computed in here (precision.py).
        four_bit: hold the linear layers in 4 bits (nf4), on the GPU.
        device: by default the GPU where there is one.

    Raises:
        ModelError: the folder is not a whole model that transformers knows by itself, or 4 bits cannot be had here.
    """
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    options = {"dtype": dtype or precision.dtype(size(folder))}
    if four_bit:
        options |= {"quantization_config": _nf4(), "device_map": {"": torch.cuda.current_device()}}
    tokenizer = load_tokenizer(folder)
    with _said_of(folder):
        model, loading = _model(folder, attention(device, options["dtype"]), options)
    if lost := sorted(loading["missing_keys"]):
        raise ModelError(
            f"{folder} lacks {len(lost)} of the weights of its {type(model).__name__}, {lost[0]} first; random ones "
            "would stand in for them. Use a folder with all weights of a causal language model."
        )
    # Llama has no padding token; others pad with the token that ends an answer, or with one that their weights lack.
    end = end_token(tokenizer) if tokenizer.chat_template else tokenizer.eos_token_id
    if tokenizer.pad_token_id in (None, end) or tokenizer.pad_token_id >= vocabulary(model):
        tokenizer.pad_token = _spare(tokenizer, end, vocabulary(model))
    # A model's own defaults (sampling, repetition penalties) would mix into ours, which are to be greedy.
    model.generation_config = GenerationConfig()
    return (model if four_bit else model.to(device)).eval(), tokenizer


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """The tokenizer of a folder.

    Raises:
        ModelError: it has none that transformers knows by itself.
    """
    with _said_of(folder):
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


@contextmanager
def _said_of(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError) as error:
        raise ModelError(f"{folder} cannot be loaded as a model: {_reason(error)}") from None


def _model(folder: Path, kind: str | None, options: Mapping[str, Any]) -> tuple[PreTrainedModel, dict[str, Any]]:
    """The model of a folder with attention of a kind, or, where its class has none of it, the best that it has."""
    try:
        return AutoModelForCausalLM.from_pretrained(
            folder,
            attn_implementation=kind,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
            **options,
        )
    except (ValueError, ImportError):  # said before a weight is read
        if kind is None:
            raise
        return _model(folder, None, options)


def vocabulary(model: PreTrainedModel) -> int:
    """How many ids the model has embeddings for."""
    return model.get_input_embeddings().weight.shape[0]


def stored_dtype(folder: Path) -> torch.dtype:
    """What the weights of a model folder are kept in, by its configuration."""
    config = read_json(folder / "config.json")
    return getattr(torch, config.get("dtype") or config.get("torch_dtype") or "float32")


def attention(device: str, dtype: torch.dtype) -> str | None:
    """The fastest attention there is for a model there, as transformers names it; FlashAttention takes no fp32.

    None is what transformers takes by itself: PyTorch's where a model's class can use it, else its own.
    """
    flash = device == "cuda" and dtype in (torch.bfloat16, torch.float16) and is_flash_attn_2_available()
    return "flash_attention_2" if flash else None


def size(folder: Path) -> int:
    """Bytes of the weights of a model folder."""
    return sum(file.stat().st_size for file in folder.glob("*.safetensors"))


def weights_sha256(folder: Path) -> str:
    """sha256 over the weights of a model folder: what an adapter was trained on, and must be loaded on.

    The files are hashed in pieces, on all cores: 16 GB are read as fast as the disk gives them.
    """
    pieces = [
        (file, start)
        for file in sorted(folder.glob("*.safetensors"))
        for start in range(0, file.stat().st_size, _PIECE)
    ]
    with ThreadPoolExecutor() as pool:
        digests = list(pool.map(_hash, pieces))
    return hashlib.sha256(b"".join(digests)).hexdigest()


def _hash(piece: tuple[Path, int]) -> bytes:
    file, start = piece
    with file.open("rb") as reader:
        reader.seek(start)
        return hashlib.sha256(reader.read(_PIECE)).digest()


def check_four_bit() -> None:
    """Whether a base can be held in 4 bits here.

    Raises:
        ModelError: there is no GPU, or no bitsandbytes.
    """
    if not torch.cuda.is_available() or find_spec("bitsandbytes") is None:
        raise ModelError(
            "adapter=qlora holds the base in 4 bits, which needs a CUDA GPU and bitsandbytes (pip install "
            "bitsandbytes). Without them use -S adapter=lora, or a smaller model."
        )


def _nf4() -> BitsAndBytesConfig:
    check_four_bit()
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


def _reason(error: Exception) -> str:
    """The first line of what transformers says, or what it means where that is of no help."""
    if "trust_remote_code" in str(error):
        return (
            "it needs Python code of its own, which is never run. Take a version that transformers knows (often …-hf)."
        )
    return next(iter(str(error).splitlines()), type(error).__name__)


def _spare(tokenizer: PreTrainedTokenizerBase, end: int | None, vocabulary: int) -> str:
    """A special token for padding that stands in no answer and that the model has, where a tokenizer has none."""
    ids = {tokenizer.convert_tokens_to_ids(token): token for token in tokenizer.all_special_tokens}
    ids |= {id: token.content for id, token in tokenizer.added_tokens_decoder.items()}
    special = set(tokenizer.all_special_tokens)
    spare = [token for id, token in ids.items() if id < vocabulary and id not in (end, tokenizer.bos_token_id)]
    kinds = (
        [t for t in spare if "pad" in t.lower()],
        [t for t in spare if t in special and t != tokenizer.eos_token],
        [t for t in spare if "reserved" in t or "unk" in t],
        [t for t in spare if t in special],
    )
    for found in kinds:
        if found:
            return found[0]
    raise ModelError(
        f"{tokenizer.name_or_path} has no padding token of its own and no spare one. "
        "Set `pad_token` in its tokenizer_config.json."
    )
