"""No dialogue has its speakers swapped: who says what in the real files is who says it in the messages.

The reply's speaker is the assistant in every turn before it, too, and everybody else the user, whether people speak in
turn, one of them says several things in a row, or six of them meet in a kitchen.
"""

from __future__ import annotations

import re
from itertools import groupby, takewhile

import pytest

from pica.corpora import View, corpus
from pica.prompts import render_batch
from pica.sampling import sample
from pica.schema import EXAMPLE, Conversation, Example, Turn
from pica.store import batch_of, rows_of
from pica.tasks import examples
from tests.real.test_corpora_real import NAMES, pytestmark  # noqa: F401

HISTORY = 10
CONVERSATIONS = 200  # of each dataset, chosen by a hash of their ids
# The mirror's part of EmoWOZ has only a user's turns.
VIEWS = [
    view for name in NAMES for view in corpus(name).views if view.task == "dialogue_generation" and name != "emowoz"
]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_speakers_stay_who_they_are(view: View, real_rows):
    asked = [
        (conversation, example)
        for conversation in some_conversations(view, real_rows)
        for example in examples(conversation, view, HISTORY)
    ]
    rendered = rows_of(render_batch(batch_of([example for _, example in asked], EXAMPLE)))
    for (conversation, example), row in zip(asked, rendered, strict=True):
        check(conversation, example, row["messages"], view)


def some_conversations(view: View, real_rows) -> list[Conversation]:
    """Some of the conversations that the view's dataset has, the same ones each time."""
    rows = real_rows(view.name.partition("-")[0])
    known = {row.id: row for row in rows if isinstance(row, Conversation) and len(row.turns) > 1}
    return [known[id] for id in sample(known, CONVERSATIONS, seed=0)]


def check(conversation: Conversation, example: Example, messages: list[dict[str, str]], view: View) -> None:
    start = int(example.id.rpartition("-")[2])
    speaker = conversation.turns[start].speaker
    said = [turn.text for turn in takewhile(lambda turn: turn.speaker == speaker, conversation.turns[start:])]
    before = conversation.turns[max(0, start - HISTORY - 1) : start]
    assert view.speaker in ("", speaker)
    assert before[-1].speaker != speaker
    *history, answer = messages
    assert answer["role"] == "assistant"
    assert letters(answer["content"]) == letters(*said)
    check_history(before, speaker, history)


def check_history(turns: tuple[Turn, ...], speaker: str, messages: list[dict[str, str]]) -> None:
    names = {turn.speaker for turn in turns} - {speaker}
    runs = [(own, list(group)) for own, group in groupby(turns, key=lambda turn: turn.speaker == speaker)]
    if runs[0][0]:
        runs.insert(0, (False, []))  # the request is the user's, and stands before all
    assert [message["role"] for message in messages] == ["assistant" if own else "user" for own, _ in runs]
    for message, (own, run) in zip(messages, runs, strict=True):
        if own:
            assert letters(message["content"]) == letters(*(turn.text for turn in run))
        elif run:
            shown = []
            for name, said in groupby(run, key=lambda turn: turn.speaker):
                shown += [f"{name}:"] if len(names) > 1 else []
                shown += [turn.text for turn in said]
            before, found, after = letters(message["content"]).rpartition(letters(*shown))
            assert (bool(found), after) == (True, "")
            assert not before or message is messages[0]  # the request stands before all


def letters(*texts: str) -> str:
    """Without what joins the turns of one speaker, blanks and in Chinese a comma, and with one colon after a name."""
    return re.sub(r"[\s，]", "", "".join(texts)).replace("：", ":")
