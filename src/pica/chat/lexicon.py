"""The lexicon of the safety check: patterns, and the rules that excuse a match, in English and Chinese.

    matches(plain("My friend says she wants to die"))
    [Match(level="thought", words="wants to die", excuse="others", weak=True, sentence="my friend says she …")]

A list of words finds what is said outright in words that it has, and little else: `classifier` weighs what it finds.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from pica.output import split_sentences


@dataclass(frozen=True, slots=True)
class Match:
    """Words of the lexicon in a text.

    Args:
        level: the level they stand under; "diagnosis" is one of replies alone.
        excuse: why they do not count ("over", "denied", "others", "told", "topic", "jest"); empty where they do.
        weak: they are said in jest as often as in earnest.
        sentence: where they stand, or a part of it where it is very long.
    """

    level: str
    words: str
    excuse: str
    weak: bool
    sentence: str


_LANGUAGES = ("en", "zh")
_OF_MESSAGES = ("jest", "earnest", "told", "own")
_STRAIGHT = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "「": '"', "」": '"', "『": '"', "』": '"'})
_QUOTATION = re.compile(r"\"[^\"]*\"|《[^》]{0,200}》|(?<![\w'])'(?=[^']{0,200}\s)[^\"]{0,300}?'(?!\w)")
# As people write in chats, and around filters.
_SPELLED = {
    re.compile(r"\bk[1!*]ll"): "kill",
    re.compile(r"\bd[1!*](?=e\b|ed\b)"): "di",
    re.compile(r"\bs[u*][i1!*]c[i1!*]d(?=e|al)"): "suicid",
    re.compile(r"\bs\.?u\.?i\.c\.?i\.?d\.?e\b"): "suicide",
    re.compile(r"\bsui?ci?d[ei]l\b|\bsucidal\b|\bsuicid[ei]l\b|\bsuisidal\b"): "suicidal",
    re.compile(r"\bun-?al[i1!*]v"): "unaliv",
    re.compile(r"\b(my|him|her) (?=self\b)"): r"\1",
    re.compile(r"([a-z])\1{2,}"): r"\1",
    re.compile(
        r"\b(think|go|do|feel|hav|be|tak|cutt|hurt|kill|end|liv|jump|burn|try|plann|stabb|shoot|hang|wish|hop)in\b"
    ): r"\1ing",
    re.compile(r"\bk[iy]l\b"): "kill",
    re.compile(r"\babt\b"): "about",
    re.compile(r"\b(?:bc|bcz|cuz|cus|coz|becuz|becos)\b"): "because",
    re.compile(r"\b(?:wnt|wan|wantd)\b"): "want",
    re.compile(r"\bevry"): "every",
    re.compile(r"\b(some|every|any|no) ?1\b"): r"\1one",
    re.compile(r"\bppl\b"): "people",
    re.compile(r"\b(?:fkn|fckn|fckin|fukin|fking)\b"): "fucking",
    re.compile(r"\b(?:shud|shoud|shld)\b"): "should",
    re.compile(r"\bb4\b"): "before",
    re.compile(r"\bdieing\b"): "dying",
    re.compile(r"\bexs?ist"): "exist",
    re.compile(r"\bsewer ?sli[dp]e\b|\bsui?cid\b|\bsuc[iy]de\b|\bsuis[iy]de\b"): "suicide",
    re.compile(r"\bw(?:/|\b(?= (?:the|a|my|him|her|them|me|this|it)\b))"): "with",
    re.compile(r"\b(?:wana|wanan|wnna|wann)\b"): "wanna",
    re.compile(r"\b(?:gona|gunna|gon|finna)\b"): "gonna",
    re.compile(r"\b(?:tmrw?|tmw|2morrow|tomoro|tommorow|tomorow)\b"): "tomorrow",
    re.compile(r"\bany ?mor\b|\banymroe\b"): "anymore",
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
    r"我(?!的?(?:学生|朋友|女儿|儿子|孩子|妈|爸|弟|妹|哥|姐|同学|同事|室友|老公|老婆|男友|女友|对象))[^。！？]{0,6}(?:说|写|想|搜|告诉|发))[^.!?。！？\"]{0,30}$"
)
_QUOTES_OWN_LENGTH = 80
# No pattern sees more than these at once, so that work grows with the length of a text and no faster: matches may start
# in a window, and what stands around them is looked up that far.
_WINDOW, _AROUND = 300, 150
_PART = re.compile(r"<([a-z_]+)>")
_CLAUSE = re.compile(
    r"[,.;:!?，。；：！？、\n]|\b(?:but|because|so)\b|"
    r"\band(?= (?:just |really |now |then )?(?:want|wanna|wish|hope|keep|feel|plan|am|going|gonna|all)\b)|"
    r"但是?|可是?|因为|所以"
)
# A new sentence without a stop before it ("cant do this anymore i want to die"), and no clause of "I don't think …".
_NEW_SENTENCE = re.compile(
    r"(?<!\bthink)(?<!\bsay)(?<!\bsaid)(?<!\bsaying)(?<!\bbelieve)(?<!\bmean)(?<!\bthat)(?<!\bif)(?<!\blike)(?<!\bfeel)"
    r"(?<!\bbecause)(?<!\bknow)(?<!\bmeans)(?<!\bbut)(?<!\bsuggest)(?<!\bclaim)(?<!\bthinking)"
    r"\s(?=(?:i|i'm|i've|i'll|i'd) (?!not\b|never\b|don't\b))"
)


def meant(found: Sequence[Match]) -> list[Match]:
    """Those that count."""
    return [match for match in found if not match.excuse]


def matches(plain: str, reply: bool = False) -> list[Match]:
    """What the lexicon finds in a plain text, in whichever of the two languages it is; a wording once an excuse.

    Args:
        reply: the text is the program's own, which may not speak of "you" so either, nor diagnose.
    """
    found: dict[tuple[str, str, str], Match] = {}
    for language in _LANGUAGES:
        message = _Message(_without_exceptions(_without_quotations(plain), language), language)
        for window in message.windows():
            for level, match in _matches(window, language, reply):
                words = match[0].strip()
                denied = "denied" if window.denied(match) else ""
                excuse = denied if reply else message.excuse(window, level, match)
                weak = bool(_rule("weak", language).match(words))
                found.setdefault((level, words, excuse), Match(level, words, excuse, weak, window.text))
    return list(found.values())


def has_cue(plain: str, language: str) -> bool:
    """Whether a plain text has any word that danger is spoken of with; most texts that have one are harmless."""
    return bool(_rule("cues", language).search(plain))


def plain(text: str) -> str:
    """One width, one case, straight quotes, simplified characters, and contractions with their apostrophes."""
    text = unicodedata.normalize("NFKC", text).casefold().translate(_STRAIGHT).translate(_simplified())
    for pattern, spelled in _SPELLED.items():
        text = pattern.sub(spelled, text)
    return text


@cache
def _simplified() -> Mapping[int, int]:
    traditional, simplified = ("".join(table()["traditional"][side].split()) for side in ("from", "to"))
    return str.maketrans(traditional, simplified)


def rank(level: str) -> int:
    """How high a level stands, 0 for "none" and for what is no level of danger."""
    levels = table()["levels"]
    return levels.index(level) if level in levels else 0


class _Window:
    """A sentence, or a part of one that is very long, and what the rules ask of it more than once.

    Args:
        first, last: where matches may start; what stands outside is there to be looked up.
        earlier: whose the nearest subject before the sentence is, "own" or "others", or "" where there is none.
    """

    def __init__(self, text: str, language: str, *, first: int, last: int, earlier: str = "") -> None:
        self.text, self.language, self.first, self.last, self.earlier = text, language, first, last, earlier
        self._clauses = [0, *(found.end() for found in _CLAUSE.finditer(text))]
        self._subjects = {
            whose: [found.span() for found in _rule(whose, language).finditer(text)] for whose in ("own", "others")
        }
        self.is_over = bool(_rule("over", language).search(text)) and not _rule("still", language).search(text)
        self.is_trivial, self.is_told = (bool(_rule(name, language).search(text)) for name in ("trivial", "told"))
        self.nearest = self._nearest(0, len(text), len(text)) or earlier

    def denied(self, match: re.Match[str]) -> bool:
        """Whether a negation stands before the words, in their clause."""
        clause = self.text[self._clause(match) : match.start()][-_AROUND:]
        clause = _rule("no_negation", self.language).sub(lambda found: "_" * len(found[0]), clause)
        clause = _NEW_SENTENCE.split(clause)[-1]
        asked = _rule("asked", self.language).search(self.text[: match.start()][-_AROUND:])
        return bool(asked or _rule("negation", self.language).search(clause))

    def about(self, level: str, match: re.Match[str], own_elsewhere: bool) -> str:
        """Whose words they are: those of the nearest subject before them, in the sentence or else in an earlier one.

        Chinese leaves out a subject that is known: a clause without one is the user's where they speak of themselves.
        """
        # "I" may stand in the words ("I wish I was dead"); whom somebody threatens stands there, too.
        own = match.start() if level == "harm to others" else match.end()
        if self.language == "zh":
            if found := self._nearest(self._clause(match), own, match.start()):
                return found
            if own_elsewhere:
                return "own"
        return self._nearest(0, own, match.start()) or self.earlier or "nobody"

    def _clause(self, match: re.Match[str]) -> int:
        return self._clauses[bisect_right(self._clauses, match.start()) - 1]

    def _nearest(self, start: int, own: int, others: int) -> str:
        """Whose subject stands last from a start to an end of its own, "own" or "others"; empty where there is none."""
        last = {}
        for whose, end in (("own", own), ("others", others)):
            spans = self._subjects[whose][: bisect_right(self._subjects[whose], end, key=lambda span: span[1])]
            last[whose] = spans[-1][0] if spans and spans[-1][0] >= start else -1
        return max(last, key=last.get) if max(last.values()) >= 0 else ""


class _Message:
    """A whole message, for the rules that look beyond one sentence."""

    def __init__(self, text: str, language: str) -> None:
        self.text, self.language = text, language
        said = {name: bool(_rule(name, language).search(text)) for name in _OF_MESSAGES}
        self._jest, self._earnest = said["jest"], said["earnest"]
        self._told, self._own = said["told"], said["own"]

    def windows(self) -> Iterator[_Window]:
        """Each sentence, one that is very long in parts."""
        earlier, sentences = "", split_sentences(self.text)
        for number, sentence in enumerate(sentences):
            is_over = self._over("".join(sentences[max(0, number - 1) : number + 3]))
            for start in range(0, len(sentence), _WINDOW):
                begin, first = max(0, start - _AROUND), min(start, _AROUND)
                text = sentence[begin : start + _WINDOW + _AROUND]
                window = _Window(text, self.language, first=first, last=first + _WINDOW, earlier=earlier)
                window.is_over |= is_over
                yield window
            earlier = window.nearest

    def _over(self, passage: str) -> bool:
        """Whether a passage tells of what was and is well now, and nothing comes back after the last word of that."""
        *_, recovered = [None, *_rule("recovered", self.language).finditer(passage)]
        if not recovered or not _rule("past", self.language).search(passage):
            return False
        return not _rule("still", self.language).search(passage, recovered.end())

    def excuse(self, window: _Window, level: str, match: re.Match[str]) -> str:
        """Why a match does not speak of the user, in earnest and of today; empty where it does."""
        words = match[0].strip()
        if window.is_over:
            return "over"
        if window.denied(match):
            return "denied"
        about = window.about(level, match, self._own)
        if about == "others":
            return "others"
        if self._told and about == "nobody":
            return "told"
        # A bare "suicide" beside a book, an exam or a report is their topic.
        if window.is_told and _rule("topic", self.language).fullmatch(words):
            return "topic"
        jest = (self._jest or window.is_trivial) and not self._earnest
        return "jest" if jest and _rule("weak", self.language).match(words) else ""


def _matches(window: _Window, language: str, reply: bool) -> Iterator[tuple[str, re.Match[str]]]:
    lists = dict(_levels(language))
    if reply:
        lists |= {"thought, of the user": _rule("reply", language), "diagnosis": _rule("diagnosis", language)}
    for level, pattern in lists.items():
        for match in pattern.finditer(window.text):
            if window.first <= match.start() < window.last:
                yield level.partition(",")[0], match


def _without_quotations(text: str) -> str:
    def masked(match: re.Match[str]) -> str:
        own = match[0][0] == '"' and _QUOTES_OWN.search(
            text[max(0, match.start() - _QUOTES_OWN_LENGTH) : match.start()]
        )
        return match[0] if own else " " * len(match[0])

    # A message that is one quotation is no quotation of somebody else.
    return text if _QUOTATION.fullmatch(text.strip()) else _QUOTATION.sub(masked, text)


def _without_exceptions(text: str, language: str) -> str:
    return _rule("exceptions", language).sub(lambda match: "_" * len(match[0]), text)


def compile_all() -> None:
    """Compile the lexicon's patterns, which is else done as each is needed."""
    rules = [name for name, of in table().items() if {*of} == {*_LANGUAGES} and name != "parts"]
    for language in _LANGUAGES:
        _levels(language)
        for name in rules:
            _rule(name, language)


