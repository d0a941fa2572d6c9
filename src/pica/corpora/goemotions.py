"""GoEmotions: Reddit comments, each with one or more of 27 emotions or neutral.

Three TSV files, UTF-8, LF, without a header: text, comma-separated label ids in ascending order, comment id. A label
id is the 0-based line of `emotions.txt`. A text with a `"` is quoted as in CSV (<TAB> is one character):

    "She said ""later"", and I believed her. Thanks, [NAME]!"<TAB>15,22<TAB>e1qz0kd

Names and religions are masked upstream (`[NAME]`, `[RELIGION]`). One comment in six has several labels; they stay
together in one string, in the order of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, View
from pica.corpora.labels import COARSE, groups_of
from pica.schema import LABEL_SEPARATOR, Conversation, Split, Turn

_URL = "https://raw.githubusercontent.com/monologg/GoEmotions-pytorch/b75f9d3a8b76bc1060687925b04ca98a1b8ea66b/data/original"

# In the order of their ids.
EMOTIONS = (
    "admiration",
    "amusement",
    "anger",
    "annoyance",
    "approval",
    "caring",
    "confusion",
    "curiosity",
    "desire",
    "disappointment",
    "disapproval",
    "disgust",
    "embarrassment",
    "excitement",
    "fear",
    "gratitude",
    "grief",
    "joy",
    "love",
    "nervousness",
    "optimism",
    "pride",
    "realization",
    "relief",
    "remorse",
    "sadness",
    "surprise",
    "neutral",
)
# Parrott's tree. Neutral is in no group.
_GROUPS = groups_of(
    {
        "love": ("love", "caring", "desire", "admiration"),
        "joy": ("joy", "amusement", "approval", "excitement", "gratitude", "optimism", "pride", "relief"),
        "surprise": ("surprise", "realization", "confusion", "curiosity"),
        "anger": ("anger", "annoyance", "disapproval", "disgust"),
        "sadness": ("sadness", "disappointment", "embarrassment", "grief", "remorse"),
        "fear": ("fear", "nervousness"),
    }
)
# PICA's groups of 2023.
_PICA_GROUPS = groups_of(
    {
        "love": ("admiration", "approval", "caring", "desire", "love"),
        "joy": (
            "amusement",
            "curiosity",
            "excitement",
            "joy",
            "optimism",
            "pride",
            "realization",
            "relief",
            "neutral",
        ),
        "surprise": ("surprise", "gratitude"),
        "anger": ("anger", "annoyance", "disgust", "disappointment", "disapproval"),
        "sadness": ("embarrassment", "grief", "confusion", "sadness"),
        "fear": ("fear", "nervousness", "remorse"),
    }
)
_FINE = tuple(emotion for emotion in EMOTIONS if emotion in _GROUPS)

_NAMES: dict[Split, str] = {"train": "train.tsv", "validation": "dev.tsv", "test": "test.tsv"}
_COLUMNS = ("text", "labels", "comment")


def read(folder: Path) -> Iterator[Conversation]:
    """One conversation of one turn a comment."""
    _check_emotions(folder / "emotions.txt")
    # Over all splits: a comment in two of them would be trained on and tested on.
    seen: set[str] = set()
    for split, name in _NAMES.items():
        rows = native.table(folder / name, _COLUMNS, header=False, delimiter="\t", terminated=True, one_line=True)
        for at, row in rows:
            comment = row["comment"]
            if not (comment.isascii() and comment.isalnum()) or comment in seen:
                at.fail(f"expected a new comment id, found {comment!r}")
            seen.add(comment)
            yield Conversation(
                id=f"goemotions/{split}/{comment}",
                corpus="goemotions",
                split=split,
                language="en",
                turns=(Turn("writer", at.text(row["text"])),),
                emotion=LABEL_SEPARATOR.join(_emotions(at, row["labels"])),
            )


def _check_emotions(path: Path) -> None:
    """The label ids of the comments mean what they mean here only if the list is the same."""
    found = tuple(text for _, text in native.lines(path))
    if found != EMOTIONS:
        native.At(path).fail(f"expected the {len(EMOTIONS)} emotions {', '.join(EMOTIONS)}, one a line")


def _emotions(at: native.At, labels: str) -> Iterator[str]:
    last = -1
    for label in labels.split(","):
        number = at.integer(label, "label id")
        if not last < number < len(EMOTIONS):
            at.fail(f"expected ascending label ids below {len(EMOTIONS)}, found {labels!r}")
        last = number
        yield EMOTIONS[number]


CORPUS = Corpus(
    name="goemotions",
    title="GoEmotions: A Dataset of Fine-Grained Emotions",
    homepage="https://github.com/google-research/google-research/tree/master/goemotions",
    citation=(
        "Demszky, Movshovitz-Attias, Ko, Cowen, Nemade, Ravi. GoEmotions: A Dataset of Fine-Grained Emotions. ACL 2020"
    ),
    licence="Apache-2.0",
    commercial=True,
    redistributable=True,
    personal=True,
    languages=("en",),
    read=read,
    emotions=EMOTIONS,
    views=(
        View(
            "goemotions-coarse-classification",
            "text_emotion",
            4980,
            asks="emotion",
            of="conversation",
            labels=COARSE,
            relabel=_GROUPS,
            pica_groups=_PICA_GROUPS,
        ),
        View(
            "goemotions-fine-classification",
            "text_emotion",
            4643,
            asks="emotion",
            of="conversation",
            labels=_FINE,
            relabel={emotion: emotion for emotion in _FINE},  # leaves out neutral
            groups=_GROUPS,
            pica_groups=_PICA_GROUPS,
        ),
        View(
            "goemotions-classification",
            "text_emotion",
            2000,
            asks="emotion",
            of="conversation",
            labels=EMOTIONS,
        ),
    ),
    files=(
        File(
            "train.tsv",
            f"{_URL}/train.tsv",
            "1c254a142be5c00e80d819b9ae1bbd36d94b2eeb8f4b1271846508d57e57d9c5",
            3519053,
        ),
        File("dev.tsv", f"{_URL}/dev.tsv", "575489c079c9de1097062a01738f998590d6b7ead66dd1c9fd1d2ba01fd8bc62", 439059),
        File(
            "test.tsv", f"{_URL}/test.tsv", "0587b2dd8b27b97352adbfc3fb083d46005c8946657fdc2b1ca8b1cc7f1f8be4", 436706
        ),
        File(
            "emotions.txt",
            f"{_URL}/labels.txt",
            "45c3ef86782d2a4d7fedcd6d8c111aa0d0e94720689bd164fac94fefb4495a89",
            248,
        ),
    ),
)
