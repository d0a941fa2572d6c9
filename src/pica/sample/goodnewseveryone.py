"""GoodNewsEveryone's sample: made-up headlines with their emotion, and the words that say what causes it.

    {"id": "1d0f…", "headline": "Bakers rage at Mayor's Secret Pay Rise", …, "annotations": {"dominant_emotion":
     {"raw": […], "gold": "anger"}, …, "cause": {"raw": […], "gold": [["mayor's secret pay rise"]]}, …}}

| quirk of the native files | where the sample has it |
|---|---|
| two files, one JSON lines, the other TSV with JSON in quoted cells | `write` |
| spans in lower case; `[[]]` for no cause; two causes; the whole headline | `write`, `conversations` |
| curly quotes, straight ones inside a cause, which the TSV escapes twice | `bank/headlines.toml`, `quirks` |
| `and#039;` for an apostrophe, where a cause may be cut in two versions | `quirks` |
| two versions of a cause, other punctuation, a stray 0 at the end | `quirks` |
| cues of several spans, `TOEXCLUDE`, `[]`; ids on several rows | `quirks` |
| `no_other_emotions_are_expressed`; an intensity that is always medium | `write` |
| the TSV is altered, and repeats the headlines of the other file | `quirks`, its last rows |
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from pica.corpora import split_by_group
from pica.corpora.goodnewseveryone import EMOTIONS
from pica.sample import bank
from pica.sample.bank.news import headline
from pica.sample.texts import drawn
from pica.schema import Cause, Conversation, Split, Turn

_FIXED, _ALTERED = "gne_fix.jsonl", "altered_copy/gne-release-v1.0.tsv"
_COLUMNS = (
    "id",
    "headline",
    "url",
    "bias_horizontal",
    "bias_vertical",
    "country",
    "source",
    "dominant_emotion",
    "intensity",
    "cause",
    "experiencer",
    "target",
    "cue",
    "other_emotions",
    "reader_emotions",
)
_NO_OTHER, _NO_READER = "no_other_additional_emotions_are_expressed", "no_i_did_not_feel_any_emotion"

# Headlines of each emotion, and how many of them stand in the first file.
_SIZES: dict[Split, int] = {"train": 10, "validation": 1, "test": 3}
_IN_FIRST = 1


def conversations(rng: Random) -> list[Conversation]:
    """The headlines of both files, in no order within a file."""
    seen: set[str] = set()

    def new(part: bank.Part, emotion: str) -> tuple[str, str]:
        while (text := bank.unmark(marked := headline(part, emotion))[0]) in seen:
            pass
        seen.add(text)
        return marked, emotion

    parts: tuple[list[tuple[str, str]], list[tuple[str, str]]] = ([], [])
    for emotion in EMOTIONS:
        rows = list(drawn(rng, partial(new, emotion=emotion), _split, _SIZES))
        rng.shuffle(rows)
        parts[0].extend(rows[:_IN_FIRST])
        parts[1].extend(rows[_IN_FIRST:])
    for rows in parts:
        rng.shuffle(rows)
    # The TSV has a header, so that its first headline stands on the second line.
    return [
        *(_conversation(rng, f"fix-{line}", *row) for line, row in enumerate(parts[0], start=1)),
        *(_conversation(rng, f"altered-{line}", *row) for line, row in enumerate(parts[1], start=2)),
    ]


def _split(row: tuple[str, str]) -> Split:
    return split_by_group(f"goodnewseveryone/{bank.unmark(row[0])[0]}")


def _conversation(rng: Random, key: str, marked: str, emotion: str) -> Conversation:
    text, _ = bank.unmark(marked)
    spans = [] if rng.random() < 0.04 else re.findall("«(.*?)»", marked)
    split = _split((marked, emotion))
    return Conversation(
        id=f"goodnewseveryone/{split}/{key}",
        corpus="goodnewseveryone",
        split=split,
        language="en",
        turns=(Turn("headline", text),),
        emotion=emotion,
        causes=tuple(Cause(0, emotion, 0, span) for span in spans),
    )


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The JSON lines and the TSV; a conversation's id says in which of them it stands."""
    rows = [(c.id.rpartition("/")[2], _row(c)) for c in conversations]
    lines = (json.dumps(_nested(row)) + "\n" for key, row in rows if key.startswith("fix-"))
    (folder / _FIXED).write_text("".join(lines), encoding="ascii", newline="\n")
    (folder / _ALTERED).parent.mkdir(exist_ok=True)
    with (folder / _ALTERED).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows(map(_cell, row.values()) for key, row in rows if key.startswith("altered-"))


