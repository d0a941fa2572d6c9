"""Twitter financial news' sample: made-up tweets about made-up firms, bearish, bullish or neutral.

    text,label
    $KQENZ: Orlow Motors doubles its dividend,1

| quirk of the native files | where the sample has it |
|---|---|
| CRLF between the rows of train, LF in valid, LF inside the texts of both | `write`, `bank/market.toml` |
| two in three rows are neutral | `_SIZES`, but only two in five, for the sake of the others |
| links, html entities | most of the texts; every text with a `&` (`_as_published`) |
| garbled characters | every text with a `’` (`_as_published`) |
| tweets in other languages | `quirks`, the last of train |
| one held-out file, which we test on | `_NAMES` |
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from random import Random

from pica.corpora.twitter_financial import SENTIMENTS
from pica.sample.bank import Part, market
from pica.sample.texts import labelled_text
from pica.schema import Conversation, Split

_NAMES: dict[Split, tuple[str, str]] = {"train": ("sent_train.csv", "\r\n"), "test": ("sent_valid.csv", "\n")}
_SIZES: dict[Split, dict[str, int]] = {
    "train": {"bearish": 60, "bullish": 65, "neutral": 85},
    "test": {"bearish": 18, "bullish": 18, "neutral": 26},
}
# How often an annotator calls a tweet neutral, or a neutral one something else.
_NOISE = 0.12


def conversations(rng: Random) -> list[Conversation]:
    """The tweets of both splits, in the order of their labels, as upstream."""
    found: list[Conversation] = []
    for split, sizes in _SIZES.items():
        part = Part(rng, split)
        rows = sorted(_row(part, sentiment) for sentiment, size in sizes.items() for _ in range(size))
        for number, (label, text) in enumerate(rows, start=1):
            found.append(labelled_text(f"twitter_financial/{split}/{number}", text, SENTIMENTS[label]))
    return found


def _row(rng: Part, sentiment: str) -> tuple[int, str]:
    text = _as_published(rng, market.tweet(rng, sentiment))
    if rng.random() < _NOISE:
        sentiment = rng.choice(SENTIMENTS[:2]) if sentiment == "neutral" else "neutral"
    return SENTIMENTS.index(sentiment), text


def _as_published(rng: Part, text: str) -> str:
    """The text with what goes wrong on the way: `&amp;`, and a curly apostrophe in three wrong characters."""
    text = text.replace("&", "&amp;") if rng.random() < 0.5 else text
    return text.replace(" its ", rng.choice((" its ", " its ", " the firmâ€™s ")))


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The two CSV files."""
    for split, (name, ending) in _NAMES.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator=ending)
            writer.writerow(("text", "label"))
            writer.writerows((c.turns[0].text, SENTIMENTS.index(c.emotion)) for c in conversations if c.split == split)


def quirks(folder: Path) -> None:
    """A tweet in Spanish."""
    name, ending = _NAMES["train"]
    with (folder / name).open("a", encoding="utf-8", newline="") as file:
        file.write(f"La empresa Orlow Motores duplica su dividendo y abre una nueva fábrica en la costa,1{ending}")
