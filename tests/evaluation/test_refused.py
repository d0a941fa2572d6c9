"""Test rows that a model cannot be asked: the others are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pica.errors import ModelError
from pica.evaluation.predict import predict
from tests.defaults import defaults
from tests.training.conftest import instruction

_REFUSES = (
    "{% for m in messages %}{% if 'hedge' in m.content %}{{ raise_exception('no hedges') }}{% endif %}{% endfor %}"
)


@pytest.fixture
def ask(model, tokenizer, tmp_path):
    """Asks a base whose chat template refuses hedges."""
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    template = (tmp_path / "chat_template.jinja").read_text(encoding="utf-8")
    (tmp_path / "chat_template.jinja").write_text(_REFUSES + template, encoding="utf-8")
    evaluate = replace(defaults().evaluate, max_length=200, max_new_tokens=3, batch_size=4)
    return lambda rows: predict(rows, "base", tmp_path, None, evaluate, {}).predictions


def test_a_row_that_the_template_refuses_is_counted_and_named_and_the_others_are_asked(ask, capsys):
    texts = ["We won.", *["They cut the hedge."] * 6, "They sing."]
    rows = [instruction(number, text, "joy") for number, text in enumerate(texts)]
    assert [prediction.id for prediction in ask(rows)] == [rows[0].id, rows[-1].id]
    said = capsys.readouterr().err
    assert "6 of 8 test row(s) cannot be asked" in said
    assert f"{rows[1].id}: " in said
    assert "no hedges" in said
    assert "and 1 more" in said


def test_where_no_row_can_be_asked_that_is_an_error(ask):
    with pytest.raises(ModelError, match="1 of 1 test row"):
        ask([instruction(1, "The hedge.", "joy")])
    assert ask([]) == []
