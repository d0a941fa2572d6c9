"""SMILECHAT's sample: made-up Chinese chats of a client and a counsellor, a file each.

    [{"role": "client", "content": "外公上个月走了。我很难过。",
      "annotation": [{"sentence": "外公上个月走了。", "label": ""}, {"sentence": "我很难过。", "label": ""}]}, …]

| quirk of the native files | where the sample has it |
|---|---|
| ids with gaps | `conversations` |
| the same question under neighbouring ids | `conversations` |
| two turns of one role in a row | `quirks`, each 40th file |
| a client's turn at the end, which nobody answers | `quirks`, each 6th file |
| a single utterance | `quirks`, the last file |
| the client's words, tagged, inside a counselor's turn | `quirks`, the fourth file |
| indent 2, no escapes, no line end at the end | `_save` |
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from pica.corpora import split_by_group
from pica.sample.bank import Part, chinese
from pica.sample.texts import fitting
from pica.schema import SPLITS, Conversation, Split, Turn

# The start of a client's first turn by which the corpus tells questions apart.
QUESTION = 12
_FILES = 190
_SENTENCE = re.compile(r"[^。？！]+[。？！]*")


def conversations(rng: Random) -> list[Conversation]:
    """The chats in the order of their ids, which have gaps; up to three in a row start from one question."""
    chats: list[Conversation] = []
    parts = [Part(rng, split) for split in SPLITS]
    number = 0
    while len(chats) < _FILES:
        (part,) = rng.choices(parts, (8, 1, 1))
        question, problem, given = fitting(part, _asked, lambda row: _split(row[0]))
        for _ in range(min(rng.choice((1, 1, 2, 3)), _FILES - len(chats))):
            chats.append(_chat(part, number, question, problem, given))
            number += rng.choice((1, 1, 1, 2, 4))
    return chats


def _asked(rng: Part) -> tuple[str, dict[str, Any], dict[str, str]]:
    """A question, the problem that it is about, and the words that its texts share."""
    problem, given = chinese.problem(rng), {"他": rng.choice("他她")}
    return chinese.about(rng, "{开场}" + problem["open"], **given), problem, given


def _split(question: str) -> Split:
    return split_by_group(f"smilechat/{question[:QUESTION]}")


def _chat(rng: Part, number: int, question: str, problem: dict[str, Any], given: dict[str, str]) -> Conversation:
    texts = list(_talk(rng, question, problem, given))
    turns = (Turn(("client", "counselor")[position % 2], text) for position, text in enumerate(texts))
    return Conversation(f"smilechat/{rng.split}/{number}", "smilechat", rng.split, "zh", tuple(turns))


def _talk(rng: Part, question: str, problem: dict[str, Any], given: dict[str, str]) -> Iterator[str]:
    """What client and counsellor say in turn: question and empathy, one or two rounds, advice, thanks."""
    details, questions, advice = (
        [chinese.about(rng, text, **given) for text in rng.sample(problem[kind], len(problem[kind]))]
        for kind in ("detail", "ask", "advise")
    )
    yield question + chinese.client(rng, rng.choice(("feel", "seek")))
    yield chinese.counselor(rng, "empathy") + questions[0]
    yield details[0] + (chinese.client(rng, "feel") if rng.random() < 0.4 else "")
    if rng.random() < 0.6:
        yield chinese.counselor(rng, "restate", gist=problem["gist"]) + questions[1]
        yield details[1]
    yield chinese.counselor(rng, "comfort") + advice[0]
    if rng.random() < 0.5:
        yield chinese.client(rng, "doubt")
        yield chinese.counselor(rng, "encourage") + advice[1]
    if rng.random() < 0.6:
        yield chinese.client(rng, rng.choice(("accept", "thank")))
        yield chinese.counselor(rng, "close")


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """One file a chat."""
    (folder / "data").mkdir()
    for conversation in conversations:
        rows = [_row(turn.speaker, turn.text) for turn in conversation.turns]
        _save(folder / "data" / f"{conversation.id.rpartition('/')[2]}.json", rows)


def _row(role: str, content: str) -> dict[str, Any]:
    sentences = _SENTENCE.findall(content) or [content]
    return {"role": role, "content": content, "annotation": [{"sentence": s, "label": ""} for s in sentences]}


def _save(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=2), encoding="utf-8", newline="\n")


def quirks(folder: Path) -> None:
    """Chats that do not alternate, that end with the client, that are no chat, or with two turns in one."""
    paths = sorted((folder / "data").glob("*.json"), key=lambda path: int(path.stem))
    for position, path in enumerate(paths):
        rows = json.loads(path.read_text(encoding="utf-8"))
        if position % 40 == 9:
            rows.insert(1, _row("client", "您在吗？"))
        elif position % 6 == 5:
            rows.append(_row("client", "我再想想，下次跟您说。"))
        elif position == len(paths) - 1:
            del rows[1:]
        elif position == 3:
            rows[1] = _row("counselor", rows[1]["content"] + "求助者：谢谢您，我记住了。不用谢，慢慢来。")
        _save(path, rows)
