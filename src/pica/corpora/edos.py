"""EDOS: subtitles cut into dialogues, the last utterance of each with one of 32 emotions, 8 intents or neutral.

Four CSV files, UTF-8, LF, a dialogue a row with its utterances divided by line breaks inside one quoted cell. The first
file is labelled by people, in Title Case, and its utterances are bare:

    Count,Index,DialogID,Dialog,Agreed emotion (2/3 vote),Worker 1 answer,Worker 2 answer,Worker 3 answer
    12,0.7-415,83120,"Who let the goat in ?
    I 'm so sorry , it was me .",Guilty,Guilty,Ashamed,Guilty

In the others a model gave the label, or found the dialogue close to a labelled one, which is not read. `- ` stands
before every utterance:

    ,emotion,cos_sim,amt_dialog_id,amt_dialog,os_dialog_id,os_dialog
    7,Guilty,0.93,83120,"- Who let …","5001","- Is the gate open ?
    - My fault , forgive me ."

These four are what EDOS's classifier was trained on. The million dialogues that it then labelled, from which PICA drew
its rows of 2023, are another set, which upstream gives through a drive alone (Data/EDOS/README.md there). Who has it
gives its folder, `source.manual.edos`. It is read by itself, or with those of the four that lie beside it. Its name
begins with `EDOS` and ends with `1M.csv`; a row is an utterance, and each has a label. The file was not at hand here:
its columns are those that projects which use it read, and any others are passed over:

    dialogue_id,turn,uttr,eb+_emot,label_confidence
    83120,1,Who let the goat in ?,questioning,0.91
    83120,2,"I 'm so sorry , it was me .",guilty,0.87

Nobody says who speaks: the utterances are given to two people in turn. `-` as a label means that no two of three
workers agreed. ` (Other)` after a label means that it was written by hand: it is dropped from a label of the set, and a
row with another word is rejected. There are no splits upstream. Hundreds of dialogues stand in several rows, some of
them with two labels, so the splits are cut by what is said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, View, split_by_group
from pica.corpora.labels import COARSE, EMPATHETIC, EMPATHETIC_GROUPS, PICA_EMPATHETIC_GROUPS
from pica.schema import Conversation, Rejected, Turn

_URL = (
    "https://raw.githubusercontent.com/anuradha1992/EDOS/25680d7e6c327a44dbc050198c28cd9dcbcf9000"
    "/Data/Training%20data%20for%20the%20dialogue%20emotion%20classifier"
)

EMOTIONS = (*EMPATHETIC, "neutral")
INTENTS = (
    "agreeing",
    "acknowledging",
    "encouraging",
    "consoling",
    "sympathizing",
    "suggesting",
    "questioning",
    "wishing",
)
_LABELS = (*EMOTIONS, *INTENTS)

# The set of a million, and what is read of it.
_MILLION = "EDOS*1M.csv"
_COLUMNS = ("dialogue_id", "turn", "uttr", "eb+_emot")
_NO_AGREEMENT, _BY_HAND = "-", " (Other)"
_DASHES = re.compile(r"(- )*")


class _Table(NamedTuple):
    name: str
    columns: tuple[str, ...]
    label: str = "emotion"
    dialogue: str = "os_dialog"


# In the order of their numbers, which stand in the ids.
_TABLES = (
    _Table(
        "1. MTurk_groundtruth_labels_9K.csv",
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
        label="Agreed emotion (2/3 vote)",
        dialogue="Dialog",
    ),
    _Table(
        "2. Similar_dialogs_3K.csv",
        ("", "emotion", "cos_sim", "amt_dialog_id", "amt_dialog", "os_dialog_id", "os_dialog"),
    ),
    _Table(
        "3. Self-labeled_dialogs_4K.csv",
        ("", "Unnamed: 0", "os_dialog_id", "emotion", "confidence", "os_dialog"),
    ),
    _Table(
        "4. Similar_self-labeled_dialogs_2K.csv",
        ("", "emotion", "cos_sim", "high_dialog_id", "high_dialog", "os_dialog_id", "os_dialog"),
    ),
)


def read(folder: Path) -> Iterator[Conversation | Rejected]:
    """One conversation a dialogue; its id is the number of the file and the row, both from 1, or `1M` and its own."""
    million = sorted(folder.glob(_MILLION))
    for path in million:
        yield from _million(path)
    for file, table in enumerate(_TABLES, start=1):
        if million and not (folder / table.name).exists():
            continue
        rows = native.table(folder / table.name, table.columns, terminated=True)
        for number, (at, row) in enumerate(rows, start=1):
            yield _dialogue(at, f"{file}-{number}", row, row[table.dialogue], row[table.label])


def _dialogue(at: native.At, number: str, row: dict[str, str], dialogue: str, label: str) -> Conversation | Rejected:
    utterances = [_utterance(at, utterance) for utterance in dialogue.split("\n")]
    split = split_by_group(f"edos/{_letters(dialogue)}")
    key = f"edos/{split}/{number}"
    if reason := _reason_against(label):
        return Rejected(key, "edos", split, reason, json.dumps(row, ensure_ascii=False))
    label = at.label(label.removesuffix(_BY_HAND), _LABELS, "emotion or intent")
    turns = [Turn("AB"[position % 2], utterance) for position, utterance in enumerate(utterances)]
    turns[-1] = replace(turns[-1], **{"emotion" if label in EMOTIONS else "act": label})
    return Conversation(key, "edos", split, "en", tuple(turns))


@native.of_the_user
def _million(path: Path) -> Iterator[Conversation | Rejected]:
    def needs(at: native.At, columns: Sequence[str]) -> None:
        if missing := [name for name in _COLUMNS if name not in columns]:
            at.fail(f"expected the columns {', '.join(_COLUMNS)}, found no {missing[0]}")

    seen: set[int] = set()
    for key, group in groupby(native.table(path, (), needs=needs), key=lambda line: line[1]["dialogue_id"]):
        lines = list(group)
        if hash(key) in seen:
            lines[0][0].fail(f"the dialogue {native.short(key)} goes on after another one; sort the rows by dialogue")
        seen.add(hash(key))
        yield _labelled(key, lines)


def _labelled(key: str, lines: Sequence[tuple[native.At, dict[str, str]]]) -> Conversation | Rejected:
    """A dialogue of the million; its utterances follow each other."""
    places = [at.integer(row["turn"], "turn") for at, row in lines]
    for (at, _), before, place in zip(lines[1:], places, places[1:], strict=False):
        if place <= before:
            at.fail(f"turn {place} follows turn {before} of the dialogue {native.short(key)}")
    texts = [row["uttr"].strip() for _, row in lines]
    split = split_by_group(f"edos/{_letters(''.join(texts))}")
    identifier = f"edos/{split}/1M-{lines[0][0].text(key, 'dialogue_id')}"
    if not all(texts):
        return Rejected(
            identifier, "edos", split, "a turn without text", json.dumps([row for _, row in lines], ensure_ascii=False)
        )
    labels = [at.label(row["eb+_emot"], _LABELS, "emotion or intent") for at, row in lines]
    turns = [
        Turn("AB"[position % 2], text, **{"emotion" if label in EMOTIONS else "act": label})
        for position, (text, label) in enumerate(zip(texts, labels, strict=True))
    ]
    return Conversation(identifier, "edos", split, "en", tuple(turns))


def _utterance(at: native.At, raw: str) -> str:
    return at.text(raw[_DASHES.match(raw).end() :], "utterance")


def _letters(dialogue: str) -> str:
    """What copies of a dialogue share, however their case, punctuation and blanks differ."""
    return "".join(character for character in dialogue.casefold() if character.isalnum())


def _reason_against(label: str) -> str | None:
    if label == _NO_AGREEMENT:
        return "annotators disagree"
    if label.endswith(_BY_HAND) and label.removesuffix(_BY_HAND).casefold() not in _LABELS:
        return f"label not in the set: {label}"
    return None


CORPUS = Corpus(
    name="edos",
    title="EDOS: Emotional Dialogues in OpenSubtitles, the dialogues behind its classifier",
    homepage="https://github.com/anuradha1992/EDOS",
    citation="Welivita, Xie, Pu. A Large-Scale Dataset for Empathetic Response Generation. EMNLP 2021",
    licence="CC-BY-4.0",
    commercial=True,
    redistributable=True,
    personal=False,
    languages=("en",),
    read=read,
    emotions=EMOTIONS,
    acts=INTENTS,
    views=(
        View(
            "edos-coarse-classification",
            "dialogue_emotion",
            4980,
            asks="emotion",
            labels=COARSE,
            relabel=EMPATHETIC_GROUPS,
            pica_groups=PICA_EMPATHETIC_GROUPS,
        ),
        View(
            "edos-fine-classification",
            "dialogue_emotion",
            4895,
            asks="emotion",
            labels=EMPATHETIC,
            groups=EMPATHETIC_GROUPS,
            pica_groups=PICA_EMPATHETIC_GROUPS,
        ),
        View("edos-classification", "dialogue_emotion", 2000, asks="emotion", labels=_LABELS),
        View("edos-generation", "dialogue_generation", 5000, asks="reply", controls=("emotion", "act")),
        View("edos-act-inference", "dialogue_inference", 2000, asks="act", labels=INTENTS),
    ),
    files=(
        File(
            "1. MTurk_groundtruth_labels_9K.csv",
            f"{_URL}/1.%20MTurk_groundtruth_labels_9K.csv",
            "fc09da05501c21217425ca7733dff42fdd10ee96cd599abeebfb2f77720eed04",
            1920052,
        ),
        File(
            "2. Similar_dialogs_3K.csv",
            f"{_URL}/2.%20Similar_dialogs_3K.csv",
            "f50f5d4d9428b164b3f97ecc5cd3ce7923815750d189978e07bc6d4ba20e27f1",
            668381,
        ),
        File(
            "3. Self-labeled_dialogs_4K.csv",
            f"{_URL}/3.%20Self-labeled_dialogs_4K.csv",
            "871a759482eb507ad24984d1e2bdf6e54d705daef1b10a1dbd6ee76fa51c9cea",
            1447873,
        ),
        File(
            "4. Similar_self-labeled_dialogs_2K.csv",
            f"{_URL}/4.%20Similar_self-labeled_dialogs_2K.csv",
            "032c4486981773d704f5a2e74f51906ab01861072f7cbf6722b4651cca3276dd",
            947362,
        ),
    ),
)
