"""Tweets about firms and markets that do not exist, bearish, bullish or neutral."""

from __future__ import annotations

from string import ascii_letters, digits

from pica.sample.bank.slots import Part, fill, load, pick, sentences


def tweet(rng: Part, sentiment: str) -> str:
    """What a newswire tweets, with a ticker, a link or a hashtag: "$KQENZ: Orlow Motors doubles its dividend"."""
    words = {**load("words"), **load("market")["words"]}
    frame = rng.choice(load("market")["frames"]["lines"]).replace("⏎", "\n")
    said = sentences(pick(rng, load("market")["tweets"][sentiment], words))
    link = "https://t.co/" + "".join(rng.choices(ascii_letters + digits, k=10))
    return fill(rng, frame, words, tweet=said, link=link)
