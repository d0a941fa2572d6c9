from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pica.chat.persona import content, grounded, own_speech, updated
from pica.chat.state import FACTS, Fact, Origin, Persona


def facts(persona: Persona) -> list[str]:
    return [fact.text for fact in persona.facts]


def known(*texts: str, by: str = "model") -> Persona:
    return Persona(tuple(Fact(text, Origin(by, 1)) for text in texts))


@pytest.mark.parametrize(
    ("before", "told", "said", "language", "after", "operation"),
    [
        ((), "I have a dog.", "I have a dog and he barks.", "en", ["I have a dog."], "APPEND"),
        ((), "I have a cat.", "I have a dog.", "en", [], None),
        (("I have a dog.",), "I have a dog.", "My dog, I have a dog.", "en", ["I have a dog."], "PASS"),
        (("I live in Leeds.",), "I live in Bath.", "I live in Bath now.", "en", ["I live in Bath."], "REPLACE"),
        (("I have a dog.",), "", "I do not have a dog any more.", "en", [], "DELETE"),
        ((), "I have a dog.", "I do not have a dog.", "en", [], None),
        ((), "I have two dogs.", 'She said "I have two dogs".', "en", [], None),
        ((), "I love jazz.", "My sister says she does love jazz.", "en", [], None),
        ((), "I love jazz.", "He loves me. They love jazz.", "en", [], None),
        ((), "我养了一只猫。", "我养了一只猫，叫豆豆。", "zh", ["我养了一只猫。"], "APPEND"),
        ((), "我养了一只狗。", "我养了一只猫。", "zh", [], None),
        ((), "我喜欢爬山。", "他说他喜欢爬山。", "zh", [], None),
        ((), "我喜欢爬山。", "妈妈说“我喜欢爬山”。", "zh", [], None),
        (("我住在上海。",), "我住在杭州。", "我现在住在杭州。", "zh", ["我住在杭州。"], "REPLACE"),
        (("我在银行工作。",), "", "我不再在银行工作了。", "zh", [], "DELETE"),
    ],
)
def test_the_four_operations(before, told, said, language, after, operation):
    persona = updated(known(*before), [told], said, 2, language)
    assert facts(persona) == after
    assert [done.partition(" ")[0] for done in persona.operations] == ([operation] if operation else [])


def test_facts_of_the_users_hand_stay():
    persona = updated(known("I have a dog.", by="hand"), [], "I do not have a dog any more.", 2, "en")
    assert facts(persona) == ["I have a dog."]


def test_there_are_eight_at_most_and_the_oldest_goes():
    persona = Persona()
    for turn in range(1, 12):
        persona = updated(persona, [f"I own {turn} things."], f"I own {turn} things.", turn, "en")
    assert len(persona.facts) == FACTS
    assert facts(persona)[-1] == "I own 11 things."
    assert persona.facts[0].origin.turn == 4


@given(st.lists(st.text(max_size=30), max_size=12), st.text(max_size=80), st.sampled_from(["en", "zh"]))
def test_no_fact_is_invented(told, said, language):
    for fact in updated(Persona(), told, said, 1, language).facts:
        assert content(fact.text) <= content(own_speech(said, language)) <= content(said)


def test_how_much_of_a_situation_was_said():
    assert grounded("I failed my driving test.", "My driving test: I failed it.") == 1
    assert grounded("Hello there, friend.", "I failed.") == 0
    assert grounded("", "I failed.") == 0
