r"""IMDb's sample: made-up reviews of made-up films, bad or good.

    review,sentiment
    "My sister and I watched the western on a rainy Monday.<br /><br />The duel was superb.",positive

| quirk of the native file | where the sample has it |
|---|---|
| `<br /><br />` for line breaks | every second review or so (`typed`) |
| the last row ends in the middle of a sentence | `write` |
| no split; a text stands twice | `conversations` |
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random

from pica.corpora import split_by_group
from pica.corpora.labels import POLARITY
from pica.sample.bank import Part, reviews
from pica.sample.texts import drawn, labelled_text, typed
from pica.schema import Conversation, Split

# Reviews of three stars are left out upstream.
_STARS = (1, 2, 4, 5)
_SIZES: dict[Split, int] = {"train": 42, "validation": 6, "test": 10}
_AGAIN = 17


def conversations(rng: Random) -> list[Conversation]:
    """The reviews in no order, one of them twice."""
    rows = [
        (text, POLARITY[stars > 3])
        for stars in _STARS
        for text in drawn(rng, partial(_review, stars=stars), _split, _SIZES)
    ]
    rng.shuffle(rows)
    rows.insert(_AGAIN * 5, rows[_AGAIN])
    return [labelled_text(f"imdb/{_split(text)}/{number}", text, label) for number, (text, label) in enumerate(rows, 1)]


def _review(rng: Part, stars: int) -> str:
    return typed(rng, reviews.review(rng, "film", stars, rng.randint(3, 5)))


def _split(text: str) -> Split:
    return split_by_group(f"imdb/{_html(text)}")


def _html(text: str) -> str:
    return text.replace("\n", "<br />")


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The CSV, with one row more than there are conversations: the last is cut off, and readers must reject it."""
    rows = [(_html(c.turns[0].text), c.emotion) for c in conversations]
    cut = "The first half was nice. Then the narrator came ba"
    with (folder / "IMDB Dataset.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("review", "sentiment"), *rows, (cut, "negative")])


def quirks(folder: Path) -> None:
    """None: all of them are in the conversations and in `write`."""
