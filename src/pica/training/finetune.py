"""Fine-tuning: an instruction set and a base folder → the adapter of the epoch with the lowest validation loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from peft import PeftModel, get_peft_model_state_dict, set_peft_model_state_dict
from tqdm import tqdm
from transformers import PreTrainedTokenizerBase

from pica.errors import ModelError
from pica.settings import Adapter, Train
from pica.schema import Instruction
from pica.training import adapter as adapters
from pica.training import base as bases
from pica.training.encode import Encoded, check_tokenizer, fit
from pica.training.loop import Schedule, Trained, train
from pica.training.loss import mean_loss


@dataclass(frozen=True, slots=True)
class Finetuned:
    """The model with its best adapter on, what became of the rows, and how the run went."""

    model: PeftModel
    trained: Trained
    validation_loss: float
    rows: int
    too_long: int
    trainable: int


def finetune(
    rows: Sequence[Instruction],
    validation: Sequence[Instruction],
    base: Path,
    adapter: Adapter,
    params: Train,
    seed: int,
    log: Callable[[Mapping[str, float], int], None],
) -> Finetuned:
    """Train an adapter.

    Args:
        log: called with the losses and the step.

    Raises:
        ModelError: nothing to train on, a tokenizer that would train wrongly, a loss that is not finite.
    """
    model, tokenizer = bases.load(base)
    check_tokenizer(tokenizer)
    examples = encoded(rows, tokenizer, params, "tokenize")
    if not examples:
        raise ModelError(f"no training row fits into train.max_length={params.max_length} tokens.")
    held_out = encoded(validation, tokenizer, params, "tokenize validation")
    torch.manual_seed(seed)
    model = adapters.attach(model, adapter)
    best = _Best()

    def validate(step: int) -> None:
        loss = mean_loss(model, held_out, tokenizer.pad_token_id, params.batch_tokens)
        log({"validation_loss": loss}, step)
        best.offer(loss, model)

    schedule = Schedule(params.epochs, params.lr, params.batch_tokens, params.warmup, params.weight_decay, seed)
    trained = train(model, examples, tokenizer.pad_token_id, schedule, log, validate, what="finetune")
    best.restore(model)
    return Finetuned(
        model,
        trained,
        validation_loss=best.loss,
        rows=len(examples),
        too_long=len(rows) - len(examples),
        trainable=sum(p.numel() for p in model.parameters() if p.requires_grad),
    )


def encoded(rows: Sequence[Instruction], tokenizer: PreTrainedTokenizerBase, params: Train, what: str) -> list[Encoded]:
    """The rows that fit into `params.max_length`, as ids and labels."""
    tried = (
        fit(row.instruction, row.messages, tokenizer, params.max_length, params.loss_on)
        for row in tqdm(rows, desc=what, unit="row")
    )
    return [example for example in tried if example is not None]


class _Best:
    """The adapter weights with the lowest validation loss so far; without validation rows, the last ones."""

    def __init__(self) -> None:
        self.loss = float("inf")
        self._weights: dict[str, torch.Tensor] = {}

    def offer(self, loss: float, model: PeftModel) -> None:
        if loss <= self.loss:
            self.loss = loss
            self._weights = {name: w.detach().cpu().clone() for name, w in get_peft_model_state_dict(model).items()}

    def restore(self, model: PeftModel) -> None:
        set_peft_model_state_dict(model, self._weights)
