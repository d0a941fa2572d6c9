"""ECPE's sample: made-up city news, a document a few clauses.

    77 3
     (3,2)
    1,null,null,周一 早上
    2,null,null,他的 自行 车不 见了
    3,sadness,难过,他难 过得 说不 出话

| quirk of the native files | where the sample has it |
|---|---|
| words cut by blanks, Latin words and numbers too | `_cut` |
| several pairs, two emotions in one document | `_document` |
| an emotion joined to itself, and its pairs twice | `quirks` |
| ids with gaps | `conversations` |
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from pica.corpora import split_by_group
from pica.corpora.ecpe import EMOTIONS
from pica.sample.bank import Part, daily
from pica.schema import LABEL_SEPARATOR, Cause, Conversation, Split, Turn

_DOCUMENTS = 130
_ALL, _TEST = "all_data_pair.txt", "fold1_test.txt"
_PIECES = re.compile(r"[A-Za-z0-9]+|[^A-Za-z0-9 ]{1,2}")


def conversations(rng: Random) -> list[Conversation]:
    """Documents in the order of their ids, which have gaps. Each ninth is of the test fold."""
    documents = []
    for place in range(_DOCUMENTS):
        # Ids in the sample go on from where the real ones end.
        number = 3000 + place + place // 20
        split: Split = "test" if place % 6 == 3 else split_by_group(f"ecpe/{number}", test=0)
        documents.append(_document(Part(rng, split), number, EMOTIONS[(place // 6 + place) % len(EMOTIONS)]))
    return documents


def _document(rng: Part, number: int, emotion: str) -> Conversation:
    clauses = [f"{rng.randrange(1, 28)}日上午", daily.cause(rng, emotion)]
    causes = [Cause(0, emotion, 0, clauses[1])]
    if number % 5 == 2:
        clauses.append(daily.cause(rng, emotion))
        causes.append(Cause(0, emotion, 0, clauses[-1]))
    felt = [daily.feels(rng, emotion)]
    emotions = [emotion]
    if number % 7 == 4:
        emotions.append(EMOTIONS[(EMOTIONS.index(emotion) + 1) % len(EMOTIONS)])
        clauses.append(daily.cause(rng, emotions[1]))
        causes.append(Cause(0, emotions[1], 0, clauses[-1]))
        felt.append(daily.feels(rng, emotions[1]))
    return Conversation(
        id=f"ecpe/{rng.split}/{number}",
        corpus="ecpe",
        split=rng.split,
        language="zh",
        turns=(Turn("writer", "，".join((*clauses, *felt)) + "。"),),
        emotion=LABEL_SEPARATOR.join(emotions),
        causes=tuple(causes),
    )


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """All documents in one file, and those of the test fold in another one."""
    _save(folder / _ALL, conversations)
    _save(folder / _TEST, [c for c in conversations if c.split == "test"])


def _save(path: Path, conversations: Sequence[Conversation]) -> None:
    lines = (f"{line}\n" for conversation in conversations for line in _lines(conversation))
    path.write_text("".join(lines), encoding="utf-8", newline="\n")


def _lines(conversation: Conversation) -> Iterator[str]:
    """The emotions stand at the document's last clauses, one each."""
    clauses = conversation.turns[0].text.removesuffix("。").split("，")
    emotions = conversation.emotion.split(LABEL_SEPARATOR)
    at = {emotion: len(clauses) - len(emotions) + place for place, emotion in enumerate(emotions)}
    yield f"{conversation.id.rpartition('/')[2]} {len(clauses)}"
    yield " " + ", ".join(f"({at[c.emotion] + 1},{clauses.index(c.span) + 1})" for c in conversation.causes)
    named = {place: emotion for emotion, place in at.items()}
    for place, clause in enumerate(clauses):
        emotion = named.get(place, "null")
        yield f"{place + 1},{emotion},{_word(clause) if place in named else 'null'},{_cut(clause)}"


def _word(clause: str) -> str:
    return next((word for word in daily.felt_words() if word in clause), "心情")


def _cut(clause: str) -> str:
    """The clause as words; two characters are one here."""
    return " ".join(_PIECES.findall(clause))


def quirks(folder: Path) -> None:
    """A document that stood twice in the older corpus."""
    path = folder / _ALL
    text = path.read_text(encoding="utf-8")
    pairs = re.search(r"\n (\(\d+,\d+\))\n", text)
    text = f"{text[: pairs.start()]}\n {pairs[1]}, {pairs[1]}\n{text[pairs.end() :]}"
    head, rest = text[: pairs.end()], text[pairs.end() :]
    path.write_text(
        head + re.sub(r"^(\d+),([a-z]+),(?!null)", r"\1,\2&\2,", rest, count=1, flags=re.MULTILINE), "utf-8"
    )