@cache
def _levels(language: str) -> Mapping[str, re.Pattern[str]]:
    return {level: _compiled(patterns, language) for level, patterns in table()[language].items()}


@cache
def _rule(name: str, language: str) -> re.Pattern[str]:
    given = table()[name][language]
    if isinstance(given, str) and name not in ("own", "others"):
        return re.compile(spelled_out(given, language))
    return _compiled([given] if isinstance(given, str) else given, language)


def _compiled(patterns: Sequence[str], language: str) -> re.Pattern[str]:
    # An alternation takes the first branch that fits, so what tends to be longer goes first.
    spelled = [spelled_out(pattern, language) for pattern in patterns]
    either = "|".join(sorted(spelled, key=len, reverse=True))
    return re.compile(rf"(?<![\w'])(?:{either})(?![\w'])" if language == "en" else f"(?:{either})")


def spelled_out(pattern: str, language: str) -> str:
    """A pattern with its named parts (`<want>`) put in; parts may hold parts."""
    parts = table()["parts"][language]
    while _PART.search(pattern):
        pattern = _PART.sub(lambda found: f"(?:{parts[found[1]]})", pattern)
    return pattern


@cache
def table() -> Mapping[str, Any]:
    """safety.yaml, safety_parts.yaml and safety_context.yaml together."""
    return read("safety.yaml") | read("safety_parts.yaml") | read("safety_context.yaml")


def read(name: str) -> dict[str, Any]:
    """A data file of this room."""
    return yaml.safe_load((files("pica.chat") / name).read_text(encoding="utf-8"))
