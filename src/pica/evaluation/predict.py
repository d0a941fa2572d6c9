"""A model's predictions on the test instructions: closed answers by score, causes by quoting, and free answers."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from pica.errors import ModelError
from pica.evaluation import general
from pica.evaluation.causes import lines_of
from pica.evaluation.general import Answers
from pica.inference.engine import Engine, Generation
from pica.inference.runner import ModelRunner
from pica.inference.spans import quote
from pica.inference.vllm import VllmRunner
from pica.inference.work import ALONE, Work
from pica.output.labels import parse_label
from pica.params import Evaluate
from pica.schema import TASKS, Instruction, Prediction
from pica.training.cutting import cut_of
from pica.training.encode import answer_ids, end_token, prompt_ids
from pica.training.template import Messages, user

# What runs a model, by `evaluate.engine`.
_ENGINES = {"transformers": ModelRunner, "vllm": VllmRunner}
# What stands in place of the text when a label is asked for without one.
_CONTENT_FREE = {"en": "N/A", "zh": "无"}
_NOT_ASKED = Generation("", True)
# Rows that cannot be asked and are named with their reason; more are counted.
_NAMED = 5


@dataclass(frozen=True)
class _Asker:
    """A model, and how a row becomes a prompt for it."""

    engine: Engine
    room: int
    shots: Mapping[str, Sequence[Messages]]

    def prompt(self, row: Instruction) -> list[int]:
        """Solved examples first, as many as fit, the last ones.

        Raises:
            ModelError: the cause would be cut, or the chat template refuses the row.
        """
        cut, (*asked, answer) = cut_of(row.id, row.instruction), row.messages
        shots = self.shots.get(row.name, ())
        for first in range(len(shots)):
            ids = prompt_ids([*chain(*shots[first:]), *asked], self.engine.tokenizer)
            if len(ids) + self.room <= self.engine.max_length:
                return ids
        return self.engine.encode_prompt(row.instruction, asked, self.room, cut, answer["content"])


def predict(
    rows: Sequence[Instruction],
    system: str,
    base: Path,
    adapter: Path | None,
    evaluate: Evaluate,
    shots: Mapping[str, Sequence[Messages]],
    work: Work = ALONE,
) -> Answers:
    """One prediction a row, in the order of the rows; a row whose cause was cut from its prompt is left out.

    Rows of the validation split are only scored, and not answered freely.

    Args:
        system: the name that the predictions carry.
        base, adapter: the model's folders; without an adapter, the base answers as it is.
        shots: view → solved examples, each a chat, that stand before each of its questions. Where they do not fit
            beside the question, the first ones are left out.
        work: who does the batches of the model.
    """
    engine, perplexities = _opened(base, adapter, evaluate, work)
    labels = {label for row in rows if row.task_type in TASKS for label in row.candidates}
    asker = _Asker(engine, evaluate.max_new_tokens, shots)
    rows, prompts = _asked(asker, rows)
    scores, replies = _answers(asker, rows, prompts)
    for row, spans in _causes(engine, rows, prompts).items():
        scores[row]["spans"] = spans
    found = [_prediction(row, system, scores[i], replies[i]) for i, row in enumerate(rows)]
    return Answers(found, perplexities | general.shares(engine, evaluate.max_new_tokens, labels))


def _opened(base: Path, adapter: Path | None, evaluate: Evaluate, work: Work) -> tuple[Engine, dict[str, float]]:
    """The model, and the perplexity of its general language, before the adapter is on it and with it."""
    engine = _ENGINES[evaluate.engine].open(base, adapter, evaluate.max_length, evaluate.batch_size, work)
    untuned = general.perplexities(engine)
    if adapter is None:
        return engine, general.metrics(untuned, None)
    engine = engine.with_adapter(base, adapter)
    return engine, general.metrics(general.perplexities(engine), untuned)


def _prediction(row: Instruction, system: str, scores: Mapping[str, Any], reply: Generation) -> Prediction:
    closed = row.is_classification
    return Prediction.to(
        row,
        system,
        output=reply.text,
        label=row.candidates[int(np.argmax(scores["log_probs"]))] if closed else None,
        parsed=parse_label(reply.text, row.candidates, row.language) if closed else None,
        finished=reply.finished,
        **scores,
    )


def _asked(asker: _Asker, rows: Sequence[Instruction]) -> tuple[list[Instruction], list[list[int]]]:
    """The rows that can be asked, and their prompts. Of the others it is said which and why."""
    asked: list[Instruction] = []
    prompts: list[list[int]] = []
    refused: dict[str, str] = {}
    for row in rows:
        try:
            ids, why = asker.prompt(row), f"its cause does not fit into evaluate.max_length={asker.engine.max_length}"
        except ModelError as error:
            ids, why = None, str(error)
        if ids is None:
            refused[row.id] = why
        else:
            asked.append(row)
            prompts.append(ids)
    if refused:
        named = "".join(f"\n  {id}: {why}" for id, why in islice(refused.items(), _NAMED))
        more = f"\n  and {len(refused) - _NAMED} more" if len(refused) > _NAMED else ""
        said = f"{len(refused)} of {len(rows)} test row(s) cannot be asked:{named}{more}"
        if not prompts:
            raise ModelError(said)
        if asker.engine.work.speaks:
            print(f"warning: {said}", file=sys.stderr)
    return asked, prompts


# A prompt and what is read behind it.
_Asked = tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]


def _answers(
    asker: _Asker, rows: Sequence[Instruction], prompts: Sequence[list[int]]
) -> tuple[dict[int, dict[str, Any]], dict[int, Generation]]:
    """Of each row what `Prediction` keeps of the scores of its candidates or of its target, and its free answer.

    What is asked twice, as a request without its text is by all its rows, is asked once.
    """
    engine = asker.engine
    behind = _read_behind(engine, rows)
    told = {i: (tuple(prompts[i]), answers) for i, answers in enumerate(behind)}
    untold = {i: (tuple(ids), told[i][1]) for i, ids in _content_free(asker, rows).items()}
    places = {pair: place for place, pair in enumerate(dict.fromkeys([*told.values(), *untold.values()]))}
    free = {places[told[i]] for i, row in enumerate(rows) if row.split == "test"}
    reads, said = engine.score_and_generate(
        [list(ids) for ids, _ in places],
        [answers for _, answers in places],
        [end_token(engine.tokenizer)],
        free,
        asker.room,
    )

    def whole(pair: _Asked) -> tuple[float, ...]:
        return tuple(read.whole for read in reads[places[pair]])

    scores: dict[int, dict[str, Any]] = {}
    for i, row in enumerate(rows):
        lengths = tuple(len(answer) + 1 for answer in told[i][1])
        if row.is_classification:
            scores[i] = {"log_probs": whole(told[i]), "content_free": whole(untold[i]), "lengths": lengths}
        else:
            scores[i] = {"gold_log_prob": whole(told[i])[0], "gold_tokens": lengths[0]}
    return scores, {i: said[places[told[i]]] if row.split == "test" else _NOT_ASKED for i, row in enumerate(rows)}


def _read_behind(engine: Engine, rows: Sequence[Instruction]) -> list[tuple[tuple[int, ...], ...]]:
    """The tokens of each row's candidates, or of its target."""
    answers = [row.candidates if row.is_classification else (row.instances[0]["output"],) for row in rows]
    tokens = {text: tuple(answer_ids(text, engine.tokenizer)[:-1]) for text in {*chain(*answers)}}
    return [tuple(tokens[text] for text in of_row) for of_row in answers]


def _content_free(asker: _Asker, rows: Sequence[Instruction]) -> dict[int, list[int]]:
    """The prompt of each row with candidates, without its text."""
    made: dict[tuple[str, str], list[int]] = {}
    found = {}
    for i, row in enumerate(rows):
        if row.is_classification:
            key = (row.name, row.instruction)
            made[key] = made.get(key) or asker.prompt(_without_text(row))
            found[i] = made[key]
    return found


def _without_text(row: Instruction) -> Instruction:
    nothing = _CONTENT_FREE.get(row.language, _CONTENT_FREE["en"])
    return replace(row, messages=(user(f"{row.instruction}\n\n{nothing}"), row.messages[-1]))


def _causes(engine: Engine, rows: Sequence[Instruction], prompts: Sequence[list[int]]) -> dict[int, tuple[str, ...]]:
    """Of each row that asks for a cause the spans of its input."""
    asked = [i for i, row in enumerate(rows) if row.task_type == "emotion_cause"]
    lines = [lines_of(rows[i]) for i in asked]
    return dict(
        zip(asked, quote(engine, [prompts[i] for i in asked], lines, [rows[i].language for i in asked]), strict=True)
    )
