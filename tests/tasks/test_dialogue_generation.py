"""dialogue_generation: which replies of a conversation are asked for, and what is told about them."""

from pica.corpora import View
from pica.schema import Conversation, Persona, Turn
from pica.tasks import examples


def view(**fields) -> View:
    return View("bakery-generation", "dialogue_generation", 10, asks="reply", **fields)


def conversation(*turns: Turn, **fields) -> Conversation:
    return Conversation("bakery/train/0", "bakery", "train", "en", turns, **fields)


def answers(conversation: Conversation, view: View) -> list[str]:
    return [example.answer for example in examples(conversation, view, history=10)]


BAKERY = conversation(
    Turn("Ida", "Is there rye bread?", "neutral", "question"),
    Turn("Tom", "One loaf."),
    Turn("Ida", "Wonderful!", "joy", "inform"),
    Turn("Ida", "I'll take it.", "neutral", "inform"),
    Turn("Tom", "It is from yesterday.", None, "inform"),
)


def test_every_reply_is_asked_for_after_somebody_else_has_spoken():
    assert answers(BAKERY, view()) == ["One loaf.", "Wonderful! I'll take it.", "It is from yesterday."]
    assert answers(BAKERY, view(speaker="Tom")) == ["One loaf.", "It is from yesterday."]


def test_a_reply_without_a_label_is_history_where_labels_are_told():
    told = view(controls=("emotion", "act", "speaker"))
    assert answers(BAKERY, told) == ["Wonderful! I'll take it.", "It is from yesterday."]
    assert "One loaf." in [turn.text for turn in list(examples(BAKERY, told, history=10))[-1].turns]


def test_of_a_whole_conversation_the_last_reply_is_asked_for():
    last = view(of="conversation", controls=("persona",))
    assert answers(BAKERY, last) == ["It is from yesterday."]
    assert answers(BAKERY, view(of="conversation", speaker="Ida")) == []
    assert answers(conversation(Turn("Ida", "Hello?")), last) == []


def test_the_feeling_is_the_conversations_or_that_of_the_turn_that_is_answered():
    told = view(controls=("feeling",), speaker="Tom")
    assert [example.emotion for example in examples(BAKERY, told, history=10)] == ["neutral", "neutral"]
    glad = conversation(*BAKERY.turns, emotion="glad")
    assert [example.emotion for example in examples(glad, told, history=10)] == ["glad", "glad"]


def test_a_reply_is_told_its_speakers_persona_and_labels_in_the_views_words():
    known = (Persona("Tom", "I bake."), Persona("Ida", "I love rye."), Persona("Tom", "I am honest."))
    told = view(controls=("persona", "act"), relabel={"inform": "tell"})
    made = {e.answer: e for e in examples(conversation(*BAKERY.turns, personas=known), told, history=10)}
    assert made["Wonderful! I'll take it."].personas == ("I love rye.",)
    assert made["It is from yesterday."].personas == ("I bake.", "I am honest.")
    assert made["It is from yesterday."].act == "tell"


def test_an_emotion_is_told_where_the_turns_of_a_reply_agree():
    emotions = [example.emotion for example in examples(BAKERY, view(controls=("emotion",)), history=10)]
    assert emotions == [None, None]
    agreed = conversation(BAKERY.turns[1], BAKERY.turns[2])
    assert [example.emotion for example in examples(agreed, view(controls=("emotion",)), history=10)] == ["joy"]
