"""Tables in Markdown.

table(["View", "TF-IDF"], [["meld-classification", "31.4"]], words=1)
| View | TF-IDF |
| --- | ---: |
| meld-classification | 31.4 |
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def bold(text: str, is_bold: bool) -> str:
    """The text, in bold where it is the best."""
    return f"**{text}**" if is_bold else text


def table(header: Sequence[str], rows: Iterable[Sequence[str]], words: int) -> str:
    """A table; the columns after the first `words` are numbers."""
    marks = ["---" if column < words else "---:" for column in range(len(header))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (header, marks, *rows))
