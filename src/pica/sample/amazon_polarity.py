r"""Amazon polarity's sample: made-up reviews of kettles, rucksacks and detective novels, bad or good, with a title.

    "1","A letdown","I bought this torch in March.\n\nThe switch was poor, and the ""warranty"" was a nuisance."

| quirk of the native files | where the sample has it |
|---|---|
| no header, no line end after the last row, inner quotes doubled | `write` |
| a title apart from the text | `conversations` |
| line breaks as the two characters `\n` | some of the texts (`typed`) |
| a backslash before a quote | `quirks` |
| no validation split | `conversations` |
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

from pica.corpora.labels import POLARITY
from pica.sample.bank import Part, reviews
from pica.sample.texts import labelled_text, typed, write_zhang
from pica.schema import Conversation, Split

_FOLDER = "amazon_review_polarity_csv"
# Reviews of three stars are left out upstream.
_STARS = (1, 2, 4, 5)
_SIZES: dict[Split, int] = {"train": 45, "test": 12}


def conversations(rng: Random) -> list[Conversation]:
    """The reviews of both splits, each with its title as the first paragraph."""
    found: list[Conversation] = []
    for split, size in _SIZES.items():
        part = Part(rng, split)
        rows = [(_review(part, stars), POLARITY[stars > 3]) for stars in _STARS for _ in range(size)]
        rng.shuffle(rows)
        found += (labelled_text(f"amazon_polarity/{split}/{n}", *row) for n, row in enumerate(rows, start=1))
    return found


def _review(rng: Part, stars: int) -> str:
    words = reviews.review(rng, rng.choice(("product", "product", "book")), stars, rng.randint(2, 4))
    return f"{_title(rng, stars)}\n{typed(rng, words)}"


def _title(rng: Part, stars: int) -> str:
    """A verdict, or only what the review is about."""
    if rng.random() < 0.5:
        return reviews.verdict(rng, stars).removesuffix(".")
    about = reviews.aspect(rng, "product").removeprefix("the ")
    return rng.choice((f"About the {about}", f"My review after {rng.randint(2, 9)} weeks", f"{about.capitalize()}?"))


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The two CSV files."""
    for split in _SIZES:
        rows = (_row(c) for c in conversations if c.split == split)
        write_zhang(folder / _FOLDER / f"{split}.csv", rows, quote='""')


def _row(conversation: Conversation) -> tuple[str, str, str]:
    title, _, content = conversation.turns[0].text.partition("\n")
    return str(POLARITY.index(conversation.emotion) + 1), title, content


def quirks(folder: Path) -> None:
    """A backslash before the quotes of each third row that has some."""
    for split in _SIZES:
        path = folder / _FOLDER / f"{split}.csv"
        lines = path.read_text(encoding="utf-8").split("\n")
        quoting = [number for number, line in enumerate(lines) if '""' in line]
        for number in quoting[::3]:
            lines[number] = lines[number].replace('""', r"\"" + '"')
        path.write_text("\n".join(lines), encoding="utf-8", newline="\n")
