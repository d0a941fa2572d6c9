"""A model's predictions on the test instructions: label-constrained where there are candidates, and free answers.

{"id": "meld/test/9#classification-3", "system": "tuned", "gold": "joy", "output": "Joy.", "label": "joy", …}
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from itertools import chain, islice
from pathlib import Path

from pica.errors import ModelError
from pica.inference.runner import ModelRunner
from pica.output.labels import parse_label
from pica.params import Evaluate
from pica.schema import Instruction, Prediction
from pica.training import adapter as adapters
from pica.training import base as bases
from pica.training.cutting import cut_of
from pica.training.encode import prompt_ids
from pica.training.template import Messages

# Rows that cannot be asked and are named with their reason; more are counted.
_NAMED = 5


def predict(
    rows: Sequence[Instruction],
    system: str,
    base: Path,
    adapter: Path | None,
    evaluate: Evaluate,
    shots: Mapping[str, Sequence[Messages]],
) -> list[Prediction]:
    """One prediction a row, in the order of the rows; rows that cannot be asked are left out, counted and named.

    Args:
        system: the name that the predictions carry.
        base, adapter: the model's folders; without an adapter, the base answers as it is.
        shots: view → solved examples, each a chat, that stand before each of its questions. Where they do not fit
            beside the question, the first ones are left out.

    Raises:
        ModelError: no row can be asked.
    """
    # An adapter is asked on the weights that it was trained on: those of QLoRA are held in 4 bits.
    model, tokenizer = bases.load(base, four_bit=adapter is not None and adapters.kind(adapter) == "qlora")
    if adapter:
        model = adapters.load(model, base, adapter)
    runner = ModelRunner(model, tokenizer, evaluate.max_length, evaluate.batch_size)
    rows, prompts = _asked(runner, rows, evaluate, shots)
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


def _asked(
    runner: ModelRunner, rows: Sequence[Instruction], evaluate: Evaluate, shots: Mapping[str, Sequence[Messages]]
) -> tuple[list[Instruction], list[list[int]]]:
    """The rows that can be asked, and their prompts. Of the others it is said which and why."""
    prompts: dict[str, list[int]] = {}
    refused: dict[str, str] = {}
    for row in rows:
        try:
            prompts[row.id] = _prompt(runner, row, evaluate, shots.get(row.name, ()))
        except ModelError as error:
            refused[row.id] = str(error)
    if refused:
        named = "".join(f"\n  {id}: {why}" for id, why in islice(refused.items(), _NAMED))
        more = f"\n  and {len(refused) - _NAMED} more" if len(refused) > _NAMED else ""
        said = f"{len(refused)} of {len(rows)} test row(s) cannot be asked:{named}{more}"
        if not prompts:
            raise ModelError(said)
        print(f"warning: {said}", file=sys.stderr)
    return [row for row in rows if row.id in prompts], list(prompts.values())


def _prompt(runner: ModelRunner, row: Instruction, evaluate: Evaluate, shots: Sequence[Messages]) -> list[int]:
    cut, (*asked, answer) = cut_of(row.id, row.instruction), row.messages
    room = evaluate.max_new_tokens
    for first in range(len(shots)):
        ids = prompt_ids([*chain(*shots[first:]), *asked], runner.tokenizer)
        if len(ids) + room <= runner.max_length:
            return ids
    ids = runner.encode_prompt(row.instruction, asked, room, cut, answer["content"])
    if ids is None:
        raise ModelError(f"its cause does not fit into evaluate.max_length={evaluate.max_length}")
    return ids
