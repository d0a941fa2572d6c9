"""Which label a free answer names, if it names one.

    "The speaker feels “Joy”."  among joy, no joy, anger  → "joy"
    "**joy**"                                             → "joy": Markdown is no part of it
    "joy or anger"                                        → None: it names two
    "4.5 stars"                 among 4 stars, 5 stars    → None: it is another number
    "at least 4 stars"                                    → None: that is 5 stars, too
    "sadder than joy"                                     → None: joy is what it is compared with

Nothing is guessed: an answer that is close to a label (`joyfull`, `non-joy`, `3-4 stars`) names none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_EDGES = " \t\r\n\"'“”‘’«»「」『』《》.,;:!?…。，；：！？"
_CHINESE = "\u3400-\u4dbf\u4e00-\u9fff"

# Emphasis and code; an underscore inside a word belongs to it (`love_including_like`).
_EMPHASIS = re.compile(r"[*`~]+|(?<![^\W_])_+|_+(?![^\W_])")
# A heading, a quotation, an item of a list, with the blank that makes it one: "-1 star" is none.
_BLOCK = re.compile(r"(?:[#>+•-]+ |\d{1,2}[.)] )+")

_HYPHEN = r"[-\u2010-\u2015\u2212]"
_NUMBER = r"(?:\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|half))"
# What makes one number or a range of two: 4.5, 4,5, 4/5, 3-4, 3 - 4, 3 to 4, 4 out of 5.
_BETWEEN = rf"(?:[.:]|\s*(?:,|/|\u2044|&|{_HYPHEN}|\b(?:to|or|and|through|(?:out )?of)\b|[到至或和、])\s*|\s+)"
# What ends right before a label that is only a part of what was said …
_COMPOUND_BEFORE = re.compile(
    rf"[^\W_]{_HYPHEN}$|[非不没无](?:是|有|太|够|很)?$"
    r"|(?:\b(?:non|not|no|never|without|neither|nor|hardly|barely|far from|anything but|(?:lack|absence|opposite) of"
    r"|(?:rather|other) than|instead of)|n['’]t)(?: (?:an?|any|really|quite|very|much|exactly))* $"
)
_BOUND_BEFORE = (
    r"\b(?:at (?:least|most)|(?:more|less|fewer|better|worse|higher|lower) than|over|under|above|below|beyond|up to"
    r"|exceed(?:s|ing)?|almost|nearly|close to|(?:min|max)imum(?: of)?)(?: an?)? $"
    r"|(?:至少|至多|最少|最多|超过|不到|不足|高于|低于|多于|少于|接近|将近)$"
)
_NUMBER_BEFORE = re.compile(rf"{_NUMBER}{_BETWEEN}$|(?:^|\s)(?:{_HYPHEN}|[.,+])$|\bout of $|{_BOUND_BEFORE}")
# … and what starts right after it.
_COMPOUND_AFTER = re.compile(rf"{_HYPHEN}[^\W_]")
_NUMBER_AFTER = re.compile(
    rf"\s*(?:{_HYPHEN}|to\b|or\b|到|至|或)\s*{_NUMBER}|\s+\d+\u2044|(?: and)?(?: an?| one)? half\b"
    r"|,? ?(?:\+|(?:or|and) (?:more|less|fewer|up|over|above|below|higher|lower|better|worse)\b|at (?:least|most)\b"
    r"|以上|以下)"
)

# What a label is compared with, or what makes one of several that may be meant: such a label names nothing by itself.
_COMPARED = re.compile(
    r"(?:\b(?:than|versus|vs\.?|unlike|compared (?:to|with)|as opposed to)(?: (?:an?|the))?|比|与其说?是?) ?$"
)
_UNSURE = re.compile(
    r"(?:\b(?:not|n['’]t) (?:(?:at all|really|quite|entirely|completely|too|so|very) )?(?:sure|certain|clear|obvious)\b"
    r"|\b(?:unsure|uncertain|unclear)\b|\b(?:hard|difficult|impossible) to (?:say|tell)\b"
    r"|\b(?:can(?:not|['’]t| not)|could(?:n['’]t| not)) (?:say|tell|decide)\b|\bdo(?:n['’]t| not) know\b"
    r"|不(?:太|能)?确定|不(?:太)?清楚|不知道|说不清|无法(?:确定|判断)|难以(?:确定|判断)|很难说)"
    r"(?:(?!\bbut\b|但)[^.!?。！？])*$"
)


def parse_label(output: str, candidates: Sequence[str], language: str) -> str | None:
    """The one candidate that `output` is or mentions; None when it mentions none, or several.

    A label that stands inside a longer one counts only where the longer one does not ("no emotion" is not "emotion"),
    and not at all as a part of a number, a fraction, a range, or a word with a hyphen, or after a "not" or "isn't". One
    that another is compared with ("than joy"), or that the answer is not sure of, is one of several.

    Args:
        output: what the system said.
        candidates: the closed label set.
        language: ISO 639-1 code. Labels must stand as whole words, except in Chinese, which does not space its words.
    """
    said, labels = _normalise(output), {_normalise(label).strip(_EDGES): label for label in candidates}
    if said.strip(" ") in labels:
        return labels[said.strip(" ")]
    # An alternation takes the first branch that fits, so the longest label goes first.
    pattern = "|".join(_whole(label, language) for label in sorted(labels, key=len, reverse=True))
    mentions = [match for match in re.finditer(pattern, said) if _stands_alone(match)]
    mentioned = {match[0] for match in mentions}
    return labels[mentioned.pop()] if len(mentioned) == 1 and not all(map(_is_open, mentions)) else None


def _normalise(text: str) -> str:
    """NFKC, lower case, one blank between words, no Markdown."""
    lines = _EMPHASIS.sub("", unicodedata.normalize("NFKC", text).lower()).splitlines()
    return " ".join(" ".join(_BLOCK.sub("", line.strip() + " ", count=1).split()) for line in lines)


def _whole(label: str, language: str) -> str:
    """A pattern for the label as a whole word; beside a Chinese character, in Chinese, any word is whole."""
    beside = rf"[^\W{_CHINESE}]" if language == "zh" else r"\w"
    before = "" if language == "zh" and re.match(f"[{_CHINESE}]", label) else f"(?<!{beside})"
    after = "" if language == "zh" and re.search(f"[{_CHINESE}]$", label) else f"(?!{beside})"
    return f"{before}{re.escape(label)}{after}"


def _stands_alone(match: re.Match[str]) -> bool:
    before, label, after = match.string[: match.start()], match[0], match.string[match.end() :]
    if _COMPOUND_BEFORE.search(before) or _COMPOUND_AFTER.match(after):
        return False
    return not label[:1].isdigit() or not (_NUMBER_BEFORE.search(before) or _NUMBER_AFTER.match(after))


def _is_open(match: re.Match[str]) -> bool:
    """Whether what was said leaves open if this label is meant."""
    before = match.string[: match.start()]
    return bool(_COMPARED.search(before) or _UNSURE.search(before))
