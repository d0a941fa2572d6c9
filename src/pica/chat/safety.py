"""Whether words speak of self-harm, suicide or harm to others: by a lexicon and a classifier, in English and Chinese.

    check("I want to kill myself")                      Finding("intent", ("want to kill myself",), 0.99)
    check("This homework is killing me, kms lol")       NOTHING
    check("我朋友说他想死")                              NOTHING: it is about somebody else

Both miss some of what is said outright and most of what is implied: docs/safety.md has the figures and limits. It
is no diagnosis, and it does not make the program fit for people in a crisis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Literal

from pica.chat import classifier, lexicon
from pica.chat.lexicon import rank


@dataclass(frozen=True, slots=True)
class Finding:
    """The highest level that words speak of, the words, and what found them. "diagnosis" is a level of replies alone.

    Args:
        probability: the classifier's, of a user's turn.
        by: "lexicon", or "classifier" where the lexicon had no word for it.
    """

    level: str
    words: tuple[str, ...] = ()
    probability: float | None = None
    by: Literal["lexicon", "classifier"] = "lexicon"


NOTHING = Finding("none")

Tier = Literal["none", "point", "stop"]


def check(text: str, reply: bool = False) -> Finding:
    """What a text speaks of, in whichever of the two languages it is.

    Args:
        reply: the text is the program's own. The lexicon alone decides then: the classifier was fitted to what people
            say of themselves.
    """
    plain = lexicon.plain(text)
    matches = lexicon.matches(plain, reply)
    meant = lexicon.meant(matches)
    if reply:
        return _by_lexicon(meant) if meant else NOTHING
    score = classifier.score(plain, matches)
    if score.level == "none":
        return NOTHING
    if meant:
        return _by_lexicon(meant, score.probability)
    return Finding(score.level, score.words, score.probability, "classifier")


def prepare() -> None:
    """Load what checks need, which takes a second, so that who writes first waits no longer than others."""
    lexicon.compile_all()
    classifier.load()


def _by_lexicon(meant: list[lexicon.Match], probability: float | None = None) -> Finding:
    level = max((match.level for match in meant), key=rank)
    return Finding(level, tuple(dict.fromkeys(match.words for match in meant)), probability)


def tier(level: str) -> Tier:
    """What a level of the user's turn leads to: nothing, a pointer after the reply, or help in its place."""
    if rank(level) == 0:
        return "none"
    return "stop" if rank(level) >= rank(lexicon.table()["stop_from"]) else "point"


def words(language: str) -> Mapping[str, str]:
    """What the program says itself: the notice, notes, and what stands around help lines."""
    return help_table()["words"][language]


def help_text(language: str, country: str = "") -> str:
    """The help that is shown in place of a reply: lines of a country first, and where to find others."""
    said = words(language)
    lines = [f"- {line}" for line in _lines(language, country)]
    return "\n".join([said["help"], *lines, said["danger"]])


def pointer(language: str, country: str = "") -> str:
    """One line after a reply: where somebody listens."""
    first, *_, elsewhere = _lines(language, country)
    return f"{words(language)['pointer']} {first}; {elsewhere}"


def countries() -> list[str]:
    """Those with help lines, by their ISO 3166 codes."""
    return sorted(help_table()["lines"])


def _lines(language: str, country: str) -> list[str]:
    lines, said = help_table()["lines"], words(language)
    order = help_table()["first"][language]
    order = [country, *(code for code in order if code != country)] if country in lines else order
    shown = []
    for code in order:
        line = lines[code]
        hours = f", {line['hours'][language]}" if "hours" in line else ""
        shown.append(f"{code}: {line['name'][language]}: {line['number']}{hours}")
    return [*shown, said["elsewhere"].format(link=help_table()["elsewhere"])]


def checked_on() -> date:
    """The day on which the help lines were last looked up."""
    return help_table()["checked"]


@cache
def help_table() -> Mapping[str, Any]:
    """help_lines.yaml."""
    return lexicon.read("help_lines.yaml")
