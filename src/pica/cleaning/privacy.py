"""Personal data masked: addresses, numbers and names by which a writer, or somebody they speak of, could be found.

"mail tom.k@example.org or 615-555-0133, @tomk (https://t.co/0)"  →  "mail [EMAIL] or [PHONE], [HANDLE] ([URL])"
"我的手机是13900000000，QQ：800001，//@小林: 好"  →  "我的手机是[PHONE]，QQ：[NUMBER]，//[HANDLE]: 好"

Chinese is written without blanks, so a Chinese character beside a number or an address is neither a part of it nor a
sign that it is something else. A handle is one part: on Weibo it goes on to the next blank or mark.

Names of people are not masked: no pattern knows them, and GoEmotions, where it matters most, has its own `[NAME]`.
"""

from __future__ import annotations

import re
from itertools import chain, zip_longest

from pica.corpora.general import CODE

# What no pattern below can match without. Nearly all texts have none of it.
_HINT = re.compile(r"(?i)@|://|www\.|\.[a-z]{2,4}/|\bu/|\+\d|\d{3}.?\d{2}|微信|[vw]x")

_CHINESE = r"\u3400-\u4dbf\u4e00-\u9fff"
_LETTER = rf"[^\W{_CHINESE}]"  # or digit

_PERSONAL = re.compile(
    rf"""
      (?P<url> (?i:
        (?: https?://
          | www\.(?=[\w-]+\.[a-z]{{2}})
          | (?<!{_LETTER})(?<![.@-]) (?:(?:{_LETTER}|-)+\.)+ (?:com|org|net|edu|gov|info|io|co|ly|be|uk)/
        )
        [a-z0-9\-._~:/?\#@!$&+,;=%\\]* [a-z0-9\-_~/\#&=%]
      ))
    | (?P<email> (?i: (?<!{_LETTER})(?<![.+-]) (?:{_LETTER}|[.+-])+ @ (?:(?:{_LETTER}|-)+\.)+ [a-z]{{2,}} ))
      # @somebody, @somebody@an.instance and Reddit's u/somebody. "@ 5pm" and "@5pm" are times, "@me" is slang.
    | (?P<handle> (?i:
        (?: (?<=//) | (?<!{_LETTER})(?<![.@/&$\#*!?%-]) )
        (?: @(?!(?:me|you|us|them|all|home|here|work)\b)
            (?: [a-z_]\w+ (?:@[\w-]+(?:\.[\w-]+)+)? | [{_CHINESE}][\w-]{{1,29}} )
          | /?u/[\w-]{{3,}} )
      ))
      # International with its plus, or as in North America: 1-615-555-0133, (615) 555 0133.
    | (?P<phone>
        (?<!{_LETTER})(?<!\+) \+\d (?:[ .()-]{{0,2}}\d){{8,14}} (?!{_LETTER})
      | (?<!{_LETTER})(?<![.$€£-])
        (?: (?:1[ .-]?)? (?:\(\d{{3}}\)[ ]?|\d{{3}}[ .-]) \d{{3}}[ .-]\d{{4}}
          # In China: 139 0000 0000, (010) 8000 0000, 0571-80000000, 400-8000-000.
          | (?!\d*0{{9}}) 1[3-9]\d [ -]?\d{{4}} [ -]?\d{{4}}
          | (?:[(（]0\d{{2,3}}[)）][ ]?|0\d{{2,3}}[ -]) \d{{3,4}}[ ]?\d{{4}}
          | [48]00-\d{{4}}-\d{{3}}
        )
        (?!{_LETTER}|-|\.\d)
      )
      # Cards, IBANs, social security, accounts. Shorter ones are amounts and dates, and round ones are amounts.
    | (?P<number>
        (?<!{_LETTER})(?<![.$€£-])
        (?: \d{{4}}(?:[ -]\d{{4}}){{3}}
          | [A-Z]{{2}}\d{{2}}[ ]?[\dA-Z]{{4}}(?:[ ]?\d{{4}}){{2,6}}(?:[ ]?[\dA-Z]{{1,3}})?
          | \d{{3}}-\d{{2}}-\d{{4}}
          | \d{{17}}[\dXx]  # a Chinese identity card
          | (?!\d*0{{5}})\d{{9,19}} (?![多余]?[元块万亿人个名次])
          # Short ones where the text says what they are.
          | (?P<named> (?i: (?:qq|扣扣) (?:号码|号|群号|群)? ) [:：是为 ]{{0,2}} ) \d{{5,11}}
          | (?P<called> (?i: 微信|[vw]x ) 号? [ ]?[:：是][ ]? ) (?i: [a-z][a-z0-9_-]{{5,19}} )
        )
        (?!{_LETTER}|[%-]|\.\d)
      )
    """,
    re.VERBOSE,
)

# What says that a number is an account stays.
_KEPT = ("named", "called")
KINDS = tuple(name for name in _PERSONAL.groupindex if name not in _KEPT)


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
    kept = match["named"] or match["called"] or ""
    return f"{kept}[{match.lastgroup.upper()}]"
