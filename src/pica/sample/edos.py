"""EDOS's sample: made-up subtitles, the last utterance of each dialogue with one of 41 labels.

    1,0.9-4711,90210,"Who took the ladder ?
    I 'm so sorry , it was me .",Guilty,Guilty,Ashamed,Guilty

| quirk of the native files | where the sample has it |
|---|---|
| text as tokens: `haven 't`, ` ,` | `_tokens` |
| Title Case in files 1 and 2, lower case in 3 and 4 | `_row` |
| `- ` before utterances in files 2 to 4 | `_row`; `- - ` in `quirks` |
| dialogues of one utterance, and a very long one | `_dialogue`, `quirks` |
| the same dialogue in two files and, with another label, in one | `_with_copies` |
| `-`: no two agree, or two agree up to case; ` (Other)` after labels and free words; a DialogID twice | `quirks` |

The splits are cut by what is said, so dialogues are made up until each split has its share of each label.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

from pica.corpora import split_by_group
from pica.corpora.edos import EMOTIONS, INTENTS
from pica.sample import bank
from pica.sample.bank import empathy
from pica.sample.texts import fitting
from pica.schema import Conversation, Split, Turn

_NAMES = (
    "1. MTurk_groundtruth_labels_9K.csv",
    "2. Similar_dialogs_3K.csv",
    "3. Self-labeled_dialogs_4K.csv",
    "4. Similar_self-labeled_dialogs_2K.csv",
)
_COLUMNS = (
    (
        "Count",
        "Index",
        "DialogID",
        "Dialog",
        "Agreed emotion (2/3 vote)",
        "Worker 1 answer",
        "Worker 2 answer",
        "Worker 3 answer",
    ),
    ("", "emotion", "cos_sim", "amt_dialog_id", "amt_dialog", "os_dialog_id", "os_dialog"),
    ("", "Unnamed: 0", "os_dialog_id", "emotion", "confidence", "os_dialog"),
    ("", "emotion", "cos_sim", "high_dialog_id", "high_dialog", "os_dialog_id", "os_dialog"),
)
# Dialogues of an emotion and of an intent in each split, and in how many of ten each file has them.
_SIZES: dict[Split, tuple[int, int]] = {"train": (11, 18), "validation": (1, 2), "test": (2, 4)}
_FILES = (1, 1, 1, 1, 1, 2, 2, 3, 3, 4)
_LABELS = (*EMOTIONS, *INTENTS)


def conversations(rng: Random) -> list[Conversation]:
    """The dialogues by file, numbered from 1 in each."""
    parts = [bank.Part(rng, split) for split in _SIZES]
    drafts = [draft for label in _LABELS for part in parts for draft in _dialogues(part, label)]
    rng.shuffle(drafts)
    return list(_numbered(_with_copies(drafts)))


def _dialogues(rng: bank.Part, label: str) -> Iterator[tuple[int, Conversation]]:
    """A split's share of the dialogues of a label."""
    for _ in range(_SIZES[rng.split][label in INTENTS]):
        texts = fitting(rng, partial(_dialogue, label=label), _split)
        named = empathy.NEAR.get(label, label) if rng.random() < 0.04 else label
        yield rng.choice(_FILES), _conversation(rng.split, "", texts, named)


def _dialogue(rng: bank.Part, label: str) -> list[str]:
    if label in INTENTS:
        before, last = empathy.before_intent(rng), empathy.intent(rng, label)
    else:
        before, last = bank.greeting(rng), bank.utterance(rng, empathy.EMPATHETIC.get(label, label))
    openings: list[str] = list(rng.choice(((), (), (before,), (before,), (*_chat(rng), before))))
    return [_tokens(text) for text in (*openings, last)]


def _chat(rng: bank.Part) -> tuple[str, str]:
    return bank.exchange(rng, rng.choice(("chat", "home", "work")), "ask")


def _tokens(text: str) -> str:
    """Words and marks apart, as a tokeniser leaves them."""
    text = re.sub(r"\s*([.,!?:;]+)(?=\s|$)", r" \1", text)
    return re.sub(r"(?<=\w)('\w)", r" \1", text).strip()


