"""Whether words speak of self-harm, suicide or harm to others: by a lexicon and rules, in English and Chinese.

    check("I want to kill myself")                      Finding("intent", ("want to kill myself",))
    check("This homework is killing me, kms lol")       NOTHING
    check("我朋友说他想死")                              NOTHING: it is about somebody else

A list of words finds what is said outright and little of what is implied: docs/safety.md has the figures and limits. It
is no diagnosis, and it does not make the program fit for people in a crisis.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from pica.output import split_sentences


@dataclass(frozen=True, slots=True)
class Finding:
    """The highest level that words speak of, and the words. "diagnosis" is a level of replies alone."""

    level: str
    words: tuple[str, ...] = ()


NOTHING = Finding("none")

Tier = Literal["none", "point", "stop"]

_LANGUAGES = ("en", "zh")
_STRAIGHT = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "「": '"', "」": '"', "『": '"', "』": '"'})
_QUOTATION = re.compile(r"\"[^\"]*\"|《[^》]*》|(?<![\w'])'(?=[^']*\s)[^\"]*?'(?!\w)")
# As people write in chats.
_SPELLED = {
    re.compile(r"\b(do|ca|wo|did|does|is|would|could|should|have|has|are|was|were)nt\b"): r"\1n't",
    re.compile(r"\bim\b"): "i'm",
    re.compile(r"\bive\b"): "i've",
    re.compile(r"(?<!my )(?<!an )\bid\b"): "i'd",
    re.compile(
        r"\bill(?= (?:kill|end|do|be|never|take|jump|just|go|stab|shoot|hurt|hang|die|make|burn|push|strangle))\b"
    ): "i'll",
    re.compile(r"\bu\b"): "you",
    re.compile(r"\bur\b"): "your",
    re.compile(r"\brn\b"): "right now",
    re.compile(r"\b(?:2|to) nite\b|\btonite\b|\b2nite\b"): "tonight",
}
# Who quotes themselves means it.
_QUOTES_OWN = re.compile(
    r"(?:\bi (?:just |also |even )?(?:said|say|wrote|write|texted|told|thought|think|googled|typed|searched)|"
    r"\bmy (?:note|diary|journal)|"
    r"我[^。！？]{0,6}(?:说|写|想|搜|告诉|发))[^.!?。！？\"]{0,30}$"
)
_CLAUSE = re.compile(r"[,.;:!?，。；：！？、\n]|\b(?:but|because|so)\b|但是?|可是?|因为|所以")
_STILL = re.compile(
    r"\b(?:still|again|lately|these days|every (?:day|night)|now i (?:want|feel|think|keep)|right now|tonight)\b|"
    r"又|还是|仍|现在(?:天天|每天|更|又|也|就|想|只|真)|最近|今晚"
)


def check(text: str, reply: bool = False) -> Finding:
    """What a text speaks of, in whichever of the two languages it is.

    Args:
        reply: the text is the program's own, which may not speak of "you" so either, nor diagnose.
    """
    plain = _plain(text)
    found: list[tuple[str, str]] = []
    for language in _LANGUAGES:
        left = _without_exceptions(_without_quotations(plain), language)
        message = _Message(left, language)
        start = 0
        for sentence in split_sentences(left):
            for level, match in _matches(sentence, language, reply):
                meant = not message.denied(sentence, match) if reply else message.meant(sentence, start, level, match)
                if meant:
                    found.append((level, match[0].strip()))
            start += len(sentence)
    if not found:
        return NOTHING
    level = max((level for level, _ in found), key=rank)
    return Finding(level, tuple(dict.fromkeys(words for _, words in found)))


def _plain(text: str) -> str:
    """One width, one case, straight quotes, and contractions with their apostrophes."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_STRAIGHT)
    for pattern, spelled in _SPELLED.items():
        plain = pattern.sub(spelled, plain)
    return plain


def rank(level: str) -> int:
    """How high a level stands, 0 for "none" and for what is no level of danger."""
    levels = table()["levels"]
    return levels.index(level) if level in levels else 0


def tier(level: str) -> Tier:
    """What a level of the user's turn leads to: nothing, a pointer after the reply, or help in its place."""
    if rank(level) == 0:
        return "none"
    return "stop" if rank(level) >= rank(table()["stop_from"]) else "point"


