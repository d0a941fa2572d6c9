"""What a chat asks has the bytes of training: its turns as a conversation of the dataset, rendered by the stages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pica.chat import questions
from pica.chat.session import Exchange, Session
from pica.chat.skills import skills
from pica.chat.state import Emotion, Fact, Origin, Persona, Situation, State, Strategy, set_by_hand
from pica.corpora import views
from pica.prompts import render
from pica.schema import Conversation, Turn
from pica.tasks import examples

HISTORY = 5
SAID = ["I failed.", "Twice.", "In the rain.", "And then again."]


def session(turns: int, language: str = "en") -> Session:
    exchanges = tuple(Exchange(said, f"Reply {n}.", "end", State(), State()) for n, said in enumerate(SAID[:turns]))
    return Session("1", State(language=language), exchanges)


def trained(view: str, turns: int, reply: Turn | None, **labels) -> str:
    """The prompt of the example that the stages make of the same dialogue, under the chat's id."""
    corpus = view.partition("-")[0]
    user, other = skills_of("en")[use_of(view)].speakers
    said = [turn for n in range(turns) for turn in (Turn(user, SAID[n], "sadness"), Turn(other, f"Reply {n}."))]
    said += [Turn(user, SAID[turns], labels.pop("felt", None))] + ([reply] if reply else [])
    chat = Conversation(f"{corpus}/test/1", corpus, "test", "en", tuple(said), **labels)
    example = list(examples(chat, views()[view], HISTORY))[-1]
    variant = example.id.partition("#")[2].rstrip("0123456789")
    return render(replace(example, id=f"{corpus}/chat/1#{variant}" + ("0" if variant.endswith("-") else ""))).messages[
        :-1
    ]


def skills_of(language: str):
    from pathlib import Path

    return skills(language, Path("nowhere"))


def use_of(view: str) -> str:
    return next(use for use, skill in skills_of("en").items() if skill.view == view)


@pytest.mark.parametrize("turns", [0, 1, 3])
def test_emotion_is_asked_as_in_training(turns):
    skill = skills_of("en")["emotion"]
    asked = questions.emotion(skill, session(turns), SAID[turns], HISTORY)
    assert asked.messages[:-1] == trained(skill.view, turns, None, felt="sadness")
    assert asked.candidates == views()[skill.view].labels


@pytest.mark.parametrize("turns", [0, 2])
def test_a_situation_is_asked_as_in_training(turns):
    skill = skills_of("en")["situation"]
    asked = questions.situation(skill, session(turns), SAID[turns], HISTORY)
    assert asked.messages[:-1] == trained(skill.view, turns, None, situation="I failed.")


@pytest.mark.parametrize("turns", [0, 1, 3])
def test_a_reply_is_asked_as_in_training(turns):
    skill = skills_of("en")["reply"]
    state = State(
        emotion=Emotion("sadness"),
        situation=Situation("I failed."),
        strategy=Strategy("Question"),
    )
    asked = questions.reply(skill, session(turns), SAID[turns], state, HISTORY)
    reply = Turn(skill.speakers[1], "How?", act="Question")
    assert asked.messages[:-1] == trained(skill.view, turns, reply, situation="I failed.", emotion="sadness")


def test_facts_stand_beside_the_situation():
    state = State(situation=Situation("I failed."), persona=Persona((Fact("I am a nurse."),)))
    asked = questions.reply(skills_of("en")["reply"], session(0), "Well.", state, HISTORY)
    assert '"I failed. I am a nurse."' in asked.messages[0]["content"]


def test_the_phrasing_is_fixed_for_a_chat_and_differs_between_chats():
    skill = skills_of("en")["emotion"]
    requests = {questions.emotion(skill, session(n), "Well.", HISTORY).instruction for n in range(4)}
    assert len(requests) == 1
    others = {questions.emotion(skill, replace(session(0), id=str(n)), "Well.", HISTORY).instruction for n in range(20)}
    assert len(others) > 1


def test_prompts_do_not_grow_with_the_chat():
    skill = skills_of("en")["reply"]
    exchanges = session(1).exchanges * 40
    long = replace(session(0), exchanges=exchanges)
    few = replace(session(0), exchanges=exchanges[:3])
    asked = [questions.reply(skill, s, "Well.", State(), HISTORY).messages for s in (few, long)]
    assert len(asked[0]) == len(asked[1])


def test_a_situation_is_asked_about_until_one_is_known():
    skill = skills_of("en")["situation"]
    long = replace(session(1), exchanges=session(3).exchanges * 10)
    asked = questions.situation(skill, long, "Well.", HISTORY).messages[0]["content"]
    assert asked == trained_last_turns(skill, "Well.")
    found = replace(long, state=State(situation=Situation("I failed.", Origin("model", 1))))
    assert questions.situation(skill, found, "Well.", HISTORY) is None
    for unknown in (
        found.state.switched("situation", False).switched("situation", True),
        set_by_hand(found.state, "situation", "I won.", {}).given_back("situation"),
    ):
        again = questions.situation(skill, replace(found, state=unknown), "Well.", HISTORY)
        assert again.messages[0]["content"] == asked


def trained_last_turns(skill, said: str) -> str:
    """The prompt of the example that the stages make of a dialogue that is no longer than the last turns."""
    user, other = skill.speakers
    turns = [Turn(other, "Reply 0."), Turn(user, SAID[1]), Turn(other, "Reply 1."), Turn(user, SAID[2])]
    turns += [Turn(other, "Reply 2."), Turn(user, said)]
    corpus = skill.view.partition("-")[0]
    chat = Conversation(f"{corpus}/chat/1", corpus, "test", "en", tuple(turns), situation="I failed.")
    (example,) = examples(chat, views()[skill.view], HISTORY)
    return render(example).messages[0]["content"]


def test_the_line_whose_strategy_is_asked_is_the_one_to_come():
    skill = skills_of("en")["strategy"]
    asked = questions.strategy(skill, session(1), "Well.", HISTORY).messages[0]["content"]
    assert asked.endswith("the seeker: Well.\nthe supporter: ")
