"""What a judge is asked: forms in frozen words, in English and Chinese; other languages are asked about in English.

    v1/en/pairwise.jinja   Compare two replies to the same conversation. …   → A, B or C
    v1/en/empathy.jinja    Rate how empathetic a reply is: …                 → 1, 2, 3, 4 or 5

Figures under one version compare, so a version's words never change: a test holds their hash. Other words are a new
folder and a new VERSION.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from pica.prompts import prompt_language

VERSION = "v1"
PAIRWISE = "pairwise"
# PICA's three. Fluency sees the reply alone, as there.
RATINGS = ("fluency", "consistency", "empathy")

FIRST, SECOND, EQUAL = "A", "B", "C"
SCALE = ("1", "2", "3", "4", "5")

_FOLDER = Path(__file__).parent / VERSION
_ROLES = {"en": {"user": "USER", "assistant": "AI"}, "zh": {"user": "用户", "assistant": "AI"}}
_NOTHING = {"en": "(no reply)", "zh": "（没有回复）"}


@dataclass(frozen=True, slots=True)
class Question:
    """One question to a judge.

    Args:
        form: "pairwise", or one of RATINGS.
        language: of the form, ISO 639-1.
        text: all that the judge reads.
    """

    form: str
    language: str
    text: str

    @property
    def options(self) -> Sequence[str]:
        """The answers that it asks for."""
        return (FIRST, SECOND, EQUAL) if self.form == PAIRWISE else SCALE


def conversation_text(messages: Sequence[dict[str, str]], language: str) -> str:
    """A chat as a judge of texts in a language reads it, a message a paragraph: `USER: We won!`."""
    roles = _ROLES[prompt_language(language)]
    return "\n".join(f"{roles[message['role']]}: {message['content']}" for message in messages)


def pairwise(language: str, conversation: str, first: str, second: str) -> Question:
    """Which of two replies is better."""
    replies = {"first": _shown(first, language), "second": _shown(second, language)}
    return _question(PAIRWISE, language, conversation=conversation, **replies)


def rating(form: str, language: str, conversation: str, reply: str) -> Question:
    """How fluent, consistent or empathetic a reply is."""
    return _question(form, language, conversation=conversation, reply=_shown(reply, language))


def fingerprint() -> str:
    """sha256 over the names and words of all forms of this version."""
    digest = hashlib.sha256()
    for path in sorted(_FOLDER.rglob("*.jinja")):
        digest.update(path.relative_to(_FOLDER).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _shown(reply: str, language: str) -> str:
    return reply.strip() or _NOTHING[prompt_language(language)]


def _question(form: str, language: str, **words: str) -> Question:
    language = prompt_language(language)
    return Question(form, language, _environment().get_template(f"{language}/{form}.jinja").render(words))


@cache
def _environment() -> Environment:
    return Environment(loader=PackageLoader("pica.judging", VERSION), undefined=StrictUndefined)
