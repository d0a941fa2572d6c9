"""What holds for the examples of every view of every dataset, on the rows of the embedded sample."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import groupby

import pytest

from pica.cleaning.clean import clean_conversation
from pica.corpora import View, catalogue, corpus
from pica.prompts import render_batch
from pica.schema import EXAMPLE, TASKS, Conversation, Example
from pica.sources.raw import sample_folder
from pica.store import batch_of, rows_of
from pica.tasks import examples

HISTORY = 3
NAMES = [name for name, corpus in catalogue().items() if sample_folder(corpus).is_dir()]


@cache
def asked(name: str) -> list[tuple[Conversation, View, Example]]:
    """Every example of a dataset's sample with where it comes from."""
    rows = corpus(name).read(sample_folder(corpus(name)))
    read = (clean_conversation(row, False, Counter()) for row in rows if isinstance(row, Conversation))
    return [(c, view, e) for c in read for view in corpus(name).views for e in examples(c, view, HISTORY)]


def test_there_are_views_of_every_task():
    assert {view.task for corpus in catalogue().values() for view in corpus.views} == set(TASKS)


@pytest.mark.parametrize("name", NAMES)
def test_every_view_has_rows_to_learn_and_rows_held_out(name):
    found = {view.name: set() for view in corpus(name).views}
    for _, view, example in asked(name):
        found[view.name].add(example.split)
    assert {view for view, splits in found.items() if "train" not in splits or len(splits) == 1} == set()


@pytest.mark.parametrize("name", NAMES)
def test_ids_lead_back_and_are_given_once(name):
    ids = [example.id for _, _, example in asked(name)]
    assert len(set(ids)) == len(ids)
    assert all(example.id.startswith(f"{conversation.id}#") for conversation, _, example in asked(name))


@pytest.mark.parametrize("name", NAMES)
def test_answers_are_among_the_candidates_or_free(name):
    for _, view, example in asked(name):
        assert example.answer.strip()
        assert set(example.candidates) <= set(view.labels)
        assert example.answer in example.candidates or not view.labels


@pytest.mark.parametrize("name", NAMES)
def test_what_is_shown_is_a_piece_of_the_conversation_without_its_labels(name):
    for conversation, view, example in asked(name):
        said = [(turn.speaker, turn.text) for turn in conversation.turns]
        shown = [(turn.speaker, turn.text) for turn in example.turns]
        assert any(said[i : i + len(shown)] == shown for i in range(len(said)))
        assert not any(turn.emotion or turn.act for turn in example.turns)
        assert view.task in ("text_emotion", "emotion_cause") or len(shown) <= HISTORY + 1


@pytest.mark.parametrize("name", NAMES)
def test_a_reply_follows_what_somebody_else_said(name):
    for conversation, view, example in asked(name):
        if view.task == "dialogue_generation":
            assert example.turns[-1].speaker != example.speaker
            own = "".join(turn.text for turn in conversation.turns if turn.speaker == example.speaker)
            assert _letters(example.answer) in _letters(own)


def _letters(text: str) -> str:
    """Blanks and commas stand between turns that are one reply."""
    return "".join(filter(str.isalnum, text))


@pytest.mark.parametrize("name", NAMES)
def test_everything_can_be_put_into_words(name):
    sample = sorted((example for _, _, example in asked(name)), key=lambda example: example.view)
    for _, group in groupby(sample, key=lambda example: example.view):
        of_view = list(group)  # together, which takes a tenth of the time
        for example, row in zip(of_view, rows_of(render_batch(batch_of(of_view, EXAMPLE))), strict=True):
            assert row["messages"][-1] == {"role": "assistant", "content": example.answer}
            assert "None" not in row["instruction"]
            assert "\n\n\n" not in row["messages"][0]["content"]


@pytest.mark.parametrize("name", NAMES)
def test_a_background_is_always_that_of_one_role(name):
    roles = {turn.speaker for conversation, _, _ in asked(name) for turn in conversation.turns}
    whole = [(view.name, e.speaker) for _, view, e in asked(name) if view.of == "conversation" and len(e.turns) > 1]
    if len(roles) == 2:
        assert len(set(whole)) == len({view for view, _ in whole})
