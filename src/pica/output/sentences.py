"""Where sentences end, in English and Chinese.

"I failed. 怎么办？我 3.5 分"   →   ["I failed. ", "怎么办？", "我 3.5 分"]
"""

from __future__ import annotations

import re
from itertools import pairwise

# A Chinese sentence ends at its mark, an English one at a mark before a blank; closing quotes belong to it.
_CLOSING = "\"'”’」』）)】»*"
_END = re.compile(rf"(?:[。！？!?…][{_CLOSING}]*(?=[^。！？!?…{_CLOSING}])|[.][{_CLOSING}]*(?=\s)|\n+(?=[^\n]))\s*")


def split_sentences(text: str) -> list[str]:
    """The sentences of a text, blanks after them included: joined they are the text."""
    ends = [0, *(match.end() for match in _END.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(ends) if end > start]
