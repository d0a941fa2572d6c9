"""The adapter merged into its base: one model folder that needs no peft, tokenizer and chat template included."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedModel

from pica.errors import ModelError
from pica.store import atomic_folder
from pica.training import adapter as adapters
from pica.training import base as bases
from pica.training import serving
from pica.training.encode import Messages, prompt_ids
from pica.training.origin import Origin, origin

MERGED = "merged"

# What the logits may differ by, as a share of the largest one: by the order of sums in fp32; and by the rounding of the
# written weights, which in bf16 moves logits as far as computing in bf16 does (SmolLM2: 2.1 and 1.7 of 45).
_EXACT = 1e-4
_ROUNDED = {torch.float32: 1e-4, torch.float16: 2e-2, torch.bfloat16: 1e-1}


@dataclass(frozen=True, slots=True)
class Merged:
    """The written model's dtype, and the largest difference of its logits from those of base and adapter, in fp32:
    before the weights were rounded to that dtype, and after."""

    dtype: torch.dtype
    exact: float
    rounded: float


def merge(base: Path, adapter: Path, out: Path, chats: Sequence[Messages], card: str) -> Merged:
    """Write base and adapter as one model in the base's dtype, and compare what both say to some prompts.

    Merging is done in fp32, four bytes a parameter, so that a weight is rounded once; and on the CPU, since a GPU that
    holds a model in half precision may not hold it so.

    Args:
        out: the new folder; an older one that this function wrote is replaced.
        chats: messages up to the user's last.
        card: the model card, written as README.md.

    Raises:
        ModelError: the adapter cannot be merged or belongs to another base, `out` holds something else, or the logits
            differ by more than rounding explains; then nothing is written.
    """
    if adapters.kind(adapter) == "prefix":
        raise ModelError(
            f"{adapter} is a prefix: keys and values before every prompt, which no weights of a model can stand for. "
            "Use it through peft, as its README.md shows."
        )
    if out.exists() and origin(out).source != MERGED:
        raise ModelError(f"{out} is there already and is not a merged model: give another folder with --out.")
    dtype = bases.stored_dtype(base)
    model, tokenizer = bases.load(base, torch.float32, device="cpu")
    prompts = [prompt_ids(chat, tokenizer) for chat in chats]
    tuned = adapters.load(model, base, adapter)
    expected = _logits(tuned, prompts)
    with atomic_folder(out) as made:
        try:
            merged = tuned.merge_and_unload(safe_merge=True)
        except ValueError as error:  # a weight that is not finite
            raise ModelError(f"{adapter} cannot be merged into {base}: {error}") from None
        exact = _difference(expected, _logits(merged, prompts), _EXACT)
        merged.to(dtype).save_pretrained(made)
        _copy_the_rest(base, made)
        serving.write(base, tokenizer, made)
        (made / "README.md").write_text(card, encoding="utf-8")
        Origin(MERGED).write(made)
        del model, tuned, merged
        rounded = _difference(
            expected, _logits(bases.load(made, torch.float32, device="cpu")[0], prompts), _ROUNDED[dtype]
        )
    return Merged(dtype, exact, rounded)


def _difference(expected: Sequence[torch.Tensor], found: Sequence[torch.Tensor], tolerance: float) -> float:
    """The largest difference of any two logits.

    Raises:
        ModelError: it is more than `tolerance` of the largest logit.
    """
    difference = max((a - b).abs().max().item() for a, b in zip(expected, found, strict=True))
    bound = tolerance * max(logits.abs().max().item() for logits in expected)
    if not difference <= bound:
        raise ModelError(
            f"the merged model's logits differ from those of base and adapter by {difference:.2g}, more than "
            f"{bound:.2g}: nothing was written. Serve the adapter beside its base, as its README.md shows."
        )
    return difference


@torch.no_grad()
def _logits(model: PreTrainedModel, prompts: Sequence[list[int]]) -> list[torch.Tensor]:
    """For each prompt the logits after each of its tokens, shape (tokens, vocabulary)."""
    return [model(torch.tensor([ids], device=model.device)).logits[0].float().cpu() for ids in prompts]


def _copy_the_rest(base: Path, made: Path) -> None:
    """Tokenizer, chat template, generation defaults and licence: all but the weights, their index and their names."""
    for file in sorted(base.iterdir()):
        if file.suffix != ".safetensors" and not file.name.endswith(".index.json") and file.name != "config.json":
            shutil.copyfile(file, made / file.name)
