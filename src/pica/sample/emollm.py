"""EmoLLM's sample: made-up Chinese chats of a client and a counsellor who answers at length.

    [{"conversation": [{"system": "现在你是一个心理专家，…", "input": "医生，外公上个月走了。", "output": "你好，…"},
                       {"input": "那我具体应该怎么做呢？", "output": "先固定起床的时间。\\n\\n医生：慢慢来。"}]}]

| quirk of the native files | where the sample has it |
|---|---|
| one array, 4 blanks, no line end; `system` in the first exchange alone | `write` |
| nearly all first inputs open with `医生，` | `_chat` |
| a second segment inside an output, tagged `医生：` | `_row`: each new paragraph |
| line breaks in an output | `bank/counsel.toml`: `|` |
| a first input that two chats share | `conversations` |
| a remark on the chat, in parentheses | `quirks` |
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from pica.corpora import split_by_group
from pica.sample.bank import Part, chinese
from pica.sample.bank.slots import load, pick
from pica.sample.texts import drawn
from pica.schema import Conversation, Split, Turn

_SIZES: dict[Split, int] = {"train": 70, "validation": 6, "test": 10}
_SYSTEM = "现在你是一个心理专家，我有一些心理问题，请你用专业的知识帮我解决。"
_TAG = "医生："


def conversations(rng: Random) -> list[Conversation]:
    """Chats of each split, which is cut by the client's first words; two chats share the first."""
    chats = list(drawn(rng, _chat, _split, _SIZES))
    first = next(texts for texts in chats if _split(texts) == "train")
    chats.append([first[0], *_chat(Part(rng, "train"))[1:]])
    rng.shuffle(chats)
    return [_conversation(number, texts) for number, texts in enumerate(chats)]


def _split(texts: Sequence[str]) -> Split:
    return split_by_group(f"emollm/{texts[0]}")


def _conversation(number: int, texts: Sequence[str]) -> Conversation:
    turns = tuple(Turn(("client", "counselor")[place % 2], text) for place, text in enumerate(texts))
    return Conversation(f"emollm/{_split(texts)}/{number}", "emollm", _split(texts), "zh", turns)


def _chat(rng: Part) -> list[str]:
    """Two to four exchanges: the trouble, what follows from it, and thanks."""
    problem, given = chinese.problem(rng), {"他": rng.choice("他她")}
    details, questions, advice = (
        [chinese.about(rng, text, **given) for text in rng.sample(problem[kind], len(problem[kind]))]
        for kind in ("detail", "ask", "advise")
    )
    opening = rng.choice(("医生，", "医生，", "医生，", "医生，您好，", ""))
    texts = [
        f"{opening}{chinese.about(rng, problem['open'], **given)}{chinese.client(rng, rng.choice(('feel', 'seek')))}",
        f"{_counselor(rng, 'open')}{_counselor(rng, 'analyse')}{questions[0]}",
    ]
    for step in range(rng.choice((1, 1, 2))):
        texts += [
            f"{details[step]}{_client(rng, 'follow')}",
            f"{_counselor(rng, 'praise') if rng.random() < 0.4 else ''}{advice[step]}{_second(rng)}",
        ]
    if rng.random() < 0.6:
        texts += [_client(rng, "thank"), _counselor(rng, "close")]
    return texts


def _second(rng: Part) -> str:
    """What else the counsellor says, in the same paragraph or in one of its own."""
    words = _counselor(rng, rng.choice(("methods", "methods", "refer")))
    return f"\n\n{words}" if rng.random() < 0.25 else words


def _counselor(rng: Part, kind: str) -> str:
    return pick(rng, load("counsel")["counselor"][kind]).replace("|", "\n")


def _client(rng: Part, kind: str) -> str:
    return pick(rng, load("counsel")["client"][kind])


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The one file of these chats, which stand in the order of their numbers."""
    _save(folder / "data.json", [{"conversation": list(_rows(c))} for c in conversations])


def _save(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=4), encoding="utf-8", newline="\n")


def _rows(conversation: Conversation) -> Iterator[dict[str, str]]:
    clients, counselors = conversation.turns[::2], conversation.turns[1::2]
    for place, (client, counselor) in enumerate(zip(clients, counselors, strict=True)):
        system = {} if place else {"system": _SYSTEM}
        yield {**system, "input": client.text, "output": counselor.text.replace("\n\n", f"\n\n{_TAG}")}


def quirks(folder: Path) -> None:
    """A remark on the chat where it ends."""
    path = folder / "data.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    rows[3]["conversation"][-1]["output"] += "\n\n（对话结束）"
    _save(path, rows)
