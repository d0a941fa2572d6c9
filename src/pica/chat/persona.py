"""What a user tells of themselves: at most eight sentences, each with evidence in the turn it comes from.

    updated(Persona(), ["I have a dog.", "I love jazz."], "My dog died. I have a dog no more.", 3, "en")

A candidate is kept only where all of its content words stand in what the user says of themselves in that turn: not in
quotations, and not in clauses about others. Four operations (Bae et al. 2022): PASS what is known, REPLACE what says
the same of another thing, APPEND what is new, DELETE what the user takes back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

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
# Who belongs to the user and is another person.
_KIN = (
    "(?:大|小|二|三|前)?(?:[爸妈爹娘哥姐弟妹爷奶姥舅叔姑姨婶嫂]|父|母|外[公婆]|[公岳]公|婆婆|老(?:公|婆|板|师|伴)|丈夫|妻子|"
    "[表堂][哥姐弟妹]|儿子|女儿|孩子|[男女](?:朋友|友)|对象|前任|朋友|闺蜜|同[学事桌]|[室舍]友|邻居|领导|上司|导师|班主任|家人)"
)
_OWN_SAYS = {
    "en": re.compile(r"^\W*i\s", re.IGNORECASE),
    "zh": re.compile(rf"^我(?!{_KIN})"),
}
# Where a clause has a subject: the user, or somebody or something else. What is the user's alone (a name, a job) is
# said of the user.
_ATTRIBUTES = "(?:name|age|job|profession|major|hometown|hobby|hobbies|favou?rite)"
_THIRD = "(?:is|isn't|has|hasn't|does|doesn't)"
_OPENS = (
    r"(?:^|[,.;:!?\n]|\b(?:and|or|but|so|that|because|since|when|while|if|than|as|think|know|knew|guess|hope|wish|believe|"
    r"feel|say|said|told you|mean|see|heard)\b)\W*"
)
_SUBJECTS = {
    "en": re.compile(
        rf"(?P<own>\b(?:i|we|im|ive)\b|\bme and my \w+|\bmy (?:\w+ )?{_ATTRIBUTES}\b(?:(?: \w+){{0,2}} is\b)?)|"
        r"\b(?:he|she|they|it|you|who|which|whose|there)\b|"
        rf"{_OPENS}\b(?:my|our|his|her|their|your|the|a|an|this|these|those|some|every|each)\s(?=[^,.;:!?\n]*\w\s+\w)"
        rf"(?:(?:(?!(?:i|we)\b)[\w']+\s+){{1,4}}?{_THIRD}\b)?|\b\w+\s+{_THIRD}\b",
        re.IGNORECASE,
    ),
    "zh": re.compile(
        rf"(?P<own>(?:我|俺|咱|本人)(?!们?的?{_KIN}|们?的)们?|我的?(?:名字|工作|专业|爱好|家乡|最喜欢))|"
        rf"(?<![跟和与给对把被向陪爱欢])我们?的?{_KIN}|(?<![跟和与给对把被向陪爱欢])我们?的|"
        rf"(?:^|[，。；：！？、,.;:!?\n])\s*{_KIN}|[他她它你您]|别人|人家|大家"
    ),
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
# Words beside which nothing new is believed of the user; what is known goes only by what `_takes_back` looks for.
_TAKEN_BACK = {
    "en": re.compile(
        r"\b(?:not|no longer|don't|dont|doesn't|isn't|aren't|wasn't|never|no more|used to|quit|gave up|stopped|"
        r"any ?more)\b",
        re.IGNORECASE,
    ),
    "zh": re.compile(r"不再|已经不|没有了|不是了|不了|没了|以前|曾经|辞了|分手|戒了|并不|不是"),
}
# Negations that stand before what is denied, what ends it, and words that may stand between it and its object.
_NOT = {"en": r"not|never|no longer|used to", "zh": "不|没|以前|曾经"}
_ENDED = {
    "en": r"(?:quit|gave up|stopped)(?: (?:my|the|being|working|as|job|a|an))*",
    "zh": "(?:辞|戒|卖)掉?了?",
}
_BETWEEN = {
    "en": r"(?: (?:a|an|the|any|my|our|that|this|as|at|in|for|from|with|to|of|really|actually|even|still|just|much|"
    r"currently|longer))*",
    "zh": "(?:再|继续|是|[一个那这了着过的]|任何)*",
}
_VERBS = ({"am", "is", "are", "was", "were", "be", "been"}, {"have", "has", "had", "got", "own", "owned"})
# Words that stand between a subject and what is said of it.
_ADVERBS = frozenset(["also", "always", "currently", "do", "just", "now", "often", "really", "still", "usually"])
_ADVERBS_ZH = re.compile("^(?:(?:今年|现在|目前|已经|一直|经常|平时|家|很|也|都|还|就|最)+)")
# What a person has one of: a new object takes the old one's place where the same words stand before it.
_ONE = (
    r"i am (?=\d)",
    r"i am (?=(?:married|single|engaged|divorced)\b)",
    *("i live in", "i live with", "i work as", "i work at", "i work for", "i study", "i am called", "i am from"),
    r"my (?:name|age|job|major|hometown) is",
    r"my favorite (?:\w+ ){1,2}is",
    r"我在(?=\S{1,6}(?:工作|上班))",
    r"我最喜欢的\S{1,4}是",
    *("我今年", "我住", "我叫", "我是做", "我的工作", "我的专业", "我读", "我来自"),
)
_ONES = tuple(re.compile(pattern) for pattern in _ONE)


def updated(before: Persona, told: Iterable[str], said: str, turn: int, language: str) -> Persona:
    """The persona after a user turn.

    Args:
        told: sentences about the user that a model found.
        said: the turn.
    """
    clauses = _clauses(own_speech(said, language), language)
    facts, operations = list(before.facts), []
    for fact in before.facts:
        if fact.origin.by != "hand" and any(_takes_back(clause, fact.text, language) for clause in clauses):
            facts.remove(fact)
            operations.append(f"DELETE {fact.text}")
    for sentence in _distinct(told):
        words = content(sentence)
        own = [clause.text for clause in clauses if clause.own or _names_subject(clause.text, sentence, language)]
        if not words or not words <= content(" ".join(own)) or _denied(words, own, language):
            continue
        if any(turn <= gone.origin.turn and words <= content(gone.text) for gone in before.removed):
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


@dataclass(frozen=True, slots=True)
class _Clause:
    """A part of a sentence with one subject; `own` where it is the user, `bare` where none was named so far."""

    text: str
    own: bool
    bare: bool


def _clauses(speech: str, language: str) -> list[_Clause]:
    """The clauses of a speech. A subject holds in its sentence until there is another one."""
    found = []
    for sentence in split_sentences(speech.replace("’", "'")):
        own, bare, start = False, True, 0
        for match in [*_SUBJECTS[language].finditer(sentence), None]:
            # "I think I am": one subject, and one clause.
            if match and own and match["own"]:
                continue
            part = sentence[start : match.start() if match else len(sentence)]
            found += [_Clause(text, own, bare) for text in _CLAUSES.split(part) if text.strip()]
            if match:
                own, bare, start = bool(match["own"]), False, match.start()
    return found


def _names_subject(clause: str, sentence: str, language: str) -> bool:
    """Whether a clause is about that which is the user's in a sentence: "My old dog is ill" about "My dog is ill."."""
    if language == "zh":
        subject = re.match(rf"我们?的?({_KIN}|(?<=的)\S)", sentence)
        return bool(subject and re.search(rf"我们?的?{re.escape(subject[1])}", clause))
    subject = re.match(r"\W*(?:my|our) (\w+)", sentence, re.IGNORECASE)
    return bool(subject and re.search(rf"\b(?:my|our) (?:\w+ )?{subject[1]}\b", clause, re.IGNORECASE))