class _Message:
    """A whole message, for the rules that look beyond one sentence."""

    def __init__(self, text: str, language: str) -> None:
        self.text, self.language = text, language
        self._jest = bool(_rule("jest", language).search(text)) and not _rule("earnest", language).search(text)
        self._told = bool(_rule("told", language).search(text))

    def meant(self, sentence: str, start: int, level: str, match: re.Match[str]) -> bool:
        """Whether a match speaks of the user, in earnest, and is not denied."""
        if self.denied(sentence, match) or self._over(sentence):
            return False
        about = self._about(sentence, start, level, match)
        if about == "others" or (self._told and about == "nobody"):
            return False
        weak = bool(_rule("weak", self.language).match(match[0].strip()))
        return not (weak and (self._jest or self._told))

    def denied(self, sentence: str, match: re.Match[str]) -> bool:
        """Whether a negation stands before the words, in their clause."""
        before = sentence[: match.start()]
        ends = [found.end() for found in _CLAUSE.finditer(before)]
        clause = before[ends[-1] if ends else 0 :]
        clause = _rule("no_negation", self.language).sub(lambda found: "_" * len(found[0]), clause)
        asked = _rule("asked", self.language).search(before)
        return bool(asked or _rule("negation", self.language).search(clause))

    def _over(self, sentence: str) -> bool:
        """Whether the sentence tells of a time that is past."""
        if _rule("over", self.language).search(sentence) and not _STILL.search(sentence):
            return True
        both = all(_rule(name, self.language).search(self.text) for name in ("past", "recovered"))
        return both and not _STILL.search(self.text)

    def _about(self, sentence: str, start: int, level: str, match: re.Match[str]) -> str:
        """Whose words they are: those of the nearest subject before them, in the sentence or else in an earlier one.

        Chinese leaves out a subject that is known: a clause without one is the user's where they speak of themselves.
        """
        # "I" may stand in the words ("I wish I was dead"); whom somebody threatens stands there, too.
        own = sentence[: match.start() if level == "harm to others" else match.end()]
        before = sentence[: match.start()]
        if self.language == "zh":
            clause = [0, *(found.end() for found in _CLAUSE.finditer(before))][-1]
            if found := self._nearest(own[clause:], before[clause:]):
                return found
            if _rule("own", "zh").search(self.text):
                return "own"
        return self._nearest(own, before) or self._nearest(self.text[:start], self.text[:start]) or "nobody"

    def _nearest(self, own: str, others: str) -> str:
        """Whose subject stands last, "own" or "others"; empty where there is none."""
        last = {"own": _last(_rule("own", self.language), own), "others": _last(_rule("others", self.language), others)}
        return max(last, key=last.get) if max(last.values()) >= 0 else ""


def _matches(sentence: str, language: str, reply: bool) -> Iterator[tuple[str, re.Match[str]]]:
    lists = dict(_levels(language))
    if reply:
        lists |= {"thought, of the user": _rule("reply", language), "diagnosis": _rule("diagnosis", language)}
    for level, pattern in lists.items():
        for match in pattern.finditer(sentence):
            yield level.partition(",")[0], match


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((match.start() for match in pattern.finditer(text)), default=-1)


def _without_quotations(text: str) -> str:
    def masked(match: re.Match[str]) -> str:
        own = match[0][0] == '"' and _QUOTES_OWN.search(text[: match.start()])
        return match[0] if own else " " * len(match[0])

    # A message that is one quotation is no quotation of somebody else.
    return text if _QUOTATION.fullmatch(text.strip()) else _QUOTATION.sub(masked, text)


def _without_exceptions(text: str, language: str) -> str:
    return _rule("exceptions", language).sub(lambda match: "_" * len(match[0]), text)


@cache
def _levels(language: str) -> Mapping[str, re.Pattern[str]]:
    return {level: _compiled(patterns, language) for level, patterns in table()[language].items()}


@cache
def _rule(name: str, language: str) -> re.Pattern[str]:
    given = table()[name][language]
    if isinstance(given, str) and name not in ("own", "others"):
        return re.compile(given)
    return _compiled([given] if isinstance(given, str) else given, language)


def _compiled(patterns: Sequence[str], language: str) -> re.Pattern[str]:
    # An alternation takes the first branch that fits, so what tends to be longer goes first.
    either = "|".join(sorted(patterns, key=len, reverse=True))
    return re.compile(rf"(?<![\w'])(?:{either})(?![\w'])" if language == "en" else f"(?:{either})")


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
def table() -> Mapping[str, Any]:
    """safety.yaml."""
    return yaml.safe_load((files("pica.chat") / "safety.yaml").read_text(encoding="utf-8"))


@cache
def help_table() -> Mapping[str, Any]:
    """help_lines.yaml."""
    return yaml.safe_load((files("pica.chat") / "help_lines.yaml").read_text(encoding="utf-8"))
