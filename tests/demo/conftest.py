"""A chatbot and an asker on a scripted model, in a repository in which all views were trained."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from pica.chat.chatbot import Chatbot
from pica.demo.tasks import Asker
from tests.chat.conftest import root  # noqa: F401
from tests.chat.scripted import Scripted


@dataclass
class Batched(Scripted):
    """Scripted, and asked many questions at once."""

    causes: str = ""

    def probabilities_of_all(self, questions):
        return [self.probabilities(question) for question in questions]

    def describe_all(self, questions, max_new_tokens):
        return [self.describe(question, max_new_tokens) for question in questions]

    def quote_all(self, questions, lines):
        self.asked += [("causes", question) for question in questions]
        return [self.causes for _ in questions]


@pytest.fixture
def model() -> Batched:
    return Batched(
        emotions=[{"sadness": 0.8}, {"happiness": 0.9}],
        situations=["I failed my test."],
        personas=["I am a nurse."],
        replies=["I hear you. Go on.", "You worked for it."],
    )


@pytest.fixture
def bot(model, root) -> Chatbot:  # noqa: F811
    return Chatbot(model, root, history=5)


@pytest.fixture
def asker(model, root) -> Asker:  # noqa: F811
    return Asker(model, root, history=5)
