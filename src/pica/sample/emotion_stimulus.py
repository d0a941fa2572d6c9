r"""Emotion-Stimulus' sample: made-up sentences as in novels and newspapers, cut into tokens; most name a cause.

    happy,"At first the baker was delighted that his team won the final , and said so . "
    <happy>At first the baker was delighted <cause>that his team won the final<\cause> , and said so . <\happy>

| quirk of the native files | where the sample has it |
|---|---|
| closing tags with a backslash, CSV with CRLF and trailing blanks | `write` |
| `` ` `` and `'` as quotes | `bank.narrated` |
| sentences twice, in both parts, with two emotions | `_TWICE` |
| a stray `<cause>` before the real one, a cause that starts a letter late | `quirks` |
| a cause with an outer blank, blanks beside the tags lost or doubled | `quirks` |
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random

from pica.corpora import split_by_group
from pica.sample import bank
from pica.sample.texts import drawn
from pica.schema import Cause, Conversation, Split, Turn

# The bank's basic emotion → the native label, sentences with a cause, sentences without.
_LABELS = {
    "joy": ("happy", 56, 40),
    "anger": ("anger", 50, 36),
    "fear": ("fear", 46, 34),
    "sadness": ("sad", 46, 40),
    "shame": ("shame", 32, 26),
    "surprise": ("surprise", 32, 28),
    "disgust": ("disgust", 28, 24),
}
# Sentences that stand without a cause a second time, the second with another emotion.
_TWICE = ((7, "happy"), (12, "fear"))

_CONTRACTED = re.compile(r"(n't|'(?:s|m|re|ve|ll|d))\b")
_MARK = re.compile(r"(?<=[\w)\]])([.,!?;:]+)(?=\s|$|»)")


def conversations(rng: Random) -> list[Conversation]:
    """The sentences with a cause, then those without; the corpus keeps each part by emotion."""
    marked = [row for basic, (_, size, _) in _LABELS.items() for row in _rows(rng, basic, size, cause=True)]
    plain = [row for basic, (_, _, size) in _LABELS.items() for row in _rows(rng, basic, size, cause=False)]
    again = [(label, bank.unmark(marked[number][1])[0]) for number, label in _TWICE]
    return [_sentence(number, *row) for number, row in enumerate([*marked, *plain, *again], start=1)]


def _rows(rng: Random, basic: str, size: int, cause: bool) -> Iterator[tuple[str, str]]:
    """So many sentences, an eighth of them to validate on and an eighth to test on."""
    sizes: dict[Split, int] = {"train": size - 2 * (size // 8), "validation": size // 8, "test": size // 8}
    return drawn(rng, partial(_row, basic=basic, cause=cause), _split, sizes)


def _row(rng: bank.Part, basic: str, cause: bool) -> tuple[str, str]:
    """A sentence's label and its words, the cause marked."""
    text = bank.narrated(rng, bank.shade(rng, basic), cause)
    return _LABELS[bank.blur(rng, basic, _LABELS)][0], _tokens(text)


def _split(row: tuple[str, str]) -> Split:
    return _split_of(bank.unmark(row[1])[0])


def _split_of(text: str) -> Split:
    return split_by_group(f"emotion_stimulus/{text}")


def _tokens(text: str) -> str:
    """The text with blanks around its marks and before `n't` and `'s`, as the corpus has it."""
    return re.sub(" +", " ", _MARK.sub(r" \1", _CONTRACTED.sub(r" \1", text)))


def _sentence(number: int, label: str, marked: str) -> Conversation:
    text, span = bank.unmark(marked)
    split = _split((label, marked))
    return Conversation(
        id=f"emotion_stimulus/{split}/{number}",
        corpus="emotion_stimulus",
        split=split,
        language="en",
        turns=(Turn("writer", text),),
        emotion=label,
        causes=(Cause(0, label, 0, span),) if span else (),
    )


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The tagged text and the CSV of these sentences, of which those with a cause come first."""
    with (folder / "emotion-stimulus.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("Emotion", "Text"))
        writer.writerows((c.emotion, c.turns[0].text + " ") for c in conversations)
    lines = (_tagged(c.emotion, c.turns[0].text, c.causes[0].span) for c in conversations if c.causes)
    (folder / "Emotion Cause.txt").write_text("".join(lines), encoding="utf-8", newline="\n")


def _tagged(emotion: str, text: str, span: str) -> str:
    before, after = _around(text, span)
    return f"<{emotion}>{before}<cause>{span}<\\cause>{after} <\\{emotion}>\n"


def _around(text: str, span: str) -> tuple[str, str]:
    """What stands before and after the span, where it starts a word for the first time."""
    start = re.search(r"(?<!\S)" + re.escape(span), text).start()
    return text[:start], text[start + len(span) :]


def quirks(folder: Path) -> None:
    """The slips of the pen, in the tagged text alone or, where a blank is lost, in both files."""
    sentences = folder / "Emotion Cause.txt"
    lines = sentences.read_text(encoding="utf-8").split("\n")
    rows = (folder / "emotion-stimulus.csv").read_bytes().decode().split("\n")
    # Sentences where a blank stands before the cause; the slips are made in every fifth of them.
    chosen = [number for number, line in enumerate(lines) if " <cause>" in line and "<\\cause> ." in line][::5]
    stray, late, later, outer, indented, *rest = chosen
    lines[stray] = lines[stray].replace(">", "><cause>", 1)
    for number in (late, later):
        lines[number] = re.sub(r"<cause>(\w)", r"\1<cause>", lines[number])
    lines[outer] = lines[outer].replace(" <cause>", "<cause> ")
    lines[indented] = lines[indented].replace(">", "> ", 1)
    for slip, joined in ((" <cause>", "<cause>"), ("<\\cause> .", "<\\cause>.")):
        # A sentence goes to a split by its text, and must not leave the one whose lines it has.
        number = next(
            n for n in rest if _split_of(_plain(lines[n])) == _split_of(_plain(lines[n].replace(slip, joined)))
        )
        rest.remove(number)
        plain, spoilt = _plain(lines[number]), _plain(lines[number].replace(slip, joined))
        lines[number] = lines[number].replace(slip, joined)
        rows[number + 1] = rows[number + 1].replace(plain, spoilt)
    sentences.write_text("\n".join(lines), encoding="utf-8", newline="\n")
    (folder / "emotion-stimulus.csv").write_bytes("\n".join(rows).encode())


def _plain(line: str) -> str:
    return re.sub(r"<\\?\w+>", "", line).strip()