def _split(texts: Sequence[str]) -> Split:
    letters = "".join(character for character in "".join(texts).casefold() if character.isalnum())
    return split_by_group(f"edos/{letters}")


def _conversation(split: Split, key: str, texts: Sequence[str], label: str) -> Conversation:
    turns = [Turn("AB"[position % 2], text) for position, text in enumerate(texts)]
    turns[-1] = replace(turns[-1], **{"emotion" if label in EMOTIONS else "act": label})
    return Conversation(f"edos/{split}/{key}", "edos", split, "en", tuple(turns))


def _with_copies(drafts: list[tuple[int, Conversation]]) -> list[tuple[int, Conversation]]:
    """Add a dialogue to file 1 with another label, and dialogues of one file to another."""
    train = [(file, c) for file, c in drafts if c.split == "train" and len(c.turns) > 1]
    first, second = ([c for file, c in train if file == number] for number in (1, 2))
    other = replace(first[0].turns[-1], emotion="neutral", act=None)
    relabelled = replace(first[0], turns=(*first[0].turns[:-1], other))
    return [*drafts, (1, relabelled), (1, first[1]), (2, first[2]), (3, second[0])]


def _numbered(drafts: Sequence[tuple[int, Conversation]]) -> Iterator[Conversation]:
    for file in range(1, len(_NAMES) + 1):
        part = [c for number, c in drafts if number == file]
        yield from (replace(c, id=f"{c.id}{file}-{row}") for row, c in enumerate(part, start=1))


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The four files of these dialogues, which stand by file in the order of their numbers."""
    for file, (name, columns) in enumerate(zip(_NAMES, _COLUMNS, strict=True), start=1):
        part = [c for c in conversations if _number(c)[0] == file]
        _save(folder / name, [columns, *(_row(c) for c in part)])


def _save(path: Path, rows: Sequence[Sequence]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def _number(conversation: Conversation) -> tuple[int, int]:
    file, row = conversation.id.rpartition("/")[2].split("-")
    return int(file), int(row)


def _row(conversation: Conversation) -> tuple:
    file, row = _number(conversation)
    label = conversation.turns[-1].emotion or conversation.turns[-1].act
    texts = [turn.text for turn in conversation.turns]
    key = 1000 * file + 7 * row
    if file == 1:
        votes = [label, label, empathy.NEAR.get(label, "neutral")]
        votes = [votes[(row + place) % 3].title() for place in range(3)]
        return row, f"0.{9 - row % 4}-{3 * key}", key, "\n".join(texts), label.title(), *votes
    dialogue = "\n".join(f"- {text}" for text in texts)
    if file == 3:
        return key, key, 2 * key, label, f"0.{99 - row % 40}1", dialogue
    # The dialogue that this one is like stands in full beside it.
    like = f"- {texts[-1]}"
    return row, label.title() if file == 2 else label, f"0.9{99 - row % 80}", 3 * key, like, 2 * key, dialogue


def quirks(folder: Path) -> None:
    """Votes that do not agree, words of the voters' own, a long dialogue, a number that two dialogues have."""
    path = folder / _NAMES[0]
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    for number, row in enumerate(rows):
        if number % 40 == 9:
            row[7] = "Could be any of them (Other)"
        elif number % 60 == 13:
            row[4] = f"{row[4]} (Other)"
        elif number == 30:
            row[2] = rows[0][2]
    length = len(rows)
    extra = [
        ("Where does this road lead ?\nTo the mill .", "-", "Questioning", "Neutral", "Afraid"),
        ("So you are back .", "-", "Surprised", "surprised", "Acknowledging"),
        ("I would not say so .", "Disagreeing (Other)", "Disagreeing (Other)", "Disagreeing (Other)", "Neutral"),
        ("\n".join(f"Number {n} .\nHere ." for n in range(1, 24)), "Neutral", "Neutral", "Neutral", "Prepared"),
    ]
    rows += [
        [length + n, f"0.5-{n}", 90000 + n, dialogue, *votes] for n, (dialogue, *votes) in enumerate(extra, start=1)
    ]
    _save(path, [header, *rows])
    path = folder / _NAMES[3]
    lines = path.read_text(encoding="utf-8").replace('"- ', '"- - ', 4)
    path.write_text(lines, encoding="utf-8", newline="\n")
