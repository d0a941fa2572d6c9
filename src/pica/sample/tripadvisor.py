"""TripAdvisor's sample: made-up hotel reviews, lower-cased and without stop words, one to five stars.

    Review,Rating
    "stayed four nights march, pillow poor, sea view wasn__Ç_é_t worth money, expected more,  ",2

| quirk of the native file | where the sample has it |
|---|---|
| lower case, stop words removed, full stops turned into commas | `_bare` |
| two blanks at the end of every text | `write` |
| mojibake | every text with an apostrophe that is kept (`_bare`) |
| CRLF; more stars are more frequent; no split | `write`, `_SIZES` |
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random

from pica.corpora import split_by_group
from pica.corpora.labels import STARS
from pica.sample.bank import Part, reviews
from pica.sample.texts import drawn, labelled_text
from pica.schema import Conversation, Split

# Reviews of each number of stars in a split.
_SIZES: dict[Split, tuple[int, ...]] = {
    "train": (34, 34, 38, 46, 54),
    "validation": (4, 4, 4, 5, 6),
    "test": (8, 8, 8, 10, 10),
}
_END = "  "


def conversations(rng: Random) -> list[Conversation]:
    """The reviews in no order."""
    rows: list[tuple[str, str]] = []
    for position, stars in enumerate(STARS):
        sizes = {split: counts[position] for split, counts in _SIZES.items()}
        rows += ((text, stars) for text in drawn(rng, partial(_review, stars=position + 1), _split, sizes))
    rng.shuffle(rows)
    return [
        labelled_text(f"tripadvisor/{_split(text)}/{number}", text, stars)
        for number, (text, stars) in enumerate(rows, 1)
    ]


def _review(rng: Part, stars: int) -> str:
    return _bare(" ".join(reviews.review(rng, "hotel", stars, rng.randint(3, 5))))


def _split(text: str) -> Split:
    return split_by_group(f"tripadvisor/{text}{_END}")


def _bare(text: str) -> str:
    """The text as the corpus keeps it: "The room was nice. I liked it." → "room nice, liked,"."""
    clauses = (_words(clause) for clause in re.split(r'[.!?,:"]+', text.lower()))
    return " ".join(f"{words}," for words in clauses if words)


def _words(clause: str) -> str:
    return " ".join(word.replace("'", "__Ç_é_") for word in clause.split() if word not in reviews.STOP_WORDS)


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The CSV."""
    with (folder / "tripadvisor_hotel_reviews.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("Review", "Rating"))
        writer.writerows((c.turns[0].text + _END, STARS.index(c.emotion) + 1) for c in conversations)


def quirks(folder: Path) -> None:
    """None: all of them are in the conversations and in `write`."""
