"""NTCIR-13 ECA's sample: made-up passages of novels, cut into clauses of which some say what causes the emotion.

    <emotion id="1">
    <category name="anger" value="3"/>
    <clause id="1" cause="N" keywords="N"><text> somebody lit the lamps of Kelm</text></clause>
    <clause id="2" cause="Y" keywords="N"><text> but when Omar read her diary aloud</text>
    <cause id="1" begin="10" lenth="25">Omar read her diary aloud</cause></clause>

| quirk of the native files | where the sample has it |
|---|---|
| attributes spelt `lenth`; a blank before each text | `write` |
| passages twice, with another emotion | `_AGAIN` |
| passages without a cause, and with two | `bank/tales.toml` |
| a second prologue, byte-order mark and root in the middle | `quirks` |
| clauses without text, ids with gaps, marks around a cause | `quirks` |
| a closing tag that has lost its `<` | `quirks` |
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random
from xml.sax.saxutils import escape

from pica.corpora import split_by_group
from pica.corpora.ntcir13_eca import EMOTIONS
from pica.sample import bank
from pica.sample.bank.tales import passage
from pica.sample.texts import drawn
from pica.schema import Cause, Conversation, Split, Turn

_NAMES = {False: "emotion_cause_english_train.xml", True: "emotion_cause_english_test.xml"}
_PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>'
_ROOT = '<emotionml xmlns="http://www.w3.org/2009/10/emotionml">'

_SIZES: dict[Split, int] = {"train": 19, "validation": 2}
_TEST = 6
# Passages of train that stand there once more, with another emotion.
_AGAIN = (4, 19)
# The native label → the bank's basic emotion, where they differ.
_BASIC = {"happiness": "joy"}

# Where a clause begins.
_CUT = re.compile(" (?=(?:and|but|because|when|while|until|so that|now that) )")
_FELT = re.compile(r"\bwas (.+)")


def conversations(rng: Random) -> list[Conversation]:
    """The passages of both files, in no order within a file."""
    train = [row for e in EMOTIONS for row in drawn(rng, partial(_row, emotion=e), _split, _SIZES)]
    tested = bank.Part(rng, "test")
    test = [_row(tested, emotion) for emotion in EMOTIONS for _ in range(_TEST)]
    for rows in (train, test):
        rng.shuffle(rows)
    train += [(text, EMOTIONS[EMOTIONS.index(emotion) - 1]) for text, emotion in map(train.__getitem__, _AGAIN)]
    return [
        *(_conversation(_split(row), number, *row) for number, row in enumerate(train, start=1)),
        *(_conversation("test", number, *row) for number, row in enumerate(test, start=1)),
    ]


def _row(rng: bank.Part, emotion: str) -> tuple[str, str]:
    """A passage, its causes marked, and its label."""
    return passage(rng, _BASIC.get(emotion, emotion)), bank.blur(rng, emotion, EMOTIONS)


def _split(row: tuple[str, str]) -> Split:
    return split_by_group(f"ntcir13_eca/{bank.unmark(row[0])[0]}", test=0)


def _conversation(split: Split, number: int, marked: str, emotion: str) -> Conversation:
    return Conversation(
        id=f"ntcir13_eca/{split}/{number}",
        corpus="ntcir13_eca",
        split=split,
        language="en",
        turns=(Turn("writer", bank.unmark(marked)[0]),),
        emotion=emotion,
        causes=tuple(Cause(0, emotion, 0, span) for span in re.findall("«(.*?)»", marked)),
    )


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The two XML files of these passages, which stand by file in the order of their ids."""
    for is_test, name in _NAMES.items():
        lines = [_PROLOGUE, _ROOT]
        for number, conversation in enumerate((c for c in conversations if (c.split == "test") == is_test), start=1):
            lines += _passage(conversation, number)
        (folder / name).write_text("\n".join([*lines, "</emotionml>", ""]), encoding="utf-8", newline="\n")


def _passage(conversation: Conversation, number: int) -> Iterator[str]:
    yield f'<emotion id="{number}">'
    yield f'<category name="{conversation.emotion}" value="{number % 5 + 1}"/>'
    clauses = list(_clauses(conversation.turns[0].text, [cause.span for cause in conversation.causes]))
    felt = [_FELT.search(text) if not span else None for text, span in clauses]
    causes = 0
    for position, (text, span) in enumerate(clauses, start=1):
        keyword = felt[position - 1]
        marks = f'cause="{"NY"[bool(span)]}" keywords="{"NY"[bool(keyword)]}"'
        start = f'<clause id="{position}" {marks}><text> {escape(text)}</text>'
        inner = ""
        if span:
            causes += 1
            place = f'id="{causes}" begin="{text.find(span) + 1}" lenth="{len(span)}"'
            inner = f"<cause {place}>{escape(span)}</cause>"
        elif keyword:
            place = f'keywords-begin="{keyword.start(1) + 1}" keywords-lenth="{len(keyword[1])}"'
            inner = f"<keywords {place}>{escape(keyword[1])}</keywords>"
        yield f"{start}\n{inner}</clause>" if inner else f"{start}</clause>"
    yield "</emotion>"


def _clauses(text: str, spans: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The text in clauses, each with the cause in it or "". A clause with a cause ends with it."""
    for span in spans:
        start = re.search(rf"(?<!\S){re.escape(span)}(?!\S)", text).start()
        *before, opening = _CUT.split(text[:start])
        yield from ((clause, "") for clause in before)
        yield f"{opening}{span}", span
        text = text[start + len(span) :].strip()
    if text:
        yield from ((clause, "") for clause in _CUT.split(text))


def quirks(folder: Path) -> None:
    """What hands and tools have left in the XML."""
    for name in _NAMES.values():
        lines = (folder / name).read_text(encoding="utf-8").split("\n")
        ends = [number for number, line in enumerate(lines) if line == "</emotion>"]
        causes = [number for number, line in enumerate(lines) if "<cause " in line]
        for number in causes[3::9]:
            lines[number] = re.sub(">(.*)</cause>", r">###\1#1#</cause>", lines[number])
        for number in ends[2::7]:
            lines[number] = '<clause id="9" cause="N" keywords="N"></clause>\n' + lines[number]
        lines[causes[1] - 1] = lines[causes[1] - 1].replace("</text>", "?/text>")
        lines[ends[20]] += f"\n</emotionml>\n\ufeff{_PROLOGUE}\n{_ROOT}"
        lines[ends[30]] += f"\n{_PROLOGUE}"
        (folder / name).write_text("\n".join(lines), encoding="utf-8", newline="\n")
