"""A model's predictions on the test instructions: closed answers by score, causes by quoting, and free answers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from pica.evaluation.causes import lines_of
from pica.inference.runner import ModelRunner
from pica.inference.spans import quote
from pica.output.labels import parse_label
from pica.params import Evaluate
from pica.schema import Instruction, Prediction
from pica.training import adapter as adapters
from pica.training import base as bases
from pica.training.cutting import cut_of
from pica.training.encode import answer_ids, end_token

# What stands in place of the text when a label is asked for without one.
_CONTENT_FREE = {"zh": "无"}
_CONTENT_FREE_ENGLISH = "N/A"


def load(base: Path, adapter: Path | None, evaluate: Evaluate) -> ModelRunner:
    """The model of these folders, ready to be asked; without an adapter, the base answers as it is."""
    # An adapter is asked on the weights that it was trained on: those of QLoRA are held in 4 bits.
    model, tokenizer = bases.load(base, four_bit=adapter is not None and adapters.kind(adapter) == "qlora")
    if adapter:
        model = adapters.load(model, base, adapter)
    return ModelRunner(model, tokenizer, evaluate.max_length, evaluate.batch_size)


def predict(
    runner: ModelRunner, rows: Sequence[Instruction], system: str, evaluate: Evaluate, free: bool = True
) -> list[Prediction]:
    """One prediction a row, in the order of the rows; a row whose cause was cut from its prompt is left out.

    Args:
        system: the name that the predictions carry.
        free: whether the model also answers freely; validation rows are only scored.
    """
    rows, prompts = _asked(runner, rows, evaluate)
    scores = _closed(runner, rows, prompts) | _targets(runner, rows, prompts) if rows else {}
    for row, spans in _causes(runner, rows, prompts).items() if free else ():
        scores[row]["spans"] = spans
    replies = runner.generate(prompts, evaluate.max_new_tokens) if free else [None] * len(rows)
    return [
        Prediction.to(
            row,
            system,
            output=reply.text if reply else "",
            label=_best(row, scores[i]) if row.is_classification else None,
            parsed=parse_label(reply.text, row.candidates, row.language) if reply and row.is_classification else None,
            finished=reply.finished if reply else True,
            **scores[i],
        )
        for i, (row, reply) in enumerate(zip(rows, replies, strict=True))
    ]


def _best(row: Instruction, scores: dict) -> str:
    return row.candidates[max(range(len(row.candidates)), key=scores["log_probs"].__getitem__)]


def _asked(
    runner: ModelRunner, rows: Sequence[Instruction], evaluate: Evaluate
) -> tuple[list[Instruction], list[list[int]]]:
    """The rows whose prompts fit, and these prompts."""
    encoded = [_prompt(runner, row, evaluate.max_new_tokens) for row in rows]
    if left_out := encoded.count(None):
        print(
            f"{left_out} row(s) not asked: the cause does not fit into evaluate.max_length={evaluate.max_length}.",
            file=sys.stderr,
        )
    return [r for r, ids in zip(rows, encoded, strict=True) if ids], [ids for ids in encoded if ids]


def _prompt(runner: ModelRunner, row: Instruction, room: int) -> list[int] | None:
    cut, (*asked, answer) = cut_of(row.id, row.instruction), row.messages
    return runner.encode_prompt(row.instruction, asked, room, cut, answer["content"])


def _closed(runner: ModelRunner, rows: Sequence[Instruction], prompts: Sequence[list[int]]) -> dict[int, dict]:
    """Of each row with candidates what `Prediction` keeps of their scores.

    What asks for the same labels without a text is asked once for all rows.
    """
    closed = [i for i, row in enumerate(rows) if row.is_classification]
    tokens = {c: answer_ids(c, runner.tokenizer)[:-1] for i in closed for c in rows[i].candidates}
    without = {(rows[i].instruction, rows[i].language): _without_text(runner, rows[i]) for i in closed}
    asked: dict[tuple, list[int]] = {}  # (prompt, candidates) → its prompt
    keys = []
    for i in closed:
        of_row = without[rows[i].instruction, rows[i].language]
        pair = [(tuple(ids), rows[i].candidates) for ids in (prompts[i], of_row)]
        asked.update(zip(pair, (prompts[i], of_row), strict=True))
        keys.append(pair)
    answers = [[tokens[c] for c in candidates] for _, candidates in asked]
    found = runner.score(list(asked.values()), answers, [end_token(runner.tokenizer)])
    whole = {
        key: tuple(float(read.tokens.sum() + read.marks[-1, 0]) for read in reads)
        for key, reads in zip(asked, found, strict=True)
    }
    return {
        i: {
            "log_probs": whole[key],
            "content_free": whole[empty],
            "lengths": tuple(len(tokens[c]) + 1 for c in rows[i].candidates),
        }
        for i, (key, empty) in zip(closed, keys, strict=True)
    }


def _without_text(runner: ModelRunner, row: Instruction) -> list[int]:
    nothing = _CONTENT_FREE.get(row.language, _CONTENT_FREE_ENGLISH)
    return runner.encode_prompt("", [{"role": "user", "content": f"{row.instruction}\n\n{nothing}"}], 0)


def _targets(runner: ModelRunner, rows: Sequence[Instruction], prompts: Sequence[list[int]]) -> dict[int, dict]:
    """Of each row without candidates the log-probability of its target."""
    free = [i for i, row in enumerate(rows) if not row.is_classification]
    golds = [answer_ids(rows[i].instances[0]["output"], runner.tokenizer)[:-1] for i in free]
    found = runner.score([prompts[i] for i in free], [[gold] for gold in golds], [end_token(runner.tokenizer)])
    return {
        i: {"gold_log_prob": float(read.tokens.sum() + read.marks[-1, 0]), "gold_tokens": len(gold) + 1}
        for i, gold, (read,) in zip(free, golds, found, strict=True)
    }


def _causes(
    runner: ModelRunner, rows: Sequence[Instruction], prompts: Sequence[list[int]]
) -> dict[int, tuple[str, ...]]:
    """Of each row that asks for a cause the spans of its input."""
    asked = [i for i, row in enumerate(rows) if row.task_type == "emotion_cause"]
    lines = [lines_of(rows[i]) for i in asked]
    return dict(
        zip(asked, quote(runner, [prompts[i] for i in asked], lines, [rows[i].language for i in asked]), strict=True)
    )
