"""CPsyCounD: Chinese counselling dialogues that a language model rebuilt from anonymised reports of counsellors.

One text file a dialogue, `Data/case_<n>.txt`, UTF-8, LF or CRLF. A turn starts with the role and a full-width colon:

    来访者：搬家以后我总睡不好。

    心理咨询师：听起来换了环境让你不太安稳。
    （停顿片刻）
    你可以试试：
    1. 固定起床的时间。

Lines that do not start so go on with the turn (lists of advice), or, in round brackets, are stage directions and go. A
role may be named more closely (`来访者（小王）：`, `来访者1：`). Turns of one role in a row are one, and a client's at
the end, whom nobody answers, goes. `cpsycound.tsv` pins 3,084 files of 3,134.

87 files tell one and the same case, each in other words. The first stays and the others are rejected (`RETOLD`).
There are no splits: they are cut by file, since clients open with stock greetings that do not tell the cases apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pica.corpora import native
from pica.corpora.corpus import Corpus, Manifest, View, split_by_group
from pica.corpora.counselling import alternating
from pica.schema import Conversation, Rejected, Turn

_ROLES = {"来访者": "client", "心理咨询师": "counselor"}
_ROLE = re.compile(r"\s*(来访者|心理咨询师)(?:（[^）]*）|\([^)]*\)|\d)?：(.*)")
_DIRECTION = re.compile(r"\s*[（(].*[）)]\s*")

# The case that is told again, and the files that do so: each shares 30 % of its runs of 12 characters with another one.
_CASE = 38
# fmt: off
RETOLD = frozenset((
    182, 203, 241, 296, 300, 366, 400, 452, 465, 554, 590, 633, 645, 679, 722, 743, 757, 783, 805, 806, 815, 847, 856,
    901, 942, 957, 1169, 1185, 1294, 1298, 1312, 1340, 1368, 1370, 1422, 1431, 1447, 1468, 1493, 1547, 1548, 1575, 1583,
    1628, 1698, 1762, 1789, 1790, 1791, 1795, 1829, 1838, 2058, 2096, 2118, 2143, 2215, 2238, 2253, 2265, 2274, 2291,
    2301, 2356, 2427, 2445, 2471, 2490, 2497, 2514, 2515, 2534, 2538, 2554, 2593, 2687, 2824, 2881, 2933, 2958, 2993,
    3017, 3020, 3048, 3049, 3050,
))
# fmt: on


def read(folder: Path) -> Iterator[Conversation | Rejected]:
    """One conversation a file, in the order of their numbers."""
    for path in sorted(native.files(folder / "Data", "case_*.txt"), key=_number):
        yield _dialogue(path)


def _number(path: Path) -> int:
    return native.At(path).integer(path.stem.removeprefix("case_"), "number of the case")


def _dialogue(path: Path) -> Conversation | Rejected:
    number = _number(path)
    split = split_by_group(f"cpsycound/{number}")
    identifier = f"cpsycound/{split}/{path.stem.removeprefix('case_')}"
    utterances = list(_utterances(path))
    reason = None
    if number in RETOLD:
        reason = f"it tells case {_CASE} again"
    elif not all(turn.text for turn in utterances):
        reason = "a turn without text"
    if reason:
        raw = "\n".join(line for _, line in native.lines(path))
        return Rejected(identifier, "cpsycound", split, reason, raw)
    return Conversation(identifier, "cpsycound", split, "zh", alternating(utterances, "\n"))


def _utterances(path: Path) -> Iterator[Turn]:
    role, said = None, []
    at = native.At(path)
    for at, line in native.lines(path):
        if match := _ROLE.fullmatch(line):
            if role:
                yield Turn(role, "\n".join(said).strip())
            role, said = _ROLES[match[1]], [match[2].strip()]
        elif line.strip() and not _DIRECTION.fullmatch(line):
            if not role:
                at.fail(f"expected a turn, which starts with {' or '.join(_ROLES)} and '：'")
            said.append(line.strip())
    if not role:
        at.fail("a file without a turn")
    yield Turn(role, "\n".join(said).strip())


CORPUS = Corpus(
    name="cpsycound",
    title="CPsyCounD: multi-turn counselling dialogues rebuilt from counselling reports",
    homepage="https://github.com/CAS-SIAT-XinHai/CPsyCoun",
    citation=(
        "Zhang, Li, Tan, Yang, Zhu, Yang, Zhao, Ye, Li, Hu. CPsyCoun: A Report-based Multi-turn Dialogue "
        "Reconstruction and Evaluation Framework for Chinese Psychological Counseling. "
        "Findings of ACL 2024, 13947-13966"
    ),
    licence="CC-BY-4.0",
    commercial=True,
    redistributable=True,
    personal=False,
    languages=("zh",),
    read=read,
    views=(View("cpsycound-generation", "dialogue_generation", 2000, asks="reply", speaker="counselor"),),
    files=Manifest("cpsycound.tsv"),
)
