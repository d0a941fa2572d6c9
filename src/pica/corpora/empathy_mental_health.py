"""EPITOME: Reddit posts of people who seek support, and responses to them, each rated for three ways to show empathy.

Three CSV files, CRLF, one a mechanism: emotional reactions (warmth, concern), interpretations (saying what the seeker
may feel or have lived through) and explorations (asking about it). Row i of each is the same post and response:

    sp_id,rp_id,seeker_post,response_post,level,rationales
    1a2b3c,d4e5f6g,My sister moved out and the flat is so quiet.,Do you still see her at weekends?,2,Do you still see|

`level` is 0 for no, 1 for weak and 2 for strong; `rationales` are phrases of the response, which no task asks for. The
three levels of a response are one act, such as "no emotional reaction, no interpretation, strong exploration".

The text is that of the interpretations and explorations, which are the same; the reactions have 675 rows with other
blanks or words. `&`, `<` and `>` are escaped as in HTML, zero-width blanks twice. Of a pair that stands more than once
(60 do, 19 of them with other levels) the first row counts. There are no splits upstream: they are cut by seeker post.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from itertools import product, zip_longest
from pathlib import Path

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, View, split_by_group
from pica.schema import Conversation, Rejected, Turn

_URL = (
    "https://raw.githubusercontent.com/behavioral-data/Empathy-Mental-Health/0e11f98901527550885dbf253bd2af92dbcec43b"
    "/dataset"
)

MECHANISMS = ("emotional reaction", "interpretation", "exploration")
_LEVELS = {"0": "no", "1": "weak", "2": "strong"}
# Per mechanism, what a response may have of it.
_DEGREES = tuple(tuple(f"{level} {mechanism}" for level in _LEVELS.values()) for mechanism in MECHANISMS)
_JOINT = ", "
ACTS = tuple(map(_JOINT.join, product(*_DEGREES)))

_NAMES = ("emotional-reactions-reddit.csv", "interpretations-reddit.csv", "explorations-reddit.csv")
_COLUMNS = ("sp_id", "rp_id", "seeker_post", "response_post", "level", "rationales")

_Row = tuple[native.At, dict[str, str]]


def read(folder: Path) -> Iterator[Conversation | Rejected]:
    """One conversation of two turns a pair of posts; its id is the row of the files, from 1."""
    seen: set[tuple[str, str]] = set()
    files = (native.table(folder / name, _COLUMNS, one_line=True) for name in _NAMES)
    for number, rows in enumerate(zip_longest(*files), start=1):
        if None in rows:
            at, _ = next(row for row in rows if row)
            at.fail(f"{', '.join(_NAMES)} should have as many rows each, and one ends before this line")
        pair = _pair(rows)
        yield _record(number, rows, repeated=pair in seen)
        seen.add(pair)


def _pair(rows: tuple[_Row, ...]) -> tuple[str, str]:
    """The ids of post and response, which the three rows must share, as the last two must share the text."""
    (_, first), (_, second), (at, third) = rows
    if any(len({row[column] for row in (first, second, third)}) > 1 for column in ("sp_id", "rp_id")):
        at.fail(f"{', '.join(_NAMES)} have other posts in the row of this line")
    if any(second[column] != third[column] for column in ("seeker_post", "response_post")):
        at.fail(f"{_NAMES[1]} has another text in the row of this line")
    return at.text(third["sp_id"], "sp_id"), at.text(third["rp_id"], "rp_id")


def _record(number: int, rows: tuple[_Row, ...], repeated: bool) -> Conversation | Rejected:
    at, text = rows[-1]
    split = split_by_group(f"empathy_mental_health/{text['sp_id']}")
    identifier = f"empathy_mental_health/{split}/{number}"
    turns = (
        Turn("seeker", _text(at, text["seeker_post"])),
        Turn("supporter", _text(at, text["response_post"]), act=_act(rows)),
    )
    if repeated:
        raw = json.dumps([row for _, row in rows], ensure_ascii=False)
        return Rejected(identifier, "empathy_mental_health", split, "the pair stands in an earlier row", raw)
    return Conversation(identifier, "empathy_mental_health", split, "en", turns)


def _text(at: native.At, cell: str) -> str:
    return at.text(html.unescape(html.unescape(cell)))


def _act(rows: tuple[_Row, ...]) -> str:
    levels = (at.label(row["level"], _LEVELS, "level") for at, row in rows)
    return _JOINT.join(f"{level} {mechanism}" for level, mechanism in zip(levels, MECHANISMS, strict=True))


def _classification(variant: str, mechanism: int) -> View:
    return View(
        f"empathy_mental_health-{variant}-classification",
        "dialogue_emotion",
        2000,
        asks="empathy",
        labels=_DEGREES[mechanism],
        relabel={act: act.split(_JOINT)[mechanism] for act in ACTS},
    )


CORPUS = Corpus(
    name="empathy_mental_health",
    title="EPITOME: empathy in text-based mental health support (public Reddit part)",
    homepage="https://bdata.uw.edu/empathy/",
    citation=(
        "Sharma, Miner, Atkins, Althoff. A Computational Approach to Understanding Empathy Expressed in Text-Based "
        "Mental Health Support. EMNLP 2020"
    ),
    licence="University of Washington academic licence: non-commercial research, passed on only under the same terms",
    commercial=False,
    redistributable=True,
    personal=True,
    languages=("en",),
    read=read,
    acts=ACTS,
    views=(
        View(
            "empathy_mental_health-generation",
            "dialogue_generation",
            2624,
            asks="reply",
            controls=("act",),
            speaker="supporter",
        ),
        _classification("reaction", 0),
        _classification("interpretation", 1),
        _classification("exploration", 2),
    ),
    files=(
        File(
            "emotional-reactions-reddit.csv",
            f"{_URL}/emotional-reactions-reddit.csv",
            "225b28ffdc257f8a997d557eb937e78b68235e6203c87c7e2203d00fef8545cc",
            1477690,
        ),
        File(
            "interpretations-reddit.csv",
            f"{_URL}/interpretations-reddit.csv",
            "2cedbe4252c919d22a6f46685afa16d3192a91e3306c2d4a386be12a30ad3f29",
            1664973,
        ),
        File(
            "explorations-reddit.csv",
            f"{_URL}/explorations-reddit.csv",
            "9efa1af8e0537c16894379598f2076cb380ae18aacd9a8d26ebd381f5b7f9645",
            1411739,
        ),
    ),
)
