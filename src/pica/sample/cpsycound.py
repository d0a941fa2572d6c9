"""CPsyCounD's sample: made-up counselling dialogues, a text file each.

    来访者：室友每天半夜还在打游戏，我被吵得睡不着。

    心理咨询师：听起来你很累。你和他认真谈过这件事吗？

| quirk of the native files | where the sample has it |
|---|---|
| CRLF in two of three files, few of which end with a line end | `_save` |
| numbers with a gap | `conversations` |
| lines that go on with a turn, stage directions | `quirks` |
| a role named more closely; two turns of one role | `quirks` |
| a client's turn at the end; a turn without text | `quirks` |
| one case told again | `quirks`, case_182 |
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from pica.corpora import split_by_group
from pica.sample.bank import Part, chinese
from pica.schema import Conversation, Turn

_FILES = 120
_ROLES = {"client": "来访者", "counselor": "心理咨询师"}


def conversations(rng: Random) -> list[Conversation]:
    """The dialogues in the order of their numbers."""
    return [_dialogue(rng, 10 + place + place // 30) for place in range(_FILES)]


def _dialogue(rng: Random, number: int) -> Conversation:
    split = split_by_group(f"cpsycound/{number}")
    texts = list(_talk(Part(rng, split)))
    turns = tuple(Turn(("client", "counselor")[place % 2], text) for place, text in enumerate(texts))
    return Conversation(f"cpsycound/{split}/{number}", "cpsycound", split, "zh", turns)


def _talk(rng: Part) -> Iterator[str]:
    problem, given = chinese.problem(rng), {"他": rng.choice("他她")}
    details, questions, advice = (
        [chinese.about(rng, text, **given) for text in rng.sample(problem[kind], len(problem[kind]))]
        for kind in ("detail", "ask", "advise")
    )
    yield "你好。" + chinese.about(rng, problem["open"], **given)
    yield chinese.counselor(rng, "empathy") + questions[0]
    yield details[0]
    yield chinese.counselor(rng, "restate", gist=problem["gist"]) + questions[1]
    yield details[1] + chinese.client(rng, "feel")
    yield chinese.counselor(rng, "comfort") + "\n" + advice[0]
    if rng.random() < 0.6:
        yield chinese.client(rng, "doubt")
        yield chinese.counselor(rng, "encourage") + advice[1]
    yield chinese.client(rng, "thank")
    yield chinese.counselor(rng, "close")


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """One file a dialogue."""
    (folder / "Data").mkdir()
    for conversation in conversations:
        lines = [f"{_ROLES[turn.speaker]}：{turn.text}" for turn in conversation.turns]
        _save(folder / "Data" / f"case_{conversation.id.rpartition('/')[2]}.txt", lines)


def _save(path: Path, turns: Sequence[str]) -> None:
    number = int(path.stem.removeprefix("case_"))
    text = "\n\n".join(turns) + ("\n" if number % 50 == 0 else "")
    path.write_bytes((text.replace("\n", "\r\n") if number % 3 else text).encode())


def quirks(folder: Path) -> None:
    """Files that say more than who says what, that end too early, that lack a turn, that tell a case again."""
    paths = sorted((folder / "Data").glob("case_*.txt"), key=lambda path: int(path.stem.removeprefix("case_")))
    for place, path in enumerate(paths):
        turns = path.read_bytes().decode().replace("\r\n", "\n").rstrip("\n").split("\n\n")
        if place % 4 == 1:
            turns.append("来访者：好的，我回去想一想。")
        elif place % 10 == 2:
            turns.insert(2, "（沉默了一会儿）")
        elif place == 8:
            turns[0] = turns[0].replace("来访者：", "来访者（小禾）：")
        elif place == 14:
            turns.insert(1, "来访者：您在听吗？")
        elif place == len(paths) - 1:
            turns[2] = "来访者："
        _save(path, turns)
    (folder / "Data" / "case_182.txt").write_bytes(paths[0].read_bytes())
