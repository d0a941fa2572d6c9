"""What a user tells of themselves: at most eight sentences, each with evidence in the turn it comes from.

    updated(Persona(), ["I have a dog.", "I love jazz."], "My dog died. I have a dog no more.", 3, "en")

A candidate is kept only where all of its content words stand in what the user says of themselves in that turn: not in
quotations, and not in sentences about others. Four operations (Bae et al. 2022): PASS what is known, REPLACE what says
the same of another thing, APPEND what is new, DELETE what the user takes back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from pica.chat.state import FACTS, Fact, Origin, Persona
from pica.output import split_sentences

_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|「[^」]*」|『[^』]*』|‘[^’]*’|(?<!\w)'[^']{3,}'(?!\w)|《[^》]*》")
_OWN = {
    "en": re.compile(r"\b(?:i|i'm|i've|i'd|i'll|im|ive|my|me|mine|we|our|us)\b", re.IGNORECASE),
    "zh": re.compile(r"我|咱|俺|本人"),
}
# A sentence whose subject is somebody else, though it may have "my" in it ("My sister says she has two dogs").
_OTHERS = {
    "en": re.compile(
        r"^\W*(?:(?:my|our|his|her|their|the|a|this|that)\s+(?:\w+\s+)?\w+|he|she|they|\w+)\s+"
        r"(?:says?|said|told|tells|thinks?|thought|claims?|claimed|asked|asks|wrote|writes)\b|^\W*(?:he|she|they|it|you)\b",
        re.IGNORECASE,
    ),
    "zh": re.compile(
        r"^[^，。]{0,8}(?:说|告诉|觉得|认为|问)[^，。]{0,2}(?:他|她|我|你)?|^(?:他|她|他们|她们|你|别人|人家)"
    ),
}
_OWN_SAYS = {
    "en": re.compile(r"^\W*i\s", re.IGNORECASE),
    "zh": re.compile(r"^我(?!妈|爸|哥|姐|弟|妹|老|朋友|同学|同事|儿|女|男)"),
}
_STOP = frozenset(
    re.findall(
        r"\S+",
        "a an the i i'm i've i'd i'll im ive my me mine we our us you your he she it they them his her their am is are "
        "was were be been being have has had do does did of to in on at for with and or but so that this these those "
        "there as by from not no very really just also too about up out get got will would can could should m s ve d "
        "ll t re",
    )
)
_STOP_ZH = frozenset("我你他她它们的了着过在是有和与跟就都也还很太又把被让给对从到这那个一些着呢吗吧啊呀哦哈么")
# Where one statement ends and another may begin.
_CLAUSES = re.compile(r"[,.;:!?，。；：！？、\n]|\bbut\b|但是?|可是")
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?|[\u3400-\u4dbf\u4e00-\u9fff]", re.IGNORECASE)
_TAKEN_BACK = {
    "en": re.compile(
        r"\b(?:not|no longer|don't|dont|doesn't|isn't|aren't|wasn't|never|no more|used to|quit|gave up|stopped|"
        r"any ?more)\b",
        re.IGNORECASE,
    ),
    "zh": re.compile(r"不再|已经不|没有了|不是了|不了|没了|以前|曾经|辞了|分手|戒了|并不|不是"),
}
# What a person has one of: a new object takes the old one's place.
_ONE = (
    *(
        "i am \\d+",
        "i live in",
        "i live with",
        "i work as",
        "i work at",
        "i work for",
        "i study",
        "my name is",
        "i am called",
    ),
    *("i am from", "my job is", "my favou?rite \\w+ is", "i am married", "i am single"),
    *(
        "我今年",
        "我住",
        "我在\\S{1,6}(?:工作|上班)",
        "我叫",
        "我是做",
        "我的工作",
        "我的专业",
        "我读",
        "我来自",
        "我最喜欢的\\S{1,4}是",
    ),
)
_ONES = tuple(re.compile(pattern, re.IGNORECASE) for pattern in _ONE)


def updated(before: Persona, told: Iterable[str], said: str, turn: int, language: str) -> Persona:
    """The persona after a user turn.

    Args:
        told: sentences about the user that a model found.
        said: the turn.
    """
    own = own_speech(said, language)
    facts, operations = list(before.facts), []
    for clause in _CLAUSES.split(own):
        if _TAKEN_BACK[language].search(clause):
            for fact in [f for f in facts if f.origin.by != "hand" and content(f.text) <= content(clause)]:
                facts.remove(fact)
                operations.append(f"DELETE {fact.text}")
    for sentence in _distinct(told):
        words = content(sentence)
        if not words or not words <= content(own) or _denied(words, own, language):
            continue
        fact = Fact(sentence, Origin("model", turn, None, "its words stand in the turn"))
        same = next((f for f in facts if words <= content(f.text)), None)
        place = next((i for i, f in enumerate(facts) if f.origin.by != "hand" and _replaces(sentence, f.text)), None)
        if same:
            operations.append(f"PASS {sentence}")
        elif place is not None:
            operations.append(f"REPLACE {facts[place].text} → {sentence}")
            facts[place] = fact
        else:
            operations.append(f"APPEND {sentence}")
            facts.append(fact)
    while len(facts) > FACTS:
        oldest = next((f for f in facts if f.origin.by != "hand"), facts[-1])
        facts.remove(oldest)
        operations.append(f"DELETE {oldest.text}")
    return replace(before, facts=tuple(facts), operations=tuple(operations))


def own_speech(said: str, language: str) -> str:
    """The sentences in which a user speaks of themselves, quotations left out."""
    kept = []
    for sentence in split_sentences(_QUOTED.sub(" ", said)):
        own = _OWN_SAYS[language].search(sentence) or not _OTHERS[language].search(sentence)
        if own and _OWN[language].search(sentence):
            kept.append(sentence)
    return "".join(kept)


def content(text: str) -> frozenset[str]:
    """The content words of a text: lower case, without pronouns and the like; of Chinese, its characters."""
    return frozenset(w for w in (m.casefold() for m in _WORD.findall(text)) if w not in _STOP and w not in _STOP_ZH)


def grounded(text: str, said: str) -> float:
    """The share of a text's content words that stand in what was said."""
    words = content(text)
    return len(words & content(said)) / len(words) if words else 0.0


def _denied(words: frozenset[str], own: str, language: str) -> bool:
    """Whether each clause with these words takes them back."""
    having = [clause for clause in _CLAUSES.split(own) if words & content(clause)]
    return bool(having) and all(_TAKEN_BACK[language].search(clause) for clause in having)


def _replaces(new: str, old: str) -> bool:
    """Whether two sentences have one subject and relation of which a person has one."""
    plain = [text.casefold().replace("i'm", "i am").replace("’", "'") for text in (new, old)]
    return (
        any(all(pattern.search(text) for text in plain) for pattern in _ONES)
        or _stem(plain[0]) == _stem(plain[1]) != ""
    )


def _stem(text: str) -> str:
    """Subject and relation of a sentence about what is liked best or done for a living; empty for all others."""
    found = re.match(r"(my (?:favou?rite )?\w+ is)\b", text)
    return found[1] if found else ""


def _distinct(told: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(sentence.strip() for text in told for sentence in text.splitlines() if sentence.strip()))
