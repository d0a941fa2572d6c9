"""Samples of single English texts with one label each: what their modules share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import TypeVar

from pica.sample.bank import Part
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


def fitting(rng: Part, make: Callable[[Part], T], split_of: Callable[[T], Split]) -> T:
    """A row of the split whose part of the bank it is of, where a hash of the row decides which one it goes to."""
    while split_of(row := make(rng)) != rng.split:
        pass
    return row


def drawn(
    rng: Random, make: Callable[[Part], T], split_of: Callable[[T], Split], sizes: Mapping[Split, int]
) -> Iterator[T]:
    """So many such rows for each split."""
    for split, size in sizes.items():
        part = Part(rng, split)
        yield from (fitting(part, make, split_of) for _ in range(size))


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
