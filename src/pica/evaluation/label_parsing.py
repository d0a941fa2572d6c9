"""Which label a free answer names, if it names one.

    "The speaker feels “Joy”."  among joy, no joy, anger  → "joy"
    "joy or anger"                                        → None: it names two

Nothing is guessed: an answer that is close to a label (`joyfull`) names none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_EDGES = " \t\r\n\"'`“”‘’«»「」『』《》.,;:!?…。，；：！？"


def parse_label(output: str, candidates: Sequence[str], language: str) -> str | None:
    """The one candidate that `output` is or mentions; None when it mentions none, or several.

    A label that stands inside a longer one counts only where the longer one does not ("no emotion" is not "emotion").

    Args:
        output: what the system said.
        candidates: the closed label set.
        language: ISO 639-1 code. Labels must stand as whole words, except in Chinese, which does not space its words.
    """
    said, labels = _normalise(output), {_normalise(label): label for label in candidates}
    if said in labels:
        return labels[said]
    # An alternation takes the first branch that fits, so the longest label goes first.
    any_label = "|".join(re.escape(label) for label in sorted(labels, key=len, reverse=True))
    pattern = any_label if language == "zh" else rf"(?<!\w)(?:{any_label})(?!\w)"
    mentioned = set(re.findall(pattern, said))
    return labels[mentioned.pop()] if len(mentioned) == 1 else None


def _normalise(text: str) -> str:
    """NFKC, lower case, one blank between words, no quotes or punctuation at either end."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split()).strip(_EDGES)