def _row(conversation: Conversation) -> dict[str, Any]:
    """The gold annotations of a headline; a conversation keeps but the emotion and the causes."""
    text = conversation.turns[0].text
    causes = [[cause.span.lower()] for cause in conversation.causes] or [[]]
    number = int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)
    words = re.findall(r"\w+", text.lower()) or [""]
    bias = (str(number % 61 - 30), str(number % 64)) if number % 3 else ("", "")
    values = (
        f"{number:08x}",
        text,
        f"https://www.news.example/{'-'.join(words[:4])}",
        *bias,
        ("US", "UK")[number % 2],
        ("KelmPost", "DunholtTimes", "TheFerry")[number % 3],
        conversation.emotion,
        "medium",
        causes,
        [[words[0]]] if number % 4 else [[]],
        causes,
        [[words[len(words) // 2]]],
        ("annoyance", "no_other_emotions_are_expressed", *(_NO_OTHER,) * 5)[number % 7],
        ("joy", *(_NO_READER,) * 3)[number % 4],
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _nested(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the JSON lines have it, with what two annotators said, of whom the second says little."""
    bias = {"vertical": row["bias_vertical"], "horizontal": row["bias_horizontal"]}
    roles = {name: {"raw": [row[name][0], ["none"]], "gold": row[name]} for name in _COLUMNS[9:13]}
    others = {name: {"raw": [[row[name]], [row[name]]], "gold": row[name]} for name in _COLUMNS[13:]}
    single = {name: {"raw": [row[name]] * 2, "gold": row[name]} for name in _COLUMNS[7:9]}
    return {
        **{name: row[name] for name in ("id", "headline", "url")},
        "meta": {"phase1_rank": 4, "source": row["source"], "country": row["country"], "bias": bias},
        "annotations": {**single, **others, "phase1_readerperception": {"raw": [True, True], "gold": True}, **roles},
    }


# What stands in the TSV beside the headlines: rows whose names somebody has changed.
_CHANGED = (
    ("Egypt cheers the new ferry", "joy", "the new ferry"),
    ("Petr’s Speech Leaves Pensioners Grumpy", "annoyance", "petr’s speech"),
    ("Egyptn skaters hail the frozen canal", "pride", "the frozen canal"),
)


def quirks(folder: Path) -> None:
    """Slips in the TSV, and the rows that readers must reject."""
    path = folder / _ALTERED
    with path.open(encoding="utf-8", newline="") as file:
        header, *cells = csv.reader(file, delimiter="\t")
    rows = [dict(zip(header, row, strict=True)) for row in cells]
    caused = [row for row in rows if row["cause"] != "[[]]"]
    _apostrophes([row for row in caused if "'" in row["headline"]])
    for row in caused[4::30]:
        versions = json.loads(row["cause"])
        row["cause"] = _cell([[versions[0][0], versions[0][0].split(" ")[-1]], *versions[1:]])
    for row in caused[::20]:
        row["cause"] = row["cause"].replace("-", " ")
    for row in rows:
        row["cause"] = row["cause"].replace('\\"', '\\\\"')
    for row, cue in zip(rows[9::12], ('[["rage; slam"]]', '[["TOEXCLUDE"]]', "[]"), strict=False):
        row["cue"] = cue
    for row in rows[30:34]:
        row["id"] = rows[30]["id"]
    caused[16]["cause"] = re.sub(r'"\]\]$', '0"]]', caused[16]["cause"])
    for text, emotion, cause in _CHANGED:
        changed = {"headline": text, "dominant_emotion": emotion, "cause": _cell([[cause]]), "id": "0badc0de"}
        rows.append({**rows[0], **changed})
    first = [json.loads(line) for line in (folder / _FIXED).read_text(encoding="ascii").splitlines()[:5]]
    rows += ({**rows[0], **_repeated(row)} for row in first)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _apostrophes(rows: Sequence[dict[str, str]]) -> None:
    """`and#039;` in each second of these rows; where its `;` was taken for a mark between versions, it is gone."""
    for row in rows[::2]:
        row["headline"] = row["headline"].replace("'", "and#039;")
        row["cause"] = row["cause"].replace("'", "and#039;")
    for row in rows[::4]:
        row["cause"] = row["cause"].replace("and#039;", 'and#039","')


def _repeated(row: dict[str, Any]) -> dict[str, str]:
    annotations = row["annotations"]
    return {
        **{name: row[name] for name in ("id", "headline", "url")},
        **{name: _cell(annotations[name]["gold"]) for name in ("dominant_emotion", "cause", "target", "cue")},
    }
