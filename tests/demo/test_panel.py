"""A control that is changed on the page changes the chat and its prompts, and nothing else does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pica.chat import questions
from pica.chat.session import Session
from pica.chat.skills import Skill, notes, table
from pica.chat.state import PARTS, Emotion, Fact, Persona, Situation, Stage, State, Strategy
from pica.demo import panel
from pica.errors import ChatError


def talked(bot, *turns: str, language: str = "en"):
    session = bot.start(language)
    for said in turns:
        *_, finished = bot.answer(session, said)
        session = finished.session
    return session


def change(session, part: str, value: str | None = None, mode: str | None = None) -> panel.Panel:
    shown = panel.panel_of(session.state)
    modes = {**shown.modes, **({part: mode} if mode else {})}
    return panel.Panel(modes, {**shown.values, **({} if value is None else {part: value})})


def test_a_panel_that_nobody_touched_changes_nothing(bot):
    session = talked(bot, "I am a nurse, and I failed my test.", "It was awful.")
    assert panel.applied(bot, session, panel.panel_of(session.state), "en") == session
    off = replace(session, state=session.state.switched("emotion", False).switched("safety", False))
    assert panel.applied(bot, off, panel.panel_of(off.state), "en") == off


@pytest.mark.parametrize(
    ("part", "value", "says"),
    [
        ("emotion", "anger", "anger"),
        ("situation", "I moved to Lyon.", "I moved to Lyon."),
        ("persona", "I keep bees.", "I keep bees."),
        ("strategy", "Information", "Information"),
    ],
)
def test_what_is_set_by_hand_stands_in_the_next_prompt_and_stays(bot, model, part, value, says):
    session = talked(bot, "Hi.")
    after = panel.applied(bot, session, change(session, part, value), "en")
    *_, finished = bot.answer(after, "So it goes.")
    asked = [question for kind, question in model.asked if kind == "replies"][-1]
    assert says in asked.messages[0]["content"]
    assert says not in next(question for kind, question in model.asked if kind == "replies").messages[0]["content"]
    assert says in panel.value(finished.session.state, part)


def test_automatic_gives_a_part_back_and_an_emptied_value_too(bot):
    session = talked(bot, "Hi.")
    held = panel.applied(bot, session, change(session, "situation", "I moved."), "en")
    assert panel.panel_of(held.state).modes["situation"] == "hand"
    back = panel.applied(bot, held, change(held, "situation", mode="auto"), "en")
    assert (back.state.situation.text, back.state.infers("situation")) == ("I moved.", True)
    empty = panel.applied(bot, held, change(held, "situation", ""), "en")
    assert (empty.state.situation.text, empty.state.infers("situation")) == ("", True)


def test_by_hand_without_a_change_holds_what_is_there(bot):
    session = talked(bot, "It was awful.")
    held = panel.applied(bot, session, change(session, "emotion", mode="hand"), "en")
    assert (held.state.emotion.label, held.state.held("emotion")) == ("sadness", True)


@pytest.mark.parametrize("part", PARTS)
def test_off_reaches_no_prompt_and_on_brings_it_back(bot, part):
    session = talked(bot, "I am a nurse, and I failed my test.")
    off = panel.applied(bot, session, change(session, part, mode="off"), "en")
    assert off.state.off == (part,)
    assert part == "safety" or panel.value(off.state, part) in ("", "explore")
    on = panel.applied(bot, off, change(off, part, mode="auto"), "en")
    assert on.state.off == ()


def test_a_value_for_a_part_that_was_off_switches_it_on(bot):
    session = talked(bot, "Hi.")
    off = panel.applied(bot, session, change(session, "persona", mode="off"), "en")
    on = panel.applied(bot, off, change(off, "persona", "I keep bees."), "en")
    assert (on.state.off, panel.value(on.state, "persona")) == ((), "I keep bees.")


@pytest.mark.parametrize(
    ("part", "value", "says"),
    [("situation", "x" * 601, "601"), ("persona", "\n".join(f"I have {n}." for n in range(9)), "9")],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_values_that_are_too_long_are_refused_in_a_line(bot, part, value, says, language):
    session = talked(bot, "Hi.")
    with pytest.raises(ChatError, match=says) as error:
        panel.applied(bot, session, change(session, part, value), language)
    assert "\n" not in str(error.value)


def test_a_reply_drawn_anew_keeps_what_was_set_by_hand(bot, model):
    session = talked(bot, "I am a nurse.", "I failed my test.")
    set_ = panel.applied(bot, session, change(session, "situation", "I moved to Lyon."), "en")
    *_, finished = bot.retry(set_)
    assert finished.session.state.situation.text == "I moved to Lyon."
    asked = [question for kind, question in model.asked if kind == "replies"][-1]
    assert "I moved to Lyon." in asked.messages[0]["content"]
    off = panel.applied(bot, finished.session, change(finished.session, "situation", mode="off"), "en")
    *_, finished = bot.edit(off, 1, "I am a baker.")
    assert finished.session.state.off == ("situation",)


def test_a_value_stands_in_prompts_without_control_characters(bot):
    session = talked(bot, "Hi.")
    after = panel.applied(bot, session, change(session, "situation", "I\x00 moved  to\x07 Lyon."), "en")
    assert after.state.situation.text == "I moved to Lyon."
    after = panel.applied(bot, session, change(session, "persona", "I keep\x1b bees.\n\x00\nI sing."), "en")
    assert panel.value(after.state, "persona") == "I keep bees.\nI sing."
    assert panel.applied(bot, session, change(session, "situation", "\x00"), "en") == session


HELD = State(
    turn=2,
    emotion=Emotion("fear"),
    situation=Situation("I moved."),
    persona=Persona((Fact("I sing."),)),
    stage=Stage("act"),
    strategy=Strategy("Information"),
)


@pytest.mark.parametrize("view", table()["reply"])
def test_a_reply_s_prompt_changes_with_the_parts_that_it_is_told_and_with_no_other(view):
    skill, session = Skill(view, 100), Session()

    def prompt(state):
        return questions.reply(skill, session, "Hi.", state, 5).messages

    parts = [part for part in PARTS if part != "safety"]
    assert [part for part in parts if prompt(HELD.switched(part, False)) != prompt(HELD)] == list(skill.told)


def test_the_panel_and_the_notes_say_what_the_reply_is_told(bot):
    english, chinese = bot.start("en"), bot.start("zh")
    assert "is told: Emotion, Situation, About you, Strategy of the reply." in panel.told(bot, english, "en")
    assert "is told nothing of this" in panel.told(bot, chinese, "en")
    assert "最多影响阶段和策略" in panel.told(bot, chinese, "zh")
    assert list(notes("en", bot.skills("en")))[-1] == "told to the reply: emotion, situation, persona, strategy"
    assert list(notes("zh", bot.skills("zh")))[-1].startswith("told to the reply: no part of the state")


@pytest.mark.parametrize(
    ("language", "part", "value", "mode", "says"),
    [
        ("en", "situation", "I moved.", None, "from the next reply on"),
        ("en", "stage", "act", None, "not told of it"),
        ("zh", "situation", "我搬家了。", None, "not told of it"),
        ("zh", "safety", None, "off", "from the next reply on"),
    ],
)
def test_a_change_that_the_reply_cannot_see_is_not_said_to_hold_for_it(bot, language, part, value, mode, says):
    session = bot.start(language)
    after = panel.applied(bot, session, change(session, part, value, mode), "en")
    assert says in panel.taken_over(bot, session.state, after.state, "en")


def test_a_browser_that_lags_behind_takes_nothing_back(bot):
    session = talked(bot, "Hi.")
    seen, typed = panel.panel_of(session.state), change(session, "situation", "I moved.")
    once = panel.applied(bot, session, typed, "en", seen)
    twice = panel.applied(bot, once, typed, "en", panel.from_text(panel.to_text(seen)))
    assert twice == once
    assert twice.state.held("situation")


def test_each_part_says_how_it_came_about(bot):
    session = talked(bot, "I am a nurse, and I failed my test.")
    told = {part: panel.origin(bot, session.state, part, "en") for part in PARTS}
    assert told["emotion"] == "model, turn 1, p 0.80"
    assert (told["persona"], told["stage"]) == ("from turn 1", "rule, turn 1")
    assert panel.origin(bot, bot.start("zh").state, "strategy", "zh").startswith("已关闭")
    assert [name for name, _ in panel.choices(bot, session, "stage", "zh")] == ["了解情况", "安慰", "给出建议"]
