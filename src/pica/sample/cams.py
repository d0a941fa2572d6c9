"""CAMS' sample: made-up posts about worries, tiredness and low spirits, each with the category of their cause.

    selftext,ANNOTATIONS,Interpretations
    "I got laid off in March and the bills keep coming.

    I hardly eat.",2,"i got laid off in march and the bills keep coming"

| quirk of the native files | where the sample has it |
|---|---|
| CRLF between rows, LF inside posts; two sets of column names; SDCNL without a last line end | `write` |
| `â€™` for an apostrophe in SDCNL, html entities | some of the texts (`_as_published`) |
| interpretations, empty where there is no reason | `_interpretation` |
| phrases that do not stand in the post | `quirks`, each eleventh row |
| stray cp1252 bytes in the added part, one of them undefined | `quirks` |
| rows without a category, rows without a post | `quirks` |
| addresses, numbers, handles and links | `quirks`, in one post |
| posts that stand twice, in one part with another category, and in two parts | `_AGAIN` |
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from functools import partial
from io import StringIO
from itertools import chain
from pathlib import Path
from random import Random

from pica.corpora import split_by_group
from pica.corpora.cams import CATEGORIES
from pica.sample.bank import Part, distress
from pica.sample.texts import drawn, labelled_text, typed
from pica.schema import Conversation, Split

_TRAIN, _TEST, _ADDED = "IntentSDCNL_Training.csv", "IntentSDCNL_Testing.csv", "added_CAMS_data.csv"
_SDCNL = ("selftext", "ANNOTATIONS", "Interpretations")
_COLUMNS = {_TRAIN: _SDCNL, _TEST: _SDCNL, _ADDED: ("selftext", "cause", "inference")}

# Posts of each category.
_TRAINING, _TESTING = 14, 9
_ADDED_SIZES: dict[Split, int] = {"train": 14, "validation": 4}
# A post of training that stands in this file once more, and its category there (None: the same).
_AGAIN = ((5, _TRAIN, None), (11, _TRAIN, "alienation"), (23, _ADDED, None))

_Row = tuple[str, str]


def conversations(rng: Random) -> list[Conversation]:
    """The posts of the three files."""
    learnt, tested = Part(rng, "train"), Part(rng, "test")
    training = _mixed(rng, (_row(learnt, category) for category in CATEGORIES for _ in range(_TRAINING)))
    testing = _mixed(rng, (_row(tested, category) for category in CATEGORIES for _ in range(_TESTING)))
    make = partial(_row, name="added")
    parts = (drawn(rng, partial(make, category=category), _added_split, _ADDED_SIZES) for category in CATEGORIES)
    rows = {_TRAIN: training, _TEST: testing, _ADDED: _mixed(rng, chain.from_iterable(parts))}
    for number, name, other in _AGAIN:
        text, category = training[number]
        rows[name].append((text, other or category))
    return [
        *(_post(f"train/sdcnl-{number}", row) for number, row in enumerate(rows[_TRAIN], start=1)),
        *(_post(f"test/sdcnl-{number}", row) for number, row in enumerate(rows[_TEST], start=1)),
        *(_post(f"{_added_split(row)}/added-{number}", row) for number, row in enumerate(rows[_ADDED], start=1)),
    ]


def _mixed(rng: Random, rows: Iterable[_Row]) -> list[_Row]:
    found = list(rows)
    rng.shuffle(found)
    return found


def _row(rng: Part, category: str, name: str = "sdcnl") -> _Row:
    text = _as_published(rng, typed(rng, distress.post(rng, category), "\n"), name)
    # One annotator in sixteen takes another view.
    return text, rng.choice(CATEGORIES) if rng.random() < 0.06 else category


def _as_published(rng: Random, text: str, name: str) -> str:
    if name == "sdcnl" and rng.random() < 0.15:
        text = text.replace("'", "â€™")
    elif rng.random() < 0.3:
        text = text.replace("'", "’")
    return text.replace(" and ", " &amp; ", 1) if rng.random() < 0.1 else text


def _added_split(row: _Row) -> Split:
    return split_by_group(f"cams/{row[0]}", test=0)


def _post(identifier: str, row: _Row) -> Conversation:
    return labelled_text(f"cams/{identifier}", *row)


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The three CSV files."""
    rows: dict[str, list[Sequence[str]]] = {name: [columns] for name, columns in _COLUMNS.items()}
    for conversation in conversations:
        rows[_file(conversation)].append(_cells(conversation))
    for name, found in rows.items():
        _save(folder / name, found)


def _save(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """A CSV; those of SDCNL end without a line end."""
    text = StringIO()
    csv.writer(text).writerows(rows)
    end = "" if path.name == _ADDED else "\r\n"
    path.write_bytes(text.getvalue().removesuffix(end).encode())


def _file(conversation: Conversation) -> str:
    if "/added-" in conversation.id:
        return _ADDED
    return _TEST if conversation.split == "test" else _TRAIN


def _cells(conversation: Conversation) -> tuple[str, str, str]:
    text = conversation.turns[0].text
    return text, str(CATEGORIES.index(conversation.emotion)), _interpretation(text, conversation.emotion)


def _interpretation(text: str, category: str) -> str:
    """The longest sentences of a post, as annotators note them; a conversation does not keep what they noted."""
    if category == CATEGORIES[0]:
        return ""
    phrases = re.split(r"[.!?\n]+", text.lower())
    return " , ".join(phrase.strip() for phrase in sorted(phrases, key=len)[-2:])


# Reserved for examples: example.org, and numbers from 555-0100 to 555-0199.
_PERSONAL = "\n\nWrite to ruth@example.org or call 615-555-0133. So did u/nobody_here, on www.example.org/cat."

# Stand-ins for bytes that are no UTF-8: an apostrophe of cp1252, and a byte that cp1252 does not have.
_STRAY = {"\ue092": b"\x92", "\ue09d": b"\x9d"}


def quirks(folder: Path) -> None:
    """Rows that lack something, personal data, phrases of the annotators' own, and bytes of another encoding."""
    training, added = (_rows(folder / name) for name in (_TRAIN, _ADDED))
    training[3][0] += _PERSONAL
    training[4:4] = [["I will write more tomorrow.", "", ""], ["Sorry, wrong button.", "", ""]]
    training[30:30] = [["", "4", "brother left , did not say goodbye"]]
    added[12:12] = [["", "5", "nobody to call"], [" \n", "2", "boss"]]
    for rows in (training, added):
        for row in rows[11::11]:
            row[2] = f"feels down , {row[2]}" if row[2] else ""
    for row in added[6::3]:
        row[2] = row[2].replace("'", "\ue092").replace("’", "\ue092")
    curly = [row for row in added if "’" in row[0]]
    curly[2][0] = curly[2][0].replace("’", "\ue092", 1)
    added[20][2] += "\ue09d"
    _save(folder / _TRAIN, training)
    _save(folder / _ADDED, added)
    data = (folder / _ADDED).read_bytes()
    for character, byte in _STRAY.items():
        data = data.replace(character.encode(), byte)
    (folder / _ADDED).write_bytes(data)


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))
