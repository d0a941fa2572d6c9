"""What is trained of the real rows is their answers, letter for letter, whatever was cut before them.

A sample of each view, the same one each time; PICA_ENCODE=all takes every row of every file, and about an hour.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from pica.corpora import View, corpus
from pica.prompts import render_batch
from pica.sampling import sample
from pica.schema import EXAMPLE, Conversation
from pica.store import Row, batch_of, rows_of
from pica.tasks import examples
from pica.training.encode import IGNORED, Encoded, encode_rows
from tests.real.test_corpora_real import NAMES, pytestmark  # noqa: F401

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

HISTORY = 10
# Few enough that rows of the long views are cut: the tokenizer of the tests makes several tokens of a word.
MAX_LENGTH = 768
# Rows put into words at a time.
BATCH = 2_500
LIMIT = None if os.environ.get("PICA_ENCODE") == "all" else 200


@pytest.mark.parametrize("name", NAMES)
def test_what_is_trained_is_the_answer(name: str, tokenizer, real_rows):
    conversations = [row for row in real_rows(name) if isinstance(row, Conversation)]
    for view in corpus(name).views:
        fits = []
        for row, encoded, _, fault in encode_rows(rendered(view, conversations), tokenizer, MAX_LENGTH, "last_reply"):
            assert fault == ""
            fits.append(encoded is not None)
            if encoded is not None:
                assert trained(encoded, tokenizer) == row["messages"][-1]["content"], row["id"]
        # The mirror's part of EmoWOZ has only a user's turns, so nothing is generated.
        assert any(fits) or view.name == "emowoz-generation", view.name


def rendered(view: View, conversations: list[Conversation]) -> Iterator[Row]:
    """The view's rows in words, in the order of the draw."""
    found = {example.id: example for conversation in conversations for example in examples(conversation, view, HISTORY)}
    drawn = [found[id] for id in sample(found, LIMIT, seed=0)]
    for start in range(0, len(drawn), BATCH):
        yield from rows_of(render_batch(batch_of(drawn[start : start + BATCH], EXAMPLE)))


def trained(encoded: Encoded, tokenizer: PreTrainedTokenizerBase) -> str:
    """The text that carries loss: one piece, at the end of the row, without its end token."""
    start = encoded.labels.count(IGNORED)
    assert encoded.labels == (IGNORED,) * start + encoded.ids[start:]
    *said, end = encoded.ids[start:]
    assert tokenizer.convert_ids_to_tokens(end) == "<|im_end|>"
    return tokenizer.backend_tokenizer.decode(said, skip_special_tokens=False)
