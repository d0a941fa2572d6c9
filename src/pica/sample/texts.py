"""Samples of single English texts with one label each: what their modules share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import TypeVar

from pica.schema import Conversation, Split, Turn

T = TypeVar("T")


def labelled_text(identifier: str, text: str, label: str) -> Conversation:
    """A text and its label as the corpus's reader gives it; `identifier` is `<corpus>/<split>/<native id>`."""
    corpus, split, _ = identifier.split("/", 2)
    return Conversation(identifier, corpus, split, "en", (Turn("writer", text),), emotion=label)


def typed(rng: Random, sentences: Iterable[str], paragraph: str = "\n\n") -> str:
    """Sentences as somebody types them into a web page: now and then shouted, or in a paragraph of its own."""
    text = ""
    for sentence in sentences:
        style = rng.random()
        if style < 0.03:
            sentence = sentence.upper()
        elif style < 0.06:
            sentence = sentence.removesuffix(".") + rng.choice(("!!", "...", "!", " :)"))
        text += (rng.choices((" ", paragraph), (8, 1))[0] if text else "") + sentence
    return text


def drawn(make: Callable[[], T], split_of: Callable[[T], Split], sizes: Mapping[Split, int]) -> Iterator[T]:
    """So many made-up rows for each split, where a hash of the row decides which one it goes to.

    Left to chance, a small sample would have splits without some label.
    """
    missing = Counter(sizes)
    while missing.total():
        row = make()
        if missing[split_of(row)]:
            missing[split_of(row)] -= 1
            yield row


def write_zhang(path: Path, rows: Iterable[Sequence[str]], quote: str) -> None:
    r"""A CSV of Zhang et al.: no header, all cells quoted, line breaks as `\n`, no line end after the last row.

    Args:
        path: the file.
        rows: class and texts.
        quote: how a quote inside a text is written.
    """
    path.parent.mkdir(exist_ok=True)
    cells = ((cell.replace("\n", r"\n").replace('"', quote) for cell in row) for row in rows)
    lines = (",".join(f'"{cell}"' for cell in row) for row in cells)
    path.write_text("\n".join(lines), encoding="utf-8", newline="\n")
