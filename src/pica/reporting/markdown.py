"""Tables in Markdown.

table(["View", "TF-IDF"], [["meld-classification", "31.4"]], words=1)
| View | TF-IDF |
| --- | ---: |
| meld-classification | 31.4 |
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pica.reporting.tables import Cell, Table


def bold(text: str, is_bold: bool) -> str:
    """The text, in bold where it is the best."""
    return f"**{text}**" if is_bold else text


def of_rows(text: str, n: float, most: float) -> str:
    """A score, and of how many rows it is where the other systems of its line were asked more."""
    return text if n == most else f"{text} ({n:,.0f} rows)"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], words: int) -> str:
    """A table; the columns after the first `words` are numbers."""
    marks = ["---" if column < words else "---:" for column in range(len(header))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (header, marks, *rows))


def of_report(made: Table) -> str:
    """A table of the report."""
    return table(made.header, ([_text(cell) for cell in row] for row in made.rows), made.words)


def _text(cell: Cell) -> str:
    return bold(cell.text, cell.best) + (f" ({cell.note})" if cell.note else "")
