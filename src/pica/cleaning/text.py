"""Text repair that leaves clean text as it is.

"Don\\u0092t  go &amp; hide â€œthereâ€\\u009d."  →  "Don’t go & hide “there”."
"""

from __future__ import annotations

import re
import unicodedata

from ftfy import TextFixerConfig, fix_text
from ftfy.badness import is_bad

# UTF-8 that was decoded as something else, and HTML entities: what ftfy is known for. All that it would do beyond that
# changes text that is right: quotes made straight, full-width signs made narrow, ligatures taken apart, lost characters
# guessed.
_FTFY = TextFixerConfig(
    unescape_html=True,
    remove_terminal_escapes=False,
    replace_lossy_sequences=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    uncurl_quotes=False,
    fix_line_breaks=False,
    fix_surrogates=False,
    remove_control_chars=False,
    normalization=None,
    explain=False,
)

# Files that were decoded as Latin-1 hold cp1252's typographic characters as C1 controls (EmotionLines, older MELD).
# Five of the 32 code points are undefined in cp1252 and go, as other controls do and what is invisible by itself.
# Joiners stay: emoji and many scripts are written with them.
_CP1252 = {code: bytes([code]).decode("cp1252", errors="ignore") for code in range(0x80, 0xA0)}
_CONTROLS = dict.fromkeys((*range(0x09), *range(0x0E, 0x1C), 0x7F), "")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad"), "")
_CHARACTERS = _CP1252 | _CONTROLS | _INVISIBLE
_BLANKS = re.compile(r"[^\S\n]+")
_LINE_ENDS = re.compile(r" ?\n ?")
_GAPS = re.compile(r"\n{3,}")
# Letters and digits in a row; Chinese is written without blanks, so each of its characters is a word.
_WORD = re.compile(r"[^\W_\u3400-\u4dbf\u4e00-\u9fff]+|[\u3400-\u4dbf\u4e00-\u9fff]")

# What clean text has none of, and what plain text, a tenth of the search for that, has none of either.
_SUSPECT = re.compile(
    r"[^\S \n]|  | \n|\n |\n{3}|\A\s|\s\Z|&#?\w{1,24};|[\x00-\x08\x0e-\x1b\x7f-\x9f\u200b\u2060\ufeff\u00ad]"
)
_NOT_PLAIN = ("&", "  ", " \n", "\n ", "\n\n\n")


def repair(text: str) -> str:
    """Mojibake and HTML entities undone, C1 controls through cp1252, other controls and invisible characters removed,
    NFC, runs of blanks to one, of empty lines too; line breaks and paragraphs are kept."""
    while may_be_broken(text) and (repaired := _repaired_once(text)) != text:
        text = repaired  # what was encoded twice, or hid behind an invisible character
    return text


def may_be_broken(text: str) -> bool:
    """Whether `repair` could change the text; texts that it leaves alone are left alone when joined by empty lines."""
    # As four texts in five are.
    plain = text.isascii() and text.replace("\n", "").isprintable() and text == text.strip()
    if plain and not any(map(text.__contains__, _NOT_PLAIN)):
        return False
    if _SUSPECT.search(text):
        return True
    if text.isascii():
        return False
    # Line by line, as ftfy repairs: it has signs for the start of a text.
    return any(map(is_bad, text.split("\n"))) or not unicodedata.is_normalized("NFC", text)


def _repaired_once(text: str) -> str:
    # First, since the bytes of UTF-8 are C1 controls, no-break blanks and soft hyphens there.
    text = fix_text(text, _FTFY)
    text = unicodedata.normalize("NFC", text.translate(_CHARACTERS))
    return _GAPS.sub("\n\n", _LINE_ENDS.sub("\n", _BLANKS.sub(" ", text))).strip()


def words(text: str) -> list[str]:
    """The words of a text as its copies share them: letters and digits, lower case. "I don't." has three."""
    return _WORD.findall(_folded(text))


def comparable(text: str) -> str:
    """What is left of a text when two copies of it should be equal: letters and digits, lower case, no blanks.

    A text that has neither ("?!", an emoji) is compared by the signs it has.
    """
    return "".join(words(text)) or "".join(_folded(text).split())


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
