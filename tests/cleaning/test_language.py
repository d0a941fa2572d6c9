"""The language check: sure of long texts in another language, silent about the rest."""

from __future__ import annotations

import pytest

from pica.cleaning.language import in_another_language
from pica.schema import Conversation, Turn


def conversation(text: str, language: str = "en") -> Conversation:
    turns = tuple(Turn("A", line) for line in text.split("\n"))
    return Conversation("meld/train/1", "meld", "train", language, turns)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("El perro de mi vecina se comió todas las galletas.\nY ahora está durmiendo en el sofá.", "en"),
        ("Die Bäckerei an der Ecke schließt leider schon um sechs Uhr abends.", "en"),
        ("搬家到新城市以后，我总觉得一个人，周末也不知道可以去哪里，晚上常常睡不好，很想念以前的朋友们。", "en"),
        ("The bakery at the corner closes at six, and the baker goes home with all the bread.", "zh"),
    ],
)
def test_a_long_text_in_another_language_is_found(text, language):
    assert in_another_language(conversation(text, language))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The bakery at the corner closes at six.", "en"),
        ("Hola! Que tal?", "en"),
        ("lmaooo omg noooo dude wtf hahahahahahahaha srsly bro", "en"),
        ("u r so sweet, luv ya, c u 2nite, gn", "en"),
        ("Monica Giancarlo Rossi and Jean-Pierre Dubois met Wolfgang Müller in Rio de Janeiro", "en"),
        ("$LMPS $HRW Q4 EPS 0.32 vs 0.28 est; rev 1.2B https://t.co/0 #stocks", "en"),
        ("😂😂😂 👩‍👩‍👧 ❤️ ❤️ ❤️ !!! 😂😂😂 👩‍👩‍👧 ❤️ ❤️ ❤️ !!! 😂😂😂 👩‍👩‍👧", "en"),
        ("room nice breakfast cold staff friendly location great near metro", "en"),
        ("我今天很难过😭😭，不知道怎么办……搬家以后总觉得一个人，你能陪我聊聊吗？谢谢你！❤️", "zh"),
        ("我在用 Windows 和 Excel 做 PPT，老板说 deadline 是周五，压力好大，天天加班到十点，很累。", "zh"),
        ("1234567890 " * 8, "en"),
    ],
)
def test_what_is_short_or_informal_or_right_is_left_alone(text, language):
    assert not in_another_language(conversation(text, language))
