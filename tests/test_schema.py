"""The shapes between stages: each dataclass and its Arrow schema say the same."""

from __future__ import annotations

from dataclasses import fields

import pytest

from pica import schema
from pica.schema import Conversation, Example, Instruction, Prediction, Rejected, Split, Task
from pica.store import batch_of, rows_of

SHAPES = [
    (Conversation, schema.CONVERSATION),
    (Rejected, schema.REJECTED),
    (Example, schema.EXAMPLE),
    (Instruction, schema.INSTRUCTION),
    (Prediction, schema.PREDICTION),
]


@pytest.mark.parametrize(("kind", "columns"), SHAPES)
def test_a_record_has_its_columns_in_their_order(kind, columns):
    assert [field.name for field in fields(kind)] == columns.names


def test_nested_records_have_their_columns_in_their_order():
    turns, causes = (schema.CONVERSATION.field(name).type.value_type for name in ("turns", "causes"))
    assert [turns.field(i).name for i in range(turns.num_fields)] == [f.name for f in fields(schema.Turn)]
    assert [causes.field(i).name for i in range(causes.num_fields)] == [f.name for f in fields(schema.Cause)]


def test_an_instruction_opens_with_picas_six_columns():
    assert schema.INSTRUCTION.names[:6] == [
        "task_type",
        "dataset",
        "instruction",
        "instances",
        "is_classification",
        "name",
    ]


def test_the_closed_sets_are_written_once_in_effect():
    assert Split.__args__ == schema.SPLITS
    assert Task.__args__ == schema.TASKS


def test_a_prediction_says_what_it_answers():
    asked = Instruction(
        task_type="text_emotion",
        dataset="imdb",
        instruction="Which?",
        instances=({"input": "Dull.", "output": "negative"},),
        is_classification=True,
        name="imdb-classification",
        id="imdb/test/1#classification",
        split="test",
        language="en",
        messages=(),
        candidates=("positive", "negative"),
    )
    said = {"output": "It is negative", "label": "negative", "parsed": "negative", "finished": True}
    scores = {"log_probs": (-1.5, -0.25), "lengths": (2, 3), "temperature": 1.25}
    answer = Prediction.to(asked, "tuned", **said, **scores)
    assert answer == Prediction(
        id="imdb/test/1#classification",
        name="imdb-classification",
        task_type="text_emotion",
        dataset="imdb",
        language="en",
        system="tuned",
        gold="negative",
        **said,
        candidates=("positive", "negative"),
        **scores,
    )
    (row,) = rows_of(batch_of([answer], schema.PREDICTION))
    assert Prediction.from_row(row) == answer
