"""GoEmotions' sample: made-up comments with the 27 emotions and neutral.

    "I called the teacher ""mum"" in front of the class. Cringe, I still think about it at night."<TAB>12<TAB>k3x90qa

| quirk of the native files | where the sample has it |
|---|---|
| several labels in one row, neutral beside an emotion | `_mixed` |
| CSV quoting inside the TSV | every text with a `"` (`_as_comment`) |
| masked names and religions | every text with a name; `_PAIRS_OF_TEXTS` |
| the same text with other labels, in one split and across | `_PAIRS_OF_TEXTS` |
| a comment of test that stands in MELD's train | `bank.QUOTED` |
| outer blanks, a literal `\\x` escape | `quirks` |
| `emotions.txt` without a final line end | `write` |
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from string import ascii_lowercase, digits

from pica.corpora.goemotions import EMOTIONS
from pica.sample import bank
from pica.schema import LABEL_SEPARATOR, Conversation, Split, Turn

_NAMES: dict[Split, str] = {"train": "train.tsv", "validation": "dev.tsv", "test": "test.tsv"}

# Rows of one emotion in each split; neutral has four times as many, and some emotions more, as upstream.
_ROWS: dict[Split, int] = {"train": 31, "validation": 3, "test": 5}
_FREQUENT = {"neutral": 4, "admiration": 2, "approval": 2, "gratitude": 2, "annoyance": 2, "joy": 2, "sadness": 2}
# Emotions that stand together in one comment.
_TOGETHER = (
    ("admiration", "gratitude"),
    ("amusement", "joy"),
    ("anger", "annoyance"),
    ("annoyance", "disapproval"),
    ("approval", "neutral"),
    ("caring", "sadness"),
    ("confusion", "curiosity"),
    ("curiosity", "neutral"),
    ("desire", "optimism"),
    ("disappointment", "sadness"),
    ("excitement", "joy"),
    ("fear", "nervousness"),
    ("joy", "pride"),
    ("realization", "surprise"),
    ("relief", "gratitude"),
)
# The same words in two rows with other labels: in one split, and in two.
_PAIRS_OF_TEXTS: tuple[tuple[str, Split, str, Split, str], ...] = (
    ("Well, that was something.", "train", "surprise", "train", "neutral"),
    ("Thanks for nothing, [NAME].", "train", "gratitude", "train", "annoyance"),
    ("The [RELIGION] fair in our street has the best pancakes.", "train", "neutral", "train", "admiration"),
    ("I can't even.", "train", "annoyance", "test", "annoyance"),
    ("Who brought the accordion?", "train", "curiosity", "test", "amusement"),
    ("Good night, everybody.", "train", "neutral", "validation", "neutral"),
    ("Same here.", "validation", "approval", "test", "neutral"),
)


def conversations(rng: Random) -> list[Conversation]:
    """The comments of all three splits, in no order within a split."""
    comments: list[Conversation] = []
    for split, rows in _ROWS.items():
        part = bank.Part(rng, split)
        texts = [(text, labels) for text, *where in _PAIRS_OF_TEXTS for s, labels in _places(where) if s == split]
        texts += [(bank.QUOTED, "surprise")] if split == "test" else []
        for emotion in EMOTIONS:
            texts += (_single(part, emotion) for _ in range(rows * _FREQUENT.get(emotion, 1)))
        texts += (_mixed(part) for _ in range(4 * rows))
        rng.shuffle(texts)
        comments += (_comment(rng, split, text, labels) for text, labels in texts)
    return comments


def _places(where: Sequence[str]) -> Iterator[tuple[str, str]]:
    return zip(where[::2], where[1::2], strict=True)


def _single(rng: bank.Part, emotion: str) -> tuple[str, str]:
    return _as_comment(rng, bank.utterance(rng, emotion, name="[NAME]")), bank.blur(rng, emotion, EMOTIONS)


def _mixed(rng: bank.Part) -> tuple[str, str]:
    """A comment of two emotions, in rare cases of three."""
    emotions = list(rng.choice(_TOGETHER))
    if rng.random() < 0.06:
        emotions.append("surprise")
    text = " ".join(bank.utterance(rng, emotion, name="[NAME]") for emotion in emotions)
    return _as_comment(rng, text), LABEL_SEPARATOR.join(sorted(set(emotions), key=EMOTIONS.index))


def _as_comment(rng: Random, text: str) -> str:
    """The text as somebody types it into a forum."""
    style = rng.random()
    if style < 0.15:
        return text.lower().replace("[name]", "[NAME]").removesuffix(".")
    if style < 0.25:
        return text.replace("'", "’")
    if style < 0.33:
        return f'My {rng.choice(("sister", "boss", "neighbour"))} said "{text}"'
    return text + rng.choice(("", "", "", "", " lol", " :)", "..", " tbh"))


def _comment(rng: Random, split: Split, text: str, labels: str) -> Conversation:
    identifier = "".join(rng.choices(ascii_lowercase + digits, k=7))
    return Conversation(
        f"goemotions/{split}/{identifier}", "goemotions", split, "en", (Turn("writer", text),), emotion=labels
    )


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The three TSV files of these comments, and the list of emotions."""
    for split, name in _NAMES.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter="\t", lineterminator="\n")
            writer.writerows(_row(c) for c in conversations if c.split == split)
    (folder / "emotions.txt").write_text("\n".join(EMOTIONS), encoding="utf-8")


def _row(conversation: Conversation) -> tuple[str, str, str]:
    labels = (str(EMOTIONS.index(emotion)) for emotion in conversation.emotion.split(LABEL_SEPARATOR))
    return conversation.turns[0].text, ",".join(labels), conversation.id.rpartition("/")[2]


def quirks(folder: Path) -> None:
    """Outer blanks, which a conversation does not keep, and a broken escape in every hundredth row or so."""
    for name in _NAMES.values():
        path = folder / name
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        for number in range(3, len(lines), 17):
            if not lines[number].startswith('"'):
                lines[number] = " " + lines[number]
        for number in range(11, len(lines), 40):
            lines[number] = lines[number].replace("..\t", "\\xf0\t")
        path.write_text("".join(lines), encoding="utf-8")
