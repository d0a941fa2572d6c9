"""The policy table, a test a row, and when the stage changes."""

from __future__ import annotations

import pytest

from pica.chat import policy
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
