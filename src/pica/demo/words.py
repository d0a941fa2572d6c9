"""What the page says itself, in both languages (words.yaml).

word("en", "send")                        "Send"
word("zh", "too_long", most=4000)         "这段话太长：最多 4,000 字。"
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

LANGUAGES = ("en", "zh")


def word(language: str, key: str, /, **values: Any) -> str:
    """A text of the page, with values put in."""
    return table()[key][language].format(**values)


def short(language: str, part: str) -> str:
    """The name of a part, without what its label says of how to fill it in."""
    return word(language, part).partition(",")[0].partition("，")[0]


def scored(language: str, score: str) -> str:
    """A view's score on test rows, or that it is not known."""
    return word(language, "score", score=score) if score else word(language, "no_score")


def named(language: str, kind: str, value: str) -> str:
    """How a value of a closed set reads in a language (`kind`: stages, strategies, …); the value itself where it has no
    other name."""
    return table()[kind].get(value, {}).get(language, value)


@cache
def table() -> Mapping[str, Any]:
    """words.yaml."""
    return yaml.safe_load((files("pica.demo") / "words.yaml").read_text(encoding="utf-8"))
