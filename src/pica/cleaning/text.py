"""Text repair that leaves clean text as it is.

"Don\\u0092t  go."  →  "Don’t go."
"""

from __future__ import annotations

import re
import unicodedata

# Files that were decoded as Latin-1 hold cp1252's typographic characters as C1 controls (EmotionLines, older MELD).
# Five of the 32 code points are undefined in cp1252 and go.
_CP1252 = {code: bytes([code]).decode("cp1252", errors="ignore") for code in range(0x80, 0xA0)}
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad"), "")
_BLANKS = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n\s*")


def repair(text: str) -> str:
    """C1 controls through cp1252, invisible characters removed, NFC, runs of blanks to one; line breaks are kept."""
    text = unicodedata.normalize("NFC", text.translate(_CP1252).translate(_INVISIBLE))
    return _LINES.sub("\n", _BLANKS.sub(" ", text)).strip()


def comparable(text: str) -> str:
    """What is left of a text when two copies of it should be equal: letters and digits, lower case, no blanks.

    A text that has neither ("?!", an emoji) is compared by the signs it has.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(filter(str.isalnum, folded)) or "".join(folded.split())
