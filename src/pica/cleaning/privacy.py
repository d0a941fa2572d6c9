"""Personal data masked: addresses, numbers and names by which a writer, or somebody they speak of, could be found.

"mail tom.k@example.org or 615-555-0133, @tomk (https://t.co/0)"  →  "mail [EMAIL] or [PHONE], [HANDLE] ([URL])"

Names of people are not masked: no pattern knows them, and GoEmotions, where it matters most, has its own `[NAME]`.
"""

from __future__ import annotations

import re
from itertools import chain, zip_longest

from pica.corpora.general import CODE

# What no pattern below can match without. Nearly all texts have none of it.
_HINT = re.compile(r"(?i)@|://|www\.|\.[a-z]{2,4}/|\bu/|\+\d|\d{3}.?\d{2}")

_PERSONAL = re.compile(
    r"""
      (?P<url> (?i:
        (?: https?://
          | www\.(?=[\w-]+\.[a-z]{2})
          | (?<![\w.@-]) (?:[\w-]+\.)+ (?:com|org|net|edu|gov|info|io|co|ly|be|uk)/
        )
        [a-z0-9\-._~:/?\#@!$&+,;=%\\]* [a-z0-9\-_~/\#&=%]
      ))
    | (?P<email> (?i: (?<![\w.+-]) [\w.+-]+ @ [\w-]+ (?:\.[\w-]+)* \.[a-z]{2,} ))
      # @somebody, @somebody@an.instance and Reddit's u/somebody. "@ 5pm" and "@5pm" are times, "@me" is slang.
    | (?P<handle> (?i:
        (?<![\w.@/&$\#*!?%-])
        (?: @(?!(?:me|you|us|them|all|home|here|work)\b)[a-z_]\w+ (?:@[\w-]+(?:\.[\w-]+)+)? | /?u/[\w-]{3,} )
      ))
      # International with its plus, or as in North America: 1-615-555-0133, (615) 555 0133.
    | (?P<phone>
        (?<![\w+]) \+\d (?:[ .()-]{0,2}\d){8,14} (?!\w)
      | (?<![\w.$€£-]) (?:1[ .-]?)? (?:\(\d{3}\)[ ]?|\d{3}[ .-]) \d{3}[ .-]\d{4} (?![\w-]|\.\d)
      )
      # Cards, IBANs, social security, accounts. Shorter ones are amounts and dates, and round ones are amounts.
    | (?P<number>
        (?<![\w.$€£-])
        (?: \d{4}(?:[ -]\d{4}){3}
          | [A-Z]{2}\d{2}[ ]?[\dA-Z]{4}(?:[ ]?\d{4}){2,6}(?:[ ]?[\dA-Z]{1,3})?
          | \d{3}-\d{2}-\d{4}
          | (?!\d*0{5})\d{9,19}
        )
        (?![\w%-]|\.\d)
      )
    """,
    re.VERBOSE,
)

KINDS = tuple(_PERSONAL.groupindex)


def mask(text: str) -> str:
    """`text` with a word in brackets in place of each address or number: `[URL]`, `[EMAIL]`, `[HANDLE]` and so on."""
    if not may_be_personal(text):
        return text
    return _PERSONAL.sub(_label, text)


def mask_prose(text: str) -> str:
    """As `mask`, but what would be a handle in prose is syntax in code (`@property`), and stays."""
    if not may_be_personal(text):
        return text
    parts = CODE.split(text)
    code = CODE.findall(text)
    masked = [_PERSONAL.sub(_label, part) for part in parts]
    spared = [_PERSONAL.sub(lambda m: m[0] if m.lastgroup == "handle" else _label(m), part) for part in code]
    return "".join(chain.from_iterable(zip_longest(masked, spared, fillvalue="")))


def may_be_personal(text: str) -> bool:
    """Whether `mask` could change the text."""
    return _HINT.search(text) is not None


def kinds(text: str, prose: bool = False) -> set[str]:
    """Which of KINDS `mask` finds in a text, or, with `prose`, `mask_prose`."""
    found = {match.lastgroup for match in _PERSONAL.finditer(CODE.sub(" ", text) if prose else text)}
    if prose:
        found |= {match.lastgroup for part in CODE.findall(text) for match in _PERSONAL.finditer(part)} - {"handle"}
    return found


def _label(match: re.Match[str]) -> str:
    return f"[{match.lastgroup.upper()}]"
