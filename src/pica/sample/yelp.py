r"""Yelp's sample: made-up reviews of cafés, noodle bars and taverns, one to five stars.

    "4","We sat outside and ordered the plum cake.\n\n\""Glad I tried it\"" was the verdict at our table."

| quirk of the native files | where the sample has it |
|---|---|
| no header, no line end after the last row, all cells quoted | `write` |
| line breaks as the two characters `\n`, also at the end of a text | some of the texts (`typed`), `quirks` |
| inner quotes as a backslash and a doubled quote | `write` |
| no validation split | `conversations` |
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

from pica.corpora.labels import STARS
from pica.sample.bank import Part, reviews
from pica.sample.texts import labelled_text, typed, write_zhang
from pica.schema import Conversation, Split

_FOLDER = "yelp_review_full_csv"
# Reviews of each number of stars.
_SIZES: dict[Split, int] = {"train": 37, "test": 11}


def conversations(rng: Random) -> list[Conversation]:
    """The reviews of both splits."""
    found: list[Conversation] = []
    for split, size in _SIZES.items():
        part = Part(rng, split)
        rows = [(_review(part, stars), label) for stars, label in enumerate(STARS, start=1) for _ in range(size)]
        rng.shuffle(rows)
        found += (labelled_text(f"yelp/{split}/{number}", *row) for number, row in enumerate(rows, start=1))
    return found


def _review(rng: Part, stars: int) -> str:
    return typed(rng, reviews.review(rng, "eatery", stars, rng.randint(3, 5)))


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The two CSV files."""
    for split in _SIZES:
        rows = ((str(STARS.index(c.emotion) + 1), c.turns[0].text) for c in conversations if c.split == split)
        write_zhang(folder / _FOLDER / f"{split}.csv", rows, quote=r"\"" + '"')


def quirks(folder: Path) -> None:
    """Line breaks at the end of each tenth text, which a conversation does not keep."""
    for split in _SIZES:
        path = folder / _FOLDER / f"{split}.csv"
        lines = path.read_text(encoding="utf-8").split("\n")
        lines[::10] = (line.removesuffix('"') + r"\n\n" + '"' for line in lines[::10])
        path.write_text("\n".join(lines), encoding="utf-8", newline="\n")
