"""The forms of a judge are frozen, whole and in both languages."""

from __future__ import annotations

import pytest

from pica.judging import forms

CHAT = [
    {"role": "user", "content": "Continue.\n\nI failed again."},
    {"role": "assistant", "content": "That hurts."},
    {"role": "user", "content": "It does."},
]


def test_the_words_of_a_version_never_change():
    """Other words need another version: figures under one version are to compare."""
    assert (forms.VERSION, forms.fingerprint()[:16]) == ("v1", "8a39ab7e865de530")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_pair_stands_in_its_order_with_the_whole_conversation(language):
    said = forms.conversation_text(CHAT, language)
    question = forms.pairwise(language, said, "Tell me more.", "  ")
    assert question.options == ("A", "B", "C")
    places = [question.text.index(words) for words in ("I failed again.", "It does.", "Tell me more.")]
    assert places == sorted(places)
    assert {"en": "(no reply)", "zh": "（没有回复）"}[language] in question.text


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("form", forms.RATINGS)
def test_fluency_sees_the_reply_alone(language, form):
    question = forms.rating(form, language, "USER: The cat is gone.", "Where did you look?")
    assert question.options == ("1", "2", "3", "4", "5")
    assert "Where did you look?" in question.text
    assert ("The cat is gone." in question.text) == (form != "fluency")


def test_braces_in_a_text_are_text():
    assert "{{ reply }}{% if %}" in forms.rating("fluency", "en", "", "{{ reply }}{% if %}").text


def test_texts_in_other_languages_are_asked_about_in_english():
    said = forms.conversation_text(CHAT, "de")
    assert said == forms.conversation_text(CHAT, "en")
    assert forms.pairwise("de", said, "Gut.", "") == forms.pairwise("en", said, "Gut.", "")
    assert forms.rating("empathy", "de", said, "Gut.").language == "en"
