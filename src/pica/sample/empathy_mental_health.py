"""EPITOME's sample: made-up posts of people who seek support, and responses with three ways to show empathy.

    sp_id,rp_id,seeker_post,response_post,level,rationales
    1f0c2a,e9d81b0,Every winter I sink. I'm down.,I get that. How so?,1,How so?|

| quirk of the native files | where the sample has it |
|---|---|
| three files of the same rows, CRLF; a `|` after each rationale | `write` |
| html entities, once escaped twice; U+FFFD | some of the posts (`_as_published`), `quirks` |
| the reactions with other blanks, and with a word less | `quirks`, each fifth row |
| pairs that stand twice, with another level | `quirks`, the last rows |
| seeker posts in two rows | `conversations` |
| rationales that are missing or not verbatim | `quirks` |
"""

from __future__ import annotations

import csv
import hashlib
import html
import re
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from random import Random

from pica.corpora import split_by_group
from pica.corpora.empathy_mental_health import MECHANISMS
from pica.sample import bank
from pica.sample.bank import distress
from pica.schema import Conversation, Split, Turn

_NAMES = ("emotional-reactions-reddit.csv", "interpretations-reddit.csv", "explorations-reddit.csv")
_COLUMNS = ("sp_id", "rp_id", "seeker_post", "response_post", "level", "rationales")
_LEVELS = ("no", "weak", "strong")

# Levels of reaction, interpretation and exploration → pairs of train, validation and test.
_SIZES: dict[tuple[int, int, int], tuple[int, int, int]] = {
    (0, 0, 0): (17, 2, 5),
    (0, 2, 0): (16, 2, 5),
    (1, 0, 0): (14, 1, 4),
    (1, 2, 0): (8, 1, 1),
    (0, 0, 2): (12, 1, 3),
    (2, 0, 0): (10, 1, 2),
    (0, 1, 0): (9, 1, 2),
    (0, 0, 1): (10, 1, 2),
    (1, 0, 2): (3, 0, 1),
    (0, 1, 2): (4, 0, 1),
    (2, 1, 0): (4, 0, 1),
    (2, 0, 1): (4, 0, 1),
}
# What seekers feel, of all that the bank has for their problems.
_FELT = ("anger", "anxiety", "depression", "fear", "sadness", "shame")
_SPLITS: tuple[Split, ...] = ("train", "validation", "test")


def conversations(rng: Random) -> list[Conversation]:
    """The pairs of a post and a response, in no order."""
    rows: list[tuple[Split, tuple[Turn, Turn]]] = []
    parts = {split: bank.Part(rng, split) for split in _SPLITS}
    for levels, sizes in _SIZES.items():
        for split, size in zip(_SPLITS, sizes, strict=True):
            rows += ((split, _pair(parts[split], levels)) for _ in range(size))
    # Now and then two people answer one post.
    for number in range(0, len(rows), 15):
        split, (post, _) = rows[number]
        levels = rng.choice(list(_SIZES))
        rows.append((split, (post, _pair(parts[split], levels)[1])))
    rng.shuffle(rows)
    return [_conversation(split, number, turns) for number, (split, turns) in enumerate(rows, start=1)]


def _conversation(split: Split, number: int, turns: tuple[Turn, ...]) -> Conversation:
    return Conversation(f"empathy_mental_health/{split}/{number}", "empathy_mental_health", split, "en", turns)


def _pair(rng: bank.Part, levels: Sequence[int]) -> tuple[Turn, Turn]:
    problem = rng.choice(list(bank.problems().values()))
    emotion = rng.choice([felt for felt in problem["feels"].split() if felt in _FELT])
    post = f"{bank.pick(rng, problem['situation'])} {bank.felt(rng, emotion)}"
    wanted = {name: _LEVELS[level] for name, level in zip(distress.MECHANISMS, levels, strict=True) if level}
    answer = distress.answer(rng, wanted, emotion, bank.pick(rng, problem["restate"]))
    act = ", ".join(f"{_LEVELS[level]} {name}" for name, level in zip(MECHANISMS, levels, strict=True))
    return Turn("seeker", _as_published(rng, post)), Turn("supporter", " ".join(answer), act=act)


def _as_published(rng: Random, post: str) -> str:
    style = rng.random()
    if style < 0.15:
        return post.replace(" and ", " & ")
    return post.replace("'", "\ufffd") if style < 0.2 else post


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The three CSV files."""
    for mechanism, name in enumerate(_NAMES):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(_COLUMNS)
            writer.writerows(_row(c, mechanism) for c in conversations)


def _row(conversation: Conversation, mechanism: int) -> tuple[str, str, str, str, int, str]:
    post, response = (turn.text for turn in conversation.turns)
    level = _LEVELS.index(conversation.turns[1].act.split(", ")[mechanism].split(" ")[0])
    seeker, answer = _seeker_id(post, conversation.split), _digest(conversation.id)[:7]
    return seeker, answer, _escaped(post), _escaped(response), level, _rationales(response, mechanism) if level else ""


def _seeker_id(post: str, split: Split) -> str:
    """An id that puts its posts into that split: a conversation does not keep the native ones."""
    ids = (_digest(f"{post} {number}")[:6] for number in count())
    return next(i for i in ids if split_by_group(f"empathy_mental_health/{i}") == split)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _escaped(text: str) -> str:
    """The text with its `&`, `<` and `>` escaped; twice where the two rounds of unescaping would take more away."""
    cell = html.escape(text, quote=False)
    return cell if html.unescape(html.unescape(cell)) == text else html.escape(cell, quote=False)


def _rationales(response: str, mechanism: int) -> str:
    """The sentence of the response that shows the mechanism: the last explores, the first reacts or interprets."""
    sentences = re.findall(r"[^.?!]+[.?!]*", response) or [response]
    return f"{sentences[-1 if mechanism == 2 else 0].strip()}|"


def quirks(folder: Path) -> None:
    """Other blanks and words in the reactions, slips in the rationales, pairs that stand twice."""
    for mechanism, name in enumerate(_NAMES):
        path = folder / name
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        rows[7][2] += " &amp;#x200B;"
        again = [list(row) for row in rows[10:13]]
        again[0][4:] = ["0", ""] if again[0][5] else ["1", f"{again[0][3]}|"]
        rows += again
        if mechanism == 0:
            for row in rows[3::5]:
                row[2] = row[2].replace(". ", ".  ")
            rows[21][2] = rows[21][2].removesuffix(rows[21][2].split(" ")[-1]).strip()
        found = [row for row in rows if row[5]]
        found[2][5] = ""
        found[4][5] = found[4][5].lower()
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
