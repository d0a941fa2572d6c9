"""ECPE: Chinese city news cut into clauses, with the clauses that express an emotion and those that say what caused it.

`all_data_pair.txt` is UTF-8, LF. A document is a line with its id and the number of its clauses, a line with pairs of
numbers (emotion clause, cause clause), and a line a clause: its number, the emotion and the word for it where it
expresses one, else `null`, and its words with blanks between them, without an ASCII comma:

    77 3
     (3,2)
    1,null,null,周一 早上
    2,null,null,他 发现 自行车 不 见 了
    3,sadness,难过,心里 很 难过

A document is one text, its clauses joined by commas; blanks stay between Latin words and numbers alone. What is asked
for are the cause clauses of each emotion. In 20 clauses two emotions are joined by `&`, often twice the same one (their
documents stood twice in an older corpus), and their pairs are listed twice: each counts once.

There is no official split but ten test folds (`fold1_test.txt` and so on, laid out in the same way). The first is the
test set here; published figures are means over the ten. A tenth of the rest, by id, is for validation. Some documents
are nearly the same as another one (`_NEAR`): they go with that one, and no such pair has one half in the test set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, View, split_by_group
from pica.schema import LABEL_SEPARATOR, Cause, Conversation, Turn

_URL = "https://raw.githubusercontent.com/NUSTM/ECPE/c4cf99359c5b5f0726d712e5843f47c96683c020/data_combine"

EMOTIONS = ("happiness", "sadness", "fear", "anger", "disgust", "surprise")
WORDS = dict(zip(EMOTIONS, ("高兴", "悲伤", "恐惧", "愤怒", "厌恶", "惊讶"), strict=True))

_ALL, _TEST = "all_data_pair.txt", "fold1_test.txt"

# A document → an earlier one outside the test fold with which it shares half of its runs of 12 characters.
_NEAR = {
    217: 216,
    322: 321,
    328: 327,
    385: 384,
    762: 761,
    817: 816,
    859: 858,
    862: 861,
    886: 884,
    2056: 887,
    1043: 1035,
    1672: 1038,
    1040: 1039,
    1673: 1047,
    1674: 1048,
    1675: 1051,
    1285: 1284,
    1359: 1358,
    1515: 1514,
    1602: 1601,
    1658: 1657,
    1756: 1755,
    1797: 1796,
    1920: 1919,
    2062: 2061,
}

_HEAD = re.compile(r"(\d{1,9}) (\d{1,4})")
_PAIRS = re.compile(r" \(\d{1,4},\d{1,4}\)(?:, \(\d{1,4},\d{1,4}\))*")
_PAIR = re.compile(r"\((\d+),(\d+)\)")
# A blank that has not a Latin letter or a digit on both sides.
_CUT = re.compile(r"(?<![A-Za-z0-9]) +| +(?![A-Za-z0-9])")

# A clause: its emotions, and its text.
_Clause = tuple[tuple[str, ...], str]
_Document = tuple[native.At, int, list[tuple[int, int]], list[_Clause]]


def read(folder: Path) -> Iterator[Conversation]:
    """One conversation of one turn a document."""
    tested = {number for _, number, _, _ in _documents(folder / _TEST)}
    last = 0
    for at, number, pairs, clauses in _documents(folder / _ALL):
        if number <= last:
            at.fail(f"document {number} after document {last}: their ids ascend")
        last = number
        split = "test" if number in tested else split_by_group(f"ecpe/{_NEAR.get(number, number)}", test=0)
        causes = tuple(_causes(at, pairs, clauses))
        yield Conversation(
            id=f"ecpe/{split}/{number}",
            corpus="ecpe",
            split=split,
            language="zh",
            turns=(Turn("writer", "，".join(text for _, text in clauses) + "。"),),
            emotion=LABEL_SEPARATOR.join(dict.fromkeys(emotion for emotions, _ in clauses for emotion in emotions)),
            causes=causes,
        )


def _documents(path: Path) -> Iterator[_Document]:
    """The documents of a file, each with the place of its first line."""
    lines = native.lines(path, terminated=True)
    for at, head in lines:
        match = _HEAD.fullmatch(head)
        if not match:
            at.fail("expected the id of a document and the number of its clauses")
        number, size = map(int, match.groups())
        pairs = _pairs(*_next(lines, at))
        clauses = [_clause(*_next(lines, at), place) for place in range(1, size + 1)]
        yield at, number, pairs, clauses


def _next(lines: Iterator[tuple[native.At, str]], at: native.At) -> tuple[native.At, str]:
    """The document's next line."""
    found = next(lines, None)
    return found or at.fail("the document's lines end before all of its clauses have come")


def _pairs(at: native.At, line: str) -> list[tuple[int, int]]:
    if not _PAIRS.fullmatch(line):
        at.fail("expected pairs of clauses, such as ' (7,9), (7,8)'")
    return [(int(emotion), int(cause)) for emotion, cause in dict.fromkeys(_PAIR.findall(line))]


def _clause(at: native.At, line: str, place: int) -> _Clause:
    cells = line.split(",")
    if len(cells) != 4:
        at.fail(f"expected 4 cells (number, emotion, its word, words), found {len(cells)}")
    number, emotion, _, words = cells
    if at.integer(number, "clause number") != place:
        at.fail(f"expected clause {place}, found clause {number}")
    emotions = () if emotion == "null" else tuple(at.label(name, EMOTIONS, "emotion") for name in emotion.split("&"))
    return tuple(dict.fromkeys(emotions)), at.text(_CUT.sub("", words), "clause")


def _causes(at: native.At, pairs: list[tuple[int, int]], clauses: list[_Clause]) -> Iterator[Cause]:
    for emotional, cause in pairs:
        if not (1 <= emotional <= len(clauses) and 1 <= cause <= len(clauses)) or not clauses[emotional - 1][0]:
            at.fail(f"the pair ({emotional},{cause}) does not name a clause with an emotion and one with its cause")
        for emotion in clauses[emotional - 1][0]:
            yield Cause(0, emotion, 0, clauses[cause - 1][1])


CORPUS = Corpus(
    name="ecpe",
    title="Emotion-cause pairs over Chinese city news",
    homepage="https://github.com/NUSTM/ECPE",
    citation=(
        "Xia, Ding. Emotion-Cause Pair Extraction: A New Task to Emotion Analysis in Texts. ACL 2019; Gui, Wu, Xu, Lu, "
        "Zhou. Event-Driven Emotion Cause Extraction with Corpus Construction. EMNLP 2016"
    ),
    licence="unstated",
    commercial=False,
    redistributable=False,
    personal=False,
    languages=("zh",),
    read=read,
    emotions=EMOTIONS,
    views=(
        View(
            "ecpe-classification",
            "text_emotion",
            2000,
            asks="emotion",
            of="conversation",
            labels=tuple(WORDS.values()),
            relabel=WORDS,
        ),
        View("ecpe-cause", "emotion_cause", 2000, asks="cause", relabel=WORDS),
    ),
    files=(
        File(
            _ALL,
            f"{_URL}/{_ALL}",
            "eb3138a67a59beb0076e839736d7b70df77b9f0ff3a4183cfb3d8ed83582a756",
            1434057,
        ),
        File(
            _TEST,
            f"{_URL}/{_TEST}",
            "b97fe54786d2ebd853db516bbb868dea170dbd4bf058908e9a9dcd508e978a04",
            108536,
        ),
    ),
)
