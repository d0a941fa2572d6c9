r"""Emotion-Stimulus: sentences that name an emotion, 820 of them with the words that say what caused it.

`emotion-stimulus.csv` (CRLF) has every sentence. `Emotion Cause.txt` (LF) has those with a cause: the first of the CSV,
in the same order, with tags around the sentence and the cause. Closing tags have a BACKSLASH, so this is not XML:

    Emotion,Text
    happy,"Nadia was happy , she said , to be home before the snow . "

    <happy>Nadia was happy , she said , <cause>to be home before the snow<\cause> . <\happy>

Five opening tags stand a letter late (`t<cause>o be home`), one line has a stray `<cause>` before the real one, and
blanks beside tags are missing or doubled. There are no splits upstream: they are cut by sentence, for seven sentences
occur twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, View, split_by_group
from pica.schema import Cause, Conversation, Turn

_TXT_URL = (
    "https://raw.githubusercontent.com/nazem-Aldroubi/emotion-cause-extraction-dl-final-proj"
    "/5ce5e90aada08d188753da47d8b813f8bd4475a0"
)
_CSV_URL = (
    "https://raw.githubusercontent.com/lukasgarbas/nlp-text-emotion"
    "/2e833dcd89a425591d6610d0809e837310e938b2/data/datasets"
)

EMOTIONS = ("happy", "sad", "anger", "fear", "surprise", "disgust", "shame")

_TXT, _CSV = "Emotion Cause.txt", "emotion-stimulus.csv"
# `before` is greedy, so that the span starts at the last of two <cause>.
_TAGGED = re.compile(
    r"<(?P<open>\w+)>(?P<before>.*)<cause>(?P<span>.*?)<\\cause>(?P<after>.*)<\\(?P<close>\w+)>", re.ASCII
)
# "t<cause>o be home" and "I<cause> had": the one letter before the tag belongs to the cause.
_LATE_TAG = re.compile(r"(?<!\S)(\w)<cause>", re.ASCII)


def read(folder: Path) -> Iterator[Conversation]:
    """One conversation of one turn a sentence; its id is the row of the CSV, from 1."""
    rows = native.table(folder / _CSV, ("Emotion", "Text"), one_line=True)
    tagged = native.lines(folder / _TXT, terminated=True)
    for number, (row, line) in enumerate(zip_longest(rows, tagged), start=1):
        if row is None:
            line[0].fail(f"{_CSV} ends before this sentence")
        yield _sentence(number, *row, line)


def _sentence(number: int, at: native.At, row: dict[str, str], line: tuple[native.At, str] | None) -> Conversation:
    emotion = at.label(row["Emotion"], EMOTIONS, "emotion")
    text = at.text(row["Text"])
    split = split_by_group(f"emotion_stimulus/{text}")
    return Conversation(
        id=f"emotion_stimulus/{split}/{number}",
        corpus="emotion_stimulus",
        split=split,
        language="en",
        turns=(Turn("writer", text),),
        emotion=emotion,
        causes=(Cause(turn=0, emotion=emotion, cause_turn=0, span=_span(*line, emotion, text)),) if line else (),
    )


def _span(at: native.At, line: str, emotion: str, text: str) -> str:
    """The cause in a tagged sentence, which must be this `emotion` and `text`."""
    match = _TAGGED.fullmatch(_LATE_TAG.sub(r"<cause>\1", line).strip())
    if not match or match["open"] != match["close"]:
        at.fail(r"expected <emotion>… <cause>…<\cause> …<\emotion>")
    plain = match["before"].replace("<cause>", "") + match["span"] + match["after"]
    if (match["open"], plain.strip()) != (emotion, text):
        at.fail(f"{_CSV} has another sentence or emotion in the row of this line")
    return at.text(match["span"], "cause")


CORPUS = Corpus(
    name="emotion_stimulus",
    title="Emotion-Stimulus: emotion causes in emotion-bearing sentences",
    homepage="http://www.site.uottawa.ca/~diana/resources/emotion_stimulus_data/",
    citation="Ghazi, Inkpen, Szpakowicz. Detecting Emotion Stimuli in Emotion-Bearing Sentences. CICLing 2015",
    licence="unstated",
    commercial=False,
    redistributable=False,
    personal=False,
    languages=("en",),
    read=read,
    emotions=EMOTIONS,
    views=(
        View(
            "emotion_stimulus-classification",
            "text_emotion",
            656,
            asks="emotion",
            of="conversation",
            labels=EMOTIONS,
        ),
        View("emotion_stimulus-cause", "emotion_cause", 656, asks="cause"),
    ),
    files=(
        File(
            "Emotion Cause.txt",
            f"{_TXT_URL}/data.txt",
            "1265694f977e55b01c55d43c257775185cc0d59d7a37b1338106246a6cde5537",
            116414,
        ),
        File(
            "emotion-stimulus.csv",
            f"{_CSV_URL}/emotion-stimulus.csv",
            "d0227a74a6520c735aa74f1c4e0c25b37bbfc48e80aea626d5e4cd7a7498d99a",
            277863,
        ),
    ),
)
