from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pica.chat.persona import updated
from pica.chat.state import PARTS, Emotion, Fact, Origin, Persona, State, from_json, set_by_hand, smoothed, to_json
from pica.errors import ChatError

LABELS = ("calm", "glad", "gloomy")


def distribution(*weights: float) -> dict[str, float]:
    return dict(zip(LABELS, weights, strict=True))


def test_the_first_turn_is_taken_as_it_is():
    emotion = smoothed(Emotion(), distribution(0.2, 0.1, 0.7), 1, "made-classification")
    assert emotion.label == "gloomy"
    assert emotion.raw == emotion.smoothed == distribution(0.2, 0.1, 0.7)
    assert emotion.origin == Origin("model", 1, 0.7, "made-classification")


def test_the_second_turn_is_mixed_with_the_first():
    first = smoothed(Emotion(), distribution(0.2, 0.1, 0.7), 1, "")
    second = smoothed(first, distribution(0.5, 0.3, 0.2), 2, "")
    assert second.smoothed == pytest.approx(distribution(0.38, 0.22, 0.40))
    assert second.raw == distribution(0.5, 0.3, 0.2)
    assert (second.label, second.origin.turn) == ("gloomy", 1)


@pytest.mark.parametrize(("glad", "shown"), [(0.67, "glad"), (0.62, "calm")])
def test_the_label_changes_only_when_the_new_top_leads_by_a_tenth(glad, shown):
    first = smoothed(Emotion(), distribution(0.6, 0.2, 0.2), 1, "")
    second = smoothed(first, distribution(0.9 - glad, glad, 0.1), 2, "")
    lead = second.smoothed["glad"] - second.smoothed["calm"]
    assert (lead >= 0.1) == (shown == "glad")
    assert lead > 0
    assert second.label == shown


def test_another_label_set_begins_anew():
    first = smoothed(Emotion(), distribution(0.6, 0.2, 0.2), 1, "")
    second = smoothed(first, {"joy": 0.4, "fear": 0.6}, 2, "other")
    assert (second.label, second.smoothed) == ("fear", {"joy": 0.4, "fear": 0.6})


@given(st.lists(st.tuples(*[st.floats(0.01, 1)] * 3), min_size=1, max_size=8))
def test_a_smoothed_distribution_stays_one(turns):
    emotion = Emotion()
    for turn, weights in enumerate(turns, 1):
        emotion = smoothed(emotion, distribution(*(w / sum(weights) for w in weights)), turn, "")
        assert sum(emotion.smoothed.values()) == pytest.approx(1)
        top = max(emotion.smoothed.values())
        assert top - emotion.smoothed[emotion.label] < 0.1


def test_json_gives_back_the_state():
    state = State(
        language="zh",
        turn=2,
        emotion=smoothed(Emotion(), distribution(0.2, 0.1, 0.7), 1, "v"),
        persona=Persona((Fact("我养了两只猫。", Origin("model", 2)),), ("APPEND 我养了两只猫。",)),
        off=("strategy",),
    )
    assert from_json(to_json(state)) == state


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{", "Invalid JSON"),
        ('{"turn": "two"}', "turn"),
        ('{"mood": 1}', "mood"),
        ('{"emotion": {"raw": {"joy": NaN}}}', "raw"),
        ('{"stage": {"name": "sleep"}}', "stage.name"),
        ('{"off": ["everything"]}', "off.0"),
    ],
)
def test_a_damaged_state_is_one_message_that_names_the_key(text, named):
    with pytest.raises(ChatError, match=named):
        from_json(text)


def test_what_is_set_by_hand_is_held_until_it_is_given_back():
    state = set_by_hand(State(), "emotion", "glad", {"emotion": LABELS})
    assert (state.emotion.label, state.emotion.origin.by, state.infers("emotion")) == ("glad", "hand", False)
    assert state.given_back("emotion").infers("emotion")
    state = set_by_hand(state, "stage", "act", {"stage": ("explore", "comfort", "act")})
    assert state.stage.consent
    assert set_by_hand(state, "situation", " I moved. ", {}).situation.text == "I moved."
    facts = set_by_hand(state, "persona", "I have a dog.\nI am a nurse.", {}).persona.facts
    assert [fact.text for fact in facts] == ["I have a dog.", "I am a nurse."]


@pytest.mark.parametrize(
    ("part", "value", "named"),
    [
        ("emotion", "sunny", "not one of calm, glad, gloomy"),
        ("situation", " ", "give a value"),
        ("safety", "none", "switched off"),
        ("persona", "\n".join(f"I have {n} cats." for n in range(9)), "at most 8"),
    ],
)
def test_what_cannot_be_set_is_said(part, value, named):
    with pytest.raises(ChatError, match=named):
        set_by_hand(State(), part, value, {"emotion": LABELS})


@pytest.mark.parametrize("part", PARTS)
def test_every_part_can_be_switched_off_and_on(part):
    state = set_by_hand(State(), "situation", "I moved.", {}).switched(part, False)
    assert not state.infers(part)
    assert state.switched(part, True).infers(part) or state.held(part)
    assert (state.situation.text == "") == (part == "situation")


def test_a_fact_that_the_user_removed_stays_away_until_a_later_turn_tells_it():
    said = "I have a dog. I like trains."
    told = ["I have a dog.", "I like trains."]
    before = State(turn=1)
    after = replace(before, persona=updated(before.persona, told, said, 1, "en"))
    removed = set_by_hand(after, "persona", "I like trains.", {})
    switched = removed.switched("persona", False).switched("persona", True)
    for state, left in ((removed, ["I like trains."]), (switched, [])):
        for earlier in (before, after):
            again = from_json(to_json(earlier.with_settings_of(state)))
            again = replace(again, persona=updated(again.persona, told, said, 1, "en"))
            assert [fact.text for fact in again.persona.facts] == left
        later = updated(state.persona, ["I have a dog."], "I have a dog.", 2, "en")
        assert "I have a dog." in [fact.text for fact in later.facts]
    given_back = before.with_settings_of(removed.given_back("persona"))
    assert len(updated(given_back.persona, told, said, 1, "en").facts) == 2
    written = set_by_hand(removed, "persona", "I have a dog.", {})
    assert [fact.text for fact in before.with_settings_of(written).persona.facts] == ["I have a dog."]


def test_a_state_of_before_facts_could_be_removed_is_read():
    old = '{"persona": {"facts": [{"text": "I have a dog."}], "operations": []}}'
    assert from_json(old).persona == Persona((Fact("I have a dog."),))


def test_what_is_set_is_on():
    state = State().switched("emotion", False)
    assert set_by_hand(state, "emotion", "glad", {}).off == ()
