"""IEMOCAP: two actors at a time, in improvised and scripted scenes, each utterance with the emotion most raters heard.

Each dialogue is two files of one name, a transcript and an evaluation (<TAB> is one character):

    Session1/dialog/transcriptions/Ses01F_impro09.txt
    Ses01F_impro09_F000 [001.2000-003.4500]: Did the landlord call you back?
    Ses01F_impro09_M000 [003.1000-006.0250]: He did: he said no. [LAUGHTER]

    Session1/dialog/EmoEvaluation/Ses01F_impro09.txt
    % [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]

    [1.2000 - 3.4500]<TAB>Ses01F_impro09_F000<TAB>neu<TAB>[2.5000, 2.5000, 2.5000]
    C-E1:<TAB>Neutral;<TAB>()

The letter before a turn's number is its speaker; the one in the file's name says who wore the markers. Lines stand out
of order and are sorted by their start. Lines without an id (`M: sorry`) have no time and stay behind the line before
them; they, and the turns numbered XX, have no label and are history only. `xxx` says that the raters did not agree,
which is no emotion. The raters' own lines (`C-`, `A-`), scores and files are not read. Sounds stay in the text.

Session 5 is the test set, as is usual, and session 4 the validation set, so that each is of actors unheard in training.
Sessions share their scripts: a scripted scene of session 5 has much the same words as one that is trained on.

The layout was taken from public parsers, not from the release, which cannot be passed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pica.corpora import native
from pica.corpora.corpus import Corpus, View
from pica.schema import Conversation, Split, Turn

_CODES = {
    "neu": "neutral",
    "hap": "happiness",
    "sad": "sadness",
    "ang": "anger",
    "exc": "excited",
    "fru": "frustration",
    "sur": "surprise",
    "fea": "fear",
    "dis": "disgust",
    "oth": "other",
}
_DISAGREED = "xxx"
EMOTIONS = tuple(_CODES.values())
# The usual setup: the others are too rare to learn (152 of 10,039 turns).
_COMMON = EMOTIONS[:6]

_SPLITS: dict[int, Split] = {1: "train", 2: "train", 3: "train", 4: "validation", 5: "test"}

_TIMED = re.compile(r"(?P<id>\S+) \[(?P<start>\d+\.\d+)-\d+\.\d+\]:(?P<text>.*)", re.ASCII)
_UNTIMED = re.compile(r"(?P<speaker>[FM]):(?P<text>.*)")
_NUMBER = re.compile(r"_(?P<speaker>[FM])(\d{3}|(?P<unrated>XX\d))", re.ASCII)
_RATED = re.compile(
    r"\[\d+\.\d+ - \d+\.\d+\]\t(?P<id>\S+)\t(?P<code>\S+)\t\[\d+\.\d+, \d+\.\d+, \d+\.\d+\]\s*", re.ASCII
)


@native.of_the_user
def read(folder: Path) -> Iterator[Conversation]:
    """One conversation a dialogue, session by session."""
    for session, split in _SPLITS.items():
        for path in native.files(folder / f"Session{session}" / "dialog" / "transcriptions", "*.txt"):
            if not path.stem.startswith(f"Ses{session:02}"):
                native.At(path).fail(f"a dialogue of another session in the folder of session {session}")
            yield Conversation(f"iemocap/{split}/{path.stem}", "iemocap", split, "en", _turns(path))


def _turns(path: Path) -> tuple[Turn, ...]:
    emotions = _emotions(path.parents[1] / "EmoEvaluation" / path.name)
    turns: list[tuple[float, Turn]] = []
    start = 0.0
    for at, line in native.lines(path, _decode):
        if timed := _TIMED.fullmatch(line):
            start = float(timed["start"])
            turns.append((start, _timed_turn(at, timed, emotions)))
        elif untimed := _UNTIMED.fullmatch(line):
            turns.append((start, Turn(untimed["speaker"], at.text(untimed["text"]))))
        elif line.strip():
            at.fail("expected `turn [start-end]: text`, or `F: text` or `M: text`")
    if emotions or not turns:
        native.At(path).fail(f"no line of the turn {min(emotions, default=path.stem + '_F000')}, which was rated")
    return tuple(turn for _, turn in sorted(turns, key=lambda timed: timed[0]))


def _timed_turn(at: native.At, line: re.Match[str], emotions: dict[str, str | None]) -> Turn:
    """The turn of a line; its emotion is taken out of `emotions`, so that none is given twice and none is left."""
    number = _NUMBER.fullmatch(line["id"].removeprefix(at.path.stem))
    if not number:
        at.fail(f"expected a turn such as {at.path.stem}_F000, found {line['id']}")
    if not number["unrated"] and line["id"] not in emotions:
        at.fail(f"the turn {line['id']} was not rated, or stands a second time")
    return Turn(number["speaker"], at.text(line["text"]), emotions.pop(line["id"], None))


def _emotions(path: Path) -> dict[str, str | None]:
    """Turn → emotion, None where the raters disagreed."""
    emotions: dict[str, str | None] = {}
    for at, line in native.lines(path, _decode):
        if not line.startswith("["):
            continue
        rated = _RATED.fullmatch(line)
        if not rated or rated["id"] in emotions:
            at.fail("expected `[start - end]<TAB>turn<TAB>emotion<TAB>[V, A, D]`, each turn once")
        emotions[rated["id"]] = _CODES.get(at.label(rated["code"], (*_CODES, _DISAGREED), "emotion"))
    return emotions


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


CORPUS = Corpus(
    name="iemocap",
    title="IEMOCAP: interactive emotional dyadic motion capture database",
    homepage="https://sail.usc.edu/iemocap/",
    citation=(
        "Busso et al. IEMOCAP: Interactive emotional dyadic motion capture database. "
        "Language Resources and Evaluation 42(4), 335-359 (2008)"
    ),
    licence="IEMOCAP release form (USC SAIL): research of the lab that signed it, not to be passed on",
    commercial=False,
    redistributable=False,
    personal=False,
    languages=("en",),
    read=read,
    agreement=(
        "it is given to each lab that signs the form at https://sail.usc.edu/iemocap/iemocap_release.htm; "
        "then give source.manual.iemocap=/path/to/IEMOCAP_full_release"
    ),
    emotions=EMOTIONS,
    views=(
        View("iemocap-classification", "dialogue_emotion", 100, asks="emotion", labels=_COMMON),
        View("iemocap-generation", "dialogue_generation", 2000, asks="reply", controls=("emotion",)),
    ),
)
