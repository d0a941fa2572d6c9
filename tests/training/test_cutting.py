"""What a row that is too long loses: never what it asks about."""

from __future__ import annotations

import pytest

from pica.corpora import views
from pica.prompts import phrasings, render
from pica.schema import Cause, Conversation, Turn
from pica.tasks import examples
from pica.training import scratch
from pica.training.cutting import (
    cut_of,
    without_middle,
    without_newest,
    without_oldest,
    without_oldest_but_causes,
    without_oldest_exchange,
)
from pica.training.encode import IGNORED, encode, encode_rows

TOKENIZER = scratch.make_tokenizer(["what is it? joy, anger."], vocab_size=320, context=512)


def made(view: str, conversation: Conversation, history: int = 20):
    return [render(example) for example in examples(conversation, views()[view], history)]


def prompts(rows, max_length: int) -> list[str | None]:
    """What is left of each row's prompt; None where it is too long."""
    told = [{"id": row.id, "instruction": row.instruction, "messages": row.messages} for row in rows]
    encoded = (encoded for _, encoded, _, _ in encode_rows(told, TOKENIZER, max_length, "last_reply"))
    return [
        e and TOKENIZER.decode([i for i, label in zip(e.ids, e.labels, strict=True) if label == IGNORED])
        for e in encoded
    ]


def dialogue(id: str, **fields) -> Conversation:
    told = "My cat fell into the pond."
    talk = [Turn("supporter" if i % 2 else "seeker", f"Line {i}: about the weather.") for i in range(1, 12)]
    corpus = id.partition("/")[0]
    return Conversation(id, corpus, "train", "en", (Turn("seeker", told), *talk), **fields)


def causes(*turns: int) -> Conversation:
    spans = {0: "cat fell", 5: "Line 5", 11: "Line 11"}
    said = dialogue("dailydialog/train/reccon-tr_0")
    return Conversation(
        said.id, said.corpus, "train", "en", said.turns, causes=tuple(Cause(11, "sadness", t, spans[t]) for t in turns)
    )


@pytest.mark.parametrize("turns", [(0,), (0, 11), (5,), (11,), (5, 11)])
@pytest.mark.parametrize("max_length", range(150, 700, 50))
def test_a_cause_is_in_its_prompt_or_the_row_is_too_long(turns, max_length):
    rows = made("dailydialog-cause", causes(*turns), history=5)
    (left,) = prompts(rows, max_length)
    spans = rows[0].messages[-1]["content"].split("\n")
    assert left is None or all(span in left for span in spans)


def test_lines_before_a_cause_may_go():
    (left,) = prompts(made("dailydialog-cause", causes(11)), 250)
    assert "Line 11" in left
    assert "cat" not in left


@pytest.mark.parametrize(
    ("view", "id", "fields"),
    [
        ("esconv-situation-inference", "esconv/train/0", {"situation": "I lost my cat."}),
        ("esconv-emotion-inference", "esconv/train/0", {"emotion": "sadness"}),
        ("empatheticdialogues-fine-classification", "empatheticdialogues/train/0", {"emotion": "sad"}),
    ],
)
def test_a_question_about_a_whole_dialogue_keeps_its_beginning(view, id, fields):
    rows = made(view, dialogue(id, **fields))
    whole = len(encode(rows[0].messages, TOKENIZER).ids)
    (left,) = prompts(rows, whole - 60)
    assert "cat fell into the pond" in left
    assert "Line 11" not in left


@pytest.mark.parametrize("between", [" ", "\n"])
def test_a_long_text_keeps_head_and_tail_whatever_its_paragraphs(between):
    text = between.join(f"Sentence {i} of it." for i in range(60))
    review = Conversation(
        "imdb/train/0", "imdb", "train", "en", (Turn("writer", f"First. {text} Last."),), emotion="positive"
    )
    (left,) = prompts(made("imdb-classification", review), 200)
    head, gap, tail = left.partition(" […] ")
    assert gap
    assert "First. Sentence 0" in head
    assert "59 of it. Last." in tail
    assert abs(len(head.partition("First.")[2]) - len(tail)) < 60


def test_texts_of_one_paragraph_and_of_many_are_cut_alike():
    cut = []
    for between in (" ", "\n"):
        messages = [{"role": "user", "content": "Ask.\n\n" + between.join(f"w{i}" for i in range(40))}, {}]
        while (shorter := without_middle("Ask.", messages)) is not None:
            messages = shorter
            cut.append(messages[0]["content"].split())
    assert cut[: len(cut) // 2] == cut[len(cut) // 2 :]
    assert len(cut[-1]) == len(["Ask.", "[…]"]) + 16


def test_a_chat_loses_whole_exchanges_and_no_line_of_a_message():
    messages = [
        {"role": role, "content": f"{role} {turn}\n    code {turn}"}
        for turn in range(3)
        for role in ("user", "assistant")
    ]
    assert without_oldest_exchange("", messages) == messages[2:]
    assert without_oldest_exchange("", messages[4:]) is None
    assert cut_of("general/train/chats-1#generation-3", "") is without_oldest_exchange


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("view", [view for view in views().values() if view.asks != "chat"], ids=lambda view: view.name)
def test_each_phrasing_of_each_view_is_cut_by_what_it_asks_about(view, language):
    variant = view.name.partition("-")[2]
    of_turn = view.of == "turn" or view.task in ("emotion_cause", "dialogue_generation")
    if view.task == "emotion_cause":
        expected = without_oldest_but_causes
    elif view.task == "text_emotion":
        expected = without_middle
    else:
        expected = without_oldest if of_turn or view.asks in ("persona", "reply") else without_newest
    for phrasing in phrasings(language, view.task, view.asks):
        words = {"noun": "NOUN", "speaker": "SPEAKER", "choices": ", ".join(view.labels), "emotion": "joy"}
        request = phrasing.render(words, of_turn=view.of == "turn", dialogue=True)
        for number in ("-7", "-7~2") if view.task == "emotion_cause" else ("", "~2"):
            assert cut_of(f"{view.name.partition('-')[0]}/train/a-1#{variant}{number}", request) is expected
