"""The policy table, a test a row, and when the stage changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pica.chat import policy
from pica.chat.session import written_in
from pica.chat.state import Emotion, Origin, Situation, Stage, State, set_by_hand
from pica.corpora import views
from pica.corpora.esconv import STRATEGIES

ROWS = [(stage, last, tuple(row)) for stage, rows in policy.table()["strategies"].items() for last, row in rows.items()]


@pytest.mark.parametrize(("stage", "last", "row"), ROWS, ids=lambda value: str(value)[:30])
def test_a_row_allows_what_it_lists_in_the_words_of_the_labels(stage, last, row):
    before = {"first": "", "*": "Others"}.get(last, last)
    assert set(policy.allowed(stage, before, STRATEGIES)) == set(row)
    assert set(row) <= set(STRATEGIES)
    assert last not in row or last == "Question"


@pytest.mark.parametrize(("stage", "last", "row"), ROWS, ids=lambda value: str(value)[:30])
def test_no_row_lets_a_program_tell_of_a_life_of_its_own(stage, last, row):
    assert "Self-disclosure" not in row


def test_advice_stands_only_where_it_is_wanted():
    for stage, _, row in ROWS:
        assert ("Providing Suggestions" in row) <= (stage == "act")


@pytest.mark.parametrize("view", [view.name for view in views().values() if view.asks == "strategy"])
def test_each_label_set_of_strategies_is_known(view):
    assert policy.known(views()[view].labels)


def test_the_likeliest_of_the_allowed_is_chosen():
    shares = {"Question": 0.2, "Others": 0.5, "Information": 0.3}
    chosen = policy.choose(("Question", "Information"), shares, 3, "made")
    assert chosen.name == "Information"
    assert chosen.allowed == pytest.approx({"Question": 0.4, "Information": 0.6})
    assert chosen.origin == Origin("model", 3, chosen.allowed["Information"], "made")


def state(turn: int, sad: float = 0.9, known: bool = True, consent: bool = False, language: str = "en") -> State:
    return State(
        language=language,
        turn=turn,
        emotion=Emotion("sadness", smoothed={"sadness": sad, "happiness": 1 - sad}),
        situation=Situation("I failed." if known else ""),
        stage=Stage("act" if consent else "explore", consent),
    )


@pytest.mark.parametrize(
    ("at", "said", "replied", "stage"),
    [
        (state(1), "I failed.", "", "explore"),
        (state(2), "I failed.", "", "explore"),
        (state(3), "I failed.", "", "comfort"),
        (state(3, known=False), "I failed.", "", "explore"),
        (state(5, known=False), "I failed.", "", "comfort"),
        (state(3, known=False).switched("situation", False), "I failed.", "", "comfort"),
        (state(3, sad=0.49), "It is fine.", "", "explore"),
        (state(1), "What should I do?", "", "act"),
        (state(3), "Any advice?", "", "act"),
        (state(3), "Yes, please.", "Would you like some ideas?", "act"),
        (state(3), "Yes, it was.", "That sounds hard.", "comfort"),
        (state(4, consent=True), "I tried that.", "", "act"),
        (state(4, consent=True), "I just wanted to vent.", "", "comfort"),
        (state(3), "I do not want advice.", "", "comfort"),
        (state(1, language="zh"), "我该怎么办？", "", "act"),
        (state(3, language="zh"), "好的", "要不要听听我的想法吗？", "act"),
        (state(3, language="zh"), "我不想听建议", "", "comfort"),
        (state(3, language="zh"), "我没考好", "", "comfort"),
    ],
)
def test_the_stage(at, said, replied, stage):
    assert policy.next_stage(at, said, replied).name == stage


# What a user may say, to have advice and not, and in answer to an offer of it.
ASKS = (
    "What should I do?",
    "Any advice?",
    "How can I talk to him?",
    "How do I cope with this?",
    "I need some advice.",
    "Could you help me decide?",
    "Should I call her?",
    "What would you do?",
    "Do you have any tips?",
    "Please give me some advice.",
    "Can you give me some advice?",
    "What can I do about it?",
    "How should I tell my boss?",
    "I could use some advice.",
    "Any tips on how to sleep?",
    "What do you suggest?",
    "I want your advice.",
    "So what do I do now?",
    "How can I be more confident?",
    "How could I make it up to her?",
    "Should I have told him sooner?",
    "He left me. What should I do?",
    "I'd really like some advice.",
    "I am looking for advice.",
    "Some advice would be nice.",
    "Please help me decide.",
    "What's your advice?",
    "How do I stop crying?",
    "I think I need advice.",
    "Well, any ideas?",
    "How do I get over her?",
    "Do you know any ways to calm down?",
    "I really want help with this",
    "How can I fix what I messed up?",
    "Could you suggest something?",
    "Got any advice?",
    "I'm asking for advice, please.",
    "我该怎么办",
    "我该怎么办？",
    "你有什么建议吗",
    "怎么办啊",
    "我不知道怎么办",
    "我真的不知道该怎么办才好",
    "他走了我怎么办",
    "我跟我妈吵架了怎么办",
    "我该怎么跟他说",
    "给我点建议吧",
    "能给我一些建议吗",
    "有没有什么好办法",
    "有没有办法",
    "你觉得我该辞职吗",
    "我要不要辞职",
    "我该不该告诉她",
    "帮我想想吧",
    "你能帮我分析一下吗",
    "如何才能睡着",
    "该怎么做才好呢",
    "我是不是该道歉",
    "我想听听你的建议",
    "我需要一些建议",
    "我不知道该怎么开口",
    "有什么办法吗",
    "请给我建议",
    "我应该怎么做",
    "不知道如何面对他",
    "你说我应该怎么办",
)
ASKS_NOT = (
    "How could I be so stupid?",
    "How do I always mess everything up?",
    "My mom never has any advice for me.",
    "He gave me some advice and it hurt.",
    "I don't need any of your tips.",
    "How can I be such a failure?",
    "How could I have known?",
    "How could I let this happen?",
    "Why should I care?",
    "They always give me advice.",
    "My doctor will suggest pills.",
    "He didn't want advice.",
    "I have some ideas of my own.",
    "Some advice I got was awful.",
    "What would I do without her?",
    "What did I do wrong?",
    "What do I do wrong?",
    "How do I ruin everything?",
    "How could I ever forgive him?",
    "I don't think I need advice.",
    "I'm not looking for advice.",
    "She asked if I wanted some tips.",
    "Nobody has any ideas.",
    "I never asked for your advice.",
    "He should have told me.",
    "How do I manage to screw up each time?",
    "I do not want any advice.",
    "Your advice hurt me.",
    "My friends need some tips, not me.",
    "How can I not be sad?",
    "I like some advice columns.",
    "I want to sleep.",
    "I failed the plan.",
    "How do I look?",
    "I really like some advice columns.",
    "我是不是很没用",
    "他不知道怎么办",
    "我是不是很差劲",
    "你觉得我是不是很笨",
    "我妈不知道怎么办",
    "他给我建议，我更难过了",
    "她不知道该怎么做",
    "没有什么办法",
    "我妈总给我意见",
    "我妈帮我分析过了",
    "无论如何解决不了",
    "他如何面对是他的事",
    "我怎么这么没用",
    "我怎么能这么蠢",
    "不想听你的建议",
    "不用给我建议",
    "别给我建议",
    "他问我怎么办",
    "没人能帮我想想",
    "我朋友不知道怎么说",
    "他们有什么办法",
    "我就是想有人听",
    "他应该怎么做是他的事",
    "我有办法了",
)
AGREES = (
    "Yes, please.",
    "Yes",
    "Ok",
    "Okay, go ahead.",
    "Sure.",
    "Please.",
    "Please do.",
    "Yeah, I'd like that",
    "I'd love some",
    "I would",
    "I would like that.",
    "Why not?",
    "of course",
    "Yes, I don't know what to do.",
    "ok sure",
    "Absolutely!",
    "That would help.",
    "Why not, no problem.",
    "Yes please, I have no idea what to try",
    "好的",
    "好",
    "好啊",
    "嗯",
    "嗯嗯",
    "嗯，想听",
    "可以",
    "可以啊你说吧",
    "想",
    "想听",
    "好想听",
    "要",
    "需要",
    "愿意",
    "当然",
    "说吧",
    "请说",
    "是的",
    "对",
    "好的谢谢",
    "好，你说",
    "嗯嗯好的",
    "行",
    "行吧",
    "好的，我很难过",
    "想试试",
    "想听听",
    "当然可以",
)
DECLINES = (
    "No",
    "No, thanks.",
    "no thank you",
    "Please don't.",
    "Ok, but not now.",
    "Nope",
    "Not now.",
    "Not really.",
    "Of course not.",
    "Definitely not",
    "Maybe later.",
    "I'd rather not.",
    "Okay, never mind.",
    "Yeah, no.",
    "Sure, maybe later",
    "Please do not.",
    "Ok, please don't",
    "I don't think so",
    "Forget it.",
    "whatever",
    "I don't want any",
    "No. I am tired.",
    "Please don't suggest things",
    "不",
    "不用",
    "不用了",
    "不要",
    "不想",
    "不需要",
    "算了",
    "算了吧",
    "好吧，算了",
    "不用了谢谢",
    "下次吧",
    "改天",
    "先不了",
    "没必要",
    "我不想听",
    "别说了",
    "以后再说",
    "不太想听",
    "没心情聊",
    "不了，谢谢",
)
NEITHER = (
    "I would die for sleep.",
    "I am so sad.",
    "Nobody cares.",
    "Plenty of things hurt.",
    "I don't know.",
    "Surely he lies.",
    "Yesterday was hard.",
    "想哭。",
    "好害怕。",
    "好伤心",
    "好像没用。",
    "要哭了",
    "不知道",
    "不开心",
    "嗯，好难过",
    "对不起",
    "好累",
    "想他了",
    "好难",
    "行不通的",
    "是我的错",
    "要死了",
    "可以说很糟",
    "对我来说很难",
    "当然难过",
    "说不清楚",
    "好难过，好想哭",
)
OFFERS = {"en": "Would you like some ideas?", "zh": "要不要听听我的想法吗？"}


def stages(texts, offered: bool = False, consent: bool = False) -> dict[str, str]:
    """The stage after each text, in answer to an offer or not."""
    found = {}
    for said in texts:
        language = written_in(said)
        at = state(4, consent=consent, language=language)
        found[said] = policy.next_stage(at, said, OFFERS[language] if offered else "").name
    return found


def test_who_asks_for_advice_has_it():
    assert stages(ASKS) == dict.fromkeys(ASKS, "act")


def test_who_does_not_ask_for_advice_has_none():
    others = (*ASKS_NOT, *AGREES, *NEITHER)
    assert stages(others) == dict.fromkeys(others, "comfort")


def test_a_yes_to_an_offer_is_consent_and_nothing_else_is():
    assert stages(AGREES, offered=True) == dict.fromkeys(AGREES, "act")
    others = (*DECLINES, *NEITHER)
    assert stages(others, offered=True) == dict.fromkeys(others, "comfort")


def test_a_no_to_an_offer_ends_consent():
    assert stages(DECLINES, offered=True, consent=True) == dict.fromkeys(DECLINES, "comfort")
    assert stages(NEITHER, offered=True, consent=True) == dict.fromkeys(NEITHER, "act")


@pytest.mark.parametrize(
    ("sad", "said", "stage"),
    [
        (0.9, "He left me and I cannot stop crying.", "comfort"),
        (0.9, "And if he does not answer?", "act"),
        (0.5, "I wrote to him.", "act"),
        (0.9, "What should I do now?", "act"),
    ],
)
def test_a_turn_of_nothing_but_bad_feelings_ends_consent(sad, said, stage):
    at = state(4, consent=True)
    at = replace(at, emotion=replace(at.emotion, raw={"sadness": sad, "happiness": 1 - sad}))
    assert policy.next_stage(at, said, "").name == stage


def test_an_emotion_set_by_hand_counts_as_certain():
    glad = set_by_hand(state(3), "emotion", "happiness", {})
    assert policy.negativity(glad) == 0
    assert policy.negativity(set_by_hand(state(3), "emotion", "anger", {})) == 1


def test_the_feelings_of_each_view_that_a_chat_may_ask_are_told_apart():
    """A label that is in neither list counts as a positive feeling: these are all there are."""
    from pica.chat.skills import _SERVES, negative, neutral

    asked = {label for view in views().values() if _SERVES["emotion"](view) for label in view.labels}
    positive = {label for label in asked if label not in negative() and not neutral(label)}
    english = (
        "happiness joy joyful Joyful Peaceful Powerful love excited satisfied positive surprise surprised interest "
        "serenity anticipating anticipation caring confident content faithful grateful hopeful impressed nostalgic "
        "prepared proud sentimental trust trusting"
    )
    assert positive <= {*english.split(), "高兴", "感激", "放松", "其他积极", "惊讶"}
