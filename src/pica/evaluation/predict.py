"""A model's predictions on the test instructions: label-constrained where there are candidates, and free answers."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

from pica.evaluation.label_parsing import parse_label
from pica.inference.runner import ModelRunner
from pica.params import Evaluate
from pica.schema import Instruction, Prediction
from pica.training import adapter as adapters
from pica.training import base as bases
from pica.training.cutting import cut_of
from pica.training.encode import prompt_ids
from pica.training.template import Messages


def predict(
    rows: Sequence[Instruction],
    system: str,
    base: Path,
    adapter: Path | None,
    evaluate: Evaluate,
    shots: Mapping[str, Sequence[Messages]],
) -> list[Prediction]:
    """One prediction a row, in the order of the rows; a row whose cause was cut from its prompt is left out.

    Args:
        system: the name that the predictions carry.
        base, adapter: the model's folders; without an adapter, the base answers as it is.
        shots: view → solved examples, each a chat, that stand before each of its questions. Where they do not fit
            beside the question, the first ones are left out.
    """
    # An adapter is asked on the weights that it was trained on: those of QLoRA are held in 4 bits.
    model, tokenizer = bases.load(base, four_bit=adapter is not None and adapters.kind(adapter) == "qlora")
    if adapter:
        model = adapters.load(model, base, adapter)
    runner = ModelRunner(model, tokenizer, evaluate.max_length, evaluate.batch_size)
    encoded = [_prompt(runner, row, evaluate.max_new_tokens, shots.get(row.name, ())) for row in rows]
    rows, prompts = [r for r, ids in zip(rows, encoded, strict=True) if ids], [ids for ids in encoded if ids]
    if left_out := len(encoded) - len(rows):
        print(
            f"{left_out} row(s) not asked: the cause does not fit into evaluate.max_length={evaluate.max_length}.",
            file=sys.stderr,
        )
    closed = [i for i, row in enumerate(rows) if row.is_classification]
    chosen = runner.classify([prompts[i] for i in closed], [rows[i].candidates for i in closed])
    labels = dict(zip(closed, chosen, strict=True))
    replies = runner.generate(prompts, evaluate.max_new_tokens)
    return [
        Prediction.to(
            row,
            system,
            output=reply.text,
            label=labels.get(i),
            parsed=parse_label(reply.text, row.candidates, row.language) if row.is_classification else None,
            finished=reply.finished,
        )
        for i, (row, reply) in enumerate(zip(rows, replies, strict=True))
    ]


def _prompt(runner: ModelRunner, row: Instruction, room: int, shots: Sequence[Messages]) -> list[int] | None:
    cut, (*asked, answer) = cut_of(row.id, row.instruction), row.messages
    for first in range(len(shots)):
        ids = prompt_ids([*chain(*shots[first:]), *asked], runner.tokenizer)
        if len(ids) + room <= runner.max_length:
            return ids
    return runner.encode_prompt(row.instruction, asked, room, cut, answer["content"])