def _denied(words: frozenset[str], clauses: Sequence[str], language: str) -> bool:
    """Whether each clause with these words has a negation, wherever it stands."""
    having = [clause for clause in clauses if words & content(clause)]
    return bool(having) and all(_TAKEN_BACK[language].search(clause) for clause in having)


def _takes_back(clause: _Clause, fact: str, language: str) -> bool:
    """Whether a clause denies a fact: its negation stands directly before what the fact says ("I do not have a dog"),
    and not before something else about it ("I do not walk my dog")."""
    words, text = content(fact), _spelled(clause.text)
    of_subject = clause.own or clause.bare or _names_subject(text, fact, language)
    said = _said_of_subject(_spelled(fact), language)
    if not (said and words and words <= content(text) and of_subject):
        return False
    between, negation, ended = _BETWEEN[language], _NOT[language], _ENDED[language]
    if language == "zh":
        # A verb has one character or two; 没 alone denies having.
        verb = "".join([said[0].replace("有", "有?"), *(f"{second}?" for second in said[1:2])])
        things = f"{between}[{''.join(words - {*said[:2]} or words)}]"
        return bool(re.search(f"(?:{negation}){between}{verb}{things}|{ended}{things}", text))
    forms = next((verbs for verbs in _VERBS if said[0] in verbs), {said[0]})
    verb, object_ = f"(?:{'|'.join(sorted(forms))})", f"{between} (?:{'|'.join(sorted(words))})"
    things = object_ if words - {said[0]} else ""
    denials = [rf"(?:{negation}){between} {verb}{things}", f"{ended}{object_}", f"{verb}{things}.* no (?:more|longer)$"]
    denials += [rf"{verb} (?:not|never|no longer){object_}"] if "be" in forms else []
    denials += [rf"{verb} no{object_}"] if "have" in forms else []
    denials += [rf"^(?:{negation}){object_}"] if clause.bare else []
    return any(re.search(rf"\b{denial}(?!\w)", text) for denial in denials)


def _spelled(text: str) -> str:
    """A text without marks and case, its contractions written out."""
    text = re.sub(r"n't\b", " not", text.replace("’", "'").casefold().replace("can't", "can not"))
    text = re.sub(r"'m\b", " am", text).replace("'ve", " have").replace("'re", " are")
    return " ".join(re.sub(r"[^\w']", " ", text).split())


def _said_of_subject(fact: str, language: str) -> list[str]:
    """The words, of Chinese the characters, of a fact after its subject."""
    if language == "zh":
        return list(_ADVERBS_ZH.sub("", re.sub(rf"^我(?:们?的?{_KIN}|们?的\S{{1,2}}|们)?", "", fact)))
    words = fact.split()
    subject = 1 if words[:1] in (["i"], ["we"]) else 2
    return [word for word in words[subject:] if word not in _ADVERBS]


def _replaces(new: str, old: str) -> bool:
    """Whether two sentences have one subject and relation of which a person has one."""
    plain = [_spelled(text).replace("favourite", "favorite") for text in (new, old)]
    for pattern in _ONES:
        found = [pattern.search(text) for text in plain]
        if all(found) and found[0][0] == found[1][0]:
            return True
    return False


def _distinct(told: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(sentence.strip() for text in told for sentence in text.splitlines() if sentence.strip()))
