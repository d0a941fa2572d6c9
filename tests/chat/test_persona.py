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


@pytest.mark.parametrize(
    ("said", "told", "language", "kept"),
    [
        ("My sister has two dogs.", "I have two dogs.", "en", False),
        ("My sister has two dogs and I have a cat.", "I have two dogs.", "en", False),
        ("My sister has two dogs and I have a cat.", "I have a cat.", "en", True),
        ("I have a sister who has two dogs.", "I have two dogs.", "en", False),
        ("I think my sister has two dogs.", "I have two dogs.", "en", False),
        ("My mother is a nurse and works in Leeds.", "I am a nurse.", "en", False),
        ("I am sad because my mother lived in Leeds.", "I lived in Leeds.", "en", False),
        ("Tom has two dogs and I am sad.", "I have two dogs.", "en", False),
        ("My brother's name is Tom.", "My name is Tom.", "en", False),
        ("My sister's dog is called Rex.", "My dog is called Rex.", "en", False),
        ("My old dog is called Rex.", "My dog is called Rex.", "en", True),
        ("My name is Tom and I live in Bath.", "My name is Tom.", "en", True),
        ("I’m a nurse, work in Leeds, and have two kids.", "I am a nurse in Leeds and have two kids.", "en", True),
        ("Me and my husband live in Leeds.", "We live in Leeds.", "en", True),
        ("我姐姐有两只狗", "我有两只狗", "zh", False),
        ("姐姐有两只狗，我没有", "我有两只狗", "zh", False),
        ("我姐姐有两只狗，我有一只猫", "我有一只猫", "zh", True),
        ("我妈妈是护士。", "我是护士。", "zh", False),
        ("我妈妈是护士。", "我妈妈是护士。", "zh", True),
        ("我的狗生病了", "我生病了", "zh", False),
        ("我有个朋友，他在银行工作", "我在银行工作", "zh", False),
        ("我老是失眠", "我失眠", "zh", True),
        ("我和姐姐住在杭州", "我住在杭州", "zh", True),
    ],
)
def test_what_is_said_of_others_is_no_fact_of_the_user(said, told, language, kept):
    assert facts(updated(Persona(), [told], said, 2, language)) == ([told] if kept else [])


@pytest.mark.parametrize(
    ("fact", "said", "language", "stays"),
    [
        ("I have a dog.", "I did not walk my dog today.", "en", True),
        ("I have a dog.", "I never leave my dog alone.", "en", True),
        ("I have a dog.", "I have never left my dog alone.", "en", True),
        ("I have a dog.", "My dog is not well.", "en", True),
        ("I have a dog.", "I do not have time for my dog.", "en", True),
        ("I have a dog.", "My sister does not have a dog.", "en", True),
        ("I have a dog.", "I haven't got a dog.", "en", False),
        ("I have a dog.", "I have no dog.", "en", False),
        ("I have a dog.", "I gave up my dog.", "en", False),
        ("I have a dog.", "My dog died. I have a dog no more.", "en", False),
        ("I am a nurse.", "I am not happy as a nurse.", "en", True),
        ("I am a nurse.", "I'm no longer a nurse.", "en", False),
        ("I am a nurse.", "I quit my job as a nurse.", "en", False),
        ("I like jazz.", "I do not like it when jazz is loud.", "en", True),
        ("I like jazz.", "I don't really like jazz.", "en", False),
        ("I smoke.", "I do not smoke any more.", "en", False),
        ("我有狗。", "我今天没遛狗", "zh", True),
        ("我有狗。", "我没有时间遛狗", "zh", True),
        ("我有狗。", "我没有狗了", "zh", False),
        ("我有狗。", "我已经不养狗，也没狗了", "zh", False),
        ("我喜欢爬山。", "我不喜欢一个人爬山", "zh", True),
        ("我喜欢爬山。", "我不喜欢爬山", "zh", False),
        ("我住在上海。", "我不住在上海", "zh", False),
        ("我是护士。", "我姐姐不是护士", "zh", True),
        ("我是护士。", "我已经不再是护士", "zh", False),
    ],
)
def test_a_fact_goes_where_its_own_words_are_denied(fact, said, language, stays):
    assert bool(updated(known(fact), [], said, 2, language).facts) == stays


@pytest.mark.parametrize(
    ("before", "said", "language", "operation"),
    [
        ("My favorite food is pizza.", "My favorite color is red.", "en", "APPEND"),
        ("My favorite food is pizza.", "My favourite food is rice.", "en", "REPLACE"),
        ("My dog is ill.", "My dog is called Rex.", "en", "APPEND"),
        ("I am 20 years old.", "I am 21 now.", "en", "REPLACE"),
        ("I am single.", "I'm married.", "en", "REPLACE"),
        ("我最喜欢的颜色是红色。", "我最喜欢的菜是火锅。", "zh", "APPEND"),
        ("我最喜欢的菜是火锅。", "我最喜欢的菜是烤鸭。", "zh", "REPLACE"),
        ("我在银行工作。", "我在医院上班。", "zh", "REPLACE"),
    ],
)
def test_a_fact_takes_the_place_of_one_that_says_the_same_of_the_same(before, said, language, operation):
    (done,) = updated(known(before), [said], said, 2, language).operations
    assert done.partition(" ")[0] == operation


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
