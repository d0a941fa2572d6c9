"""EmpatheticDialogues: one person tells of a situation and how it felt, another one listens and answers.

Two layouts are read. In the pinned one, a copy, every emotion has a CSV file, UTF-8, LF, named after it. A conversation
is a row with the situation, as it was written before talking, and then a row an utterance:

    Dialog_ID,Type,Actor,Text,Label
    hit:77_conv:154,situation,none,"My neighbour, of all people, fixed my fence.",grateful
    hit:77_conv:154,utterance,speaker,"I came home, and the fence stood again!",surprised
    hit:77_conv:154,utterance,listener,Who did that?,questioning

A label is one of 32 emotions, 8 intents or neutral. **A classifier wrote the labels of the rows, and nobody corrected
them**; the emotion of the conversation is the one that its speaker was given. The files are in `annotated/`; the same
ones without `Label`, beside that folder, are read where there is no such folder, and then no turn has a label.

The rows of the official validation and test sets stand in `fixed_valid.csv` and `fixed_test.csv`, of which the second
has no label; whatever is in neither is training data. A comma is `_comma_` there, and odd utterances are the speaker's.
The two texts of a conversation must agree. Two conversations stand in the fixed files alone; what these say of them is
kept, which for the one of the test set does not include an emotion:

    conv_id,utterance_idx,prompt,utterance,label
    hit:77_conv:154,1,My neighbour_comma_ of all people_comma_ fixed my fence.,I came home_comma_ and the …,27

The other layout is Facebook's own, `train.csv`, `valid.csv` and `test.csv`, taken when the folder has the first. Quotes
mean nothing in it, so a line is cut at every comma; held-out lines have a ninth cell with candidate replies:

    conv_id,utterance_idx,context,prompt,speaker_idx,utterance,selfeval,tags
    hit:77_conv:154,1,grateful,My neighbour_comma_ of all …,210,I came home_comma_ and …,5|5|5_4|5|5,

A few situations, of some words each, were written by two people and stand in two splits. Of such conversations those in
the earlier split are rejected: no situation to be found out in a test has been trained on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, groupby
from pathlib import Path

from pica.corpora import native
from pica.corpora.corpus import Corpus, Manifest, View
from pica.corpora.labels import COARSE, EMPATHETIC, EMPATHETIC_GROUPS, PICA_EMPATHETIC_GROUPS, numbered
from pica.schema import Conversation, Rejected, Split, Turn, to_row

_Rows = Iterator[tuple[native.At, dict[str, str]]]

_ROLES = ("speaker", "listener")
_EMOTION_CODES = numbered(EMPATHETIC)

# The test set comes after the validation set, so that of a situation in both the test's conversation is kept.
_FIXED: dict[Split, str] = {"validation": "fixed_valid.csv", "test": "fixed_test.csv"}
_FIXED_COLUMNS: dict[Split, tuple[str, ...]] = {
    "validation": ("conv_id", "utterance_idx", "prompt", "utterance", "label"),
    "test": ("conv_id", "utterance_idx", "prompt", "utterance"),
}
_COPY_COLUMNS = ("Dialog_ID", "Type", "Actor", "Text")
_LABEL = "Label"

INTENTS = (
    "acknowledging",
    "agreeing",
    "consoling",
    "encouraging",
    "questioning",
    "suggesting",
    "sympathizing",
    "wishing",
)
EMOTIONS = (*EMPATHETIC, "neutral")
# Of the emotion that a speaker was given, which is never an intent.
_PICA_GROUPS = {label: group for label, group in PICA_EMPATHETIC_GROUPS.items() if label in EMPATHETIC}

_NATIVE: dict[Split, str] = {"validation": "valid.csv", "test": "test.csv"}
_NATIVE_TRAIN = "train.csv"
_NATIVE_COLUMNS = ("conv_id", "utterance_idx", "context", "prompt", "speaker_idx", "utterance", "selfeval", "tags")


def read(folder: Path) -> Iterator[Conversation | Rejected]:
    """One conversation a conversation. The held-out ones, a fifth of all, are held in memory while the rest streams."""
    is_native = (folder / _NATIVE_TRAIN).exists()
    held: dict[str, Conversation] = {}
    for split, name in (_NATIVE if is_native else _FIXED).items():
        rows = _native_rows(folder / name) if is_native else _fixed_rows(folder / name, split)
        for conversation in _conversations(rows, split):
            held[conversation.id.rpartition("/")[2]] = conversation
    latest = {conversation.situation: conversation.split for conversation in held.values()}
    rest = _conversations(_native_rows(folder / _NATIVE_TRAIN), "train") if is_native else _copies(folder, held)
    # `held` is looked at when the rest has been read, which takes out of it what it has, too.
    for conversation in chain(rest, held.values()):
        yield _kept(conversation, latest)


def _kept(conversation: Conversation, latest: Mapping[str, Split]) -> Conversation | Rejected:
    split = latest.get(conversation.situation, conversation.split)
    if split == conversation.split:
        return conversation
    row = json.dumps(to_row(conversation), ensure_ascii=False)
    return Rejected(conversation.id, conversation.corpus, conversation.split, f"its situation stands in {split}", row)


def _fixed_rows(path: Path, split: Split) -> _Rows:
    return native.table(path, _FIXED_COLUMNS[split], terminated=True, one_line=True)


def _native_rows(path: Path) -> _Rows:
    lines = native.lines(path)
    at, header = next(lines)
    if header != ",".join(_NATIVE_COLUMNS):
        at.fail(f"expected the header {','.join(_NATIVE_COLUMNS)}")
    for at, line in lines:
        cells = line.split(",")
        if len(cells) not in (len(_NATIVE_COLUMNS), len(_NATIVE_COLUMNS) + 1):
            at.fail(f"expected {len(_NATIVE_COLUMNS)} cells, or one more with candidates, found {len(cells)}")
        yield at, dict(zip(_NATIVE_COLUMNS, cells, strict=False))


def _conversations(rows: _Rows, split: Split) -> Iterator[Conversation]:
    """The conversations of a native or fixed file, which differ in where the emotion stands."""
    for key, group in _grouped(rows, "conv_id"):
        at, first = group[0]
        yield Conversation(
            id=f"empatheticdialogues/{split}/{key}",
            corpus="empatheticdialogues",
            split=split,
            language="en",
            turns=tuple(_turn(at, number, row) for number, (at, row) in enumerate(group, start=1)),
            situation=at.text(_unescaped(first["prompt"]), "prompt"),
            emotion=_emotion(at, first),
        )


def _grouped(rows: _Rows, column: str) -> Iterator[tuple[str, list[tuple[native.At, dict[str, str]]]]]:
    seen: set[str] = set()
    for key, group in groupby(rows, key=lambda row: row[1][column]):
        conversation = list(group)
        if key in seen:
            conversation[0][0].fail(f"the conversation {key} goes on after another one")
        seen.add(key)
        yield key, conversation


def _turn(at: native.At, number: int, row: Mapping[str, str]) -> Turn:
    if at.integer(row["utterance_idx"], "utterance_idx") != number:
        at.fail(f"expected utterance {number} of the conversation, found {row['utterance_idx']}")
    return Turn(_role(number), at.text(_unescaped(row["utterance"]), "utterance"))


def _role(number: int) -> str:
    """Who says the utterance of that number, from 1."""
    return _ROLES[(number - 1) % 2]


def _emotion(at: native.At, row: Mapping[str, str]) -> str | None:
    if "context" in row:
        return at.label(row["context"], EMPATHETIC, "emotion")
    return at.label(row["label"], _EMOTION_CODES, "emotion") if "label" in row else None


def _unescaped(text: str) -> str:
    return text.replace("_comma_", ",")


def _copies(folder: Path, held: dict[str, Conversation]) -> Iterator[Conversation]:
    """The conversations of the files by emotion; those that are held are taken out of `held`."""
    annotated = (folder / "annotated").is_dir()
    columns = (*_COPY_COLUMNS, _LABEL) if annotated else _COPY_COLUMNS
    for emotion in EMPATHETIC:
        path = folder / "annotated" / f"{emotion}.csv" if annotated else folder / f"{emotion}.csv"
        rows = native.table(path, columns, terminated=True)
        for key, group in _grouped(rows, "Dialog_ID"):
            yield _copy(key, group, emotion, held.pop(key, None))


def _copy(
    key: str, rows: Sequence[tuple[native.At, dict[str, str]]], emotion: str, known: Conversation | None
) -> Conversation:
    (at, first), *utterances = rows
    if (first["Type"], first["Actor"]) != ("situation", "none") or not utterances:
        at.fail(f"the conversation {key} should be a situation and then utterances")
    split = known.split if known else "train"
    conversation = Conversation(
        id=f"empatheticdialogues/{split}/{key}",
        corpus="empatheticdialogues",
        split=split,
        language="en",
        turns=tuple(_copied_turn(at, number, row) for number, (at, row) in enumerate(utterances, start=1)),
        situation=at.text(first["Text"], "situation"),
        emotion=emotion,
    )
    if known and replace(conversation, emotion=known.emotion or emotion) != replace(known, emotion=emotion):
        at.fail(f"the conversation {key} is another one in {_FIXED[split]}")
    turns = (_labelled(at, turn, row) for turn, (at, row) in zip(conversation.turns, utterances, strict=True))
    return replace(conversation, turns=tuple(turns))


def _labelled(at: native.At, turn: Turn, row: Mapping[str, str]) -> Turn:
    """The turn with the label of its row, an emotion or an intent, where rows have one."""
    if _LABEL not in row:
        return turn
    label = at.label(row[_LABEL], (*EMOTIONS, *INTENTS), "label")
    return replace(turn, act=label) if label in INTENTS else replace(turn, emotion=label)


def _copied_turn(at: native.At, number: int, row: Mapping[str, str]) -> Turn:
    if (row["Type"], row["Actor"]) != ("utterance", _role(number)):
        at.fail(f"expected an utterance of the {_role(number)}, found {row['Type']} of {row['Actor']}")
    return Turn(row["Actor"], at.text(row["Text"], "utterance"))


CORPUS = Corpus(
    name="empatheticdialogues",
    title="EmpatheticDialogues",
    homepage="https://github.com/facebookresearch/EmpatheticDialogues",
    citation=(
        "Rashkin, Smith, Li, Boureau. Towards Empathetic Open-domain Conversation Models: a New Benchmark and Dataset. "
        "ACL 2019; the copy by emotion: Welivita, Pu. COLING 2020"
    ),
    licence="CC-BY-NC-4.0",
    commercial=False,
    redistributable=True,
    personal=False,
    languages=("en",),
    read=read,
    note="the labels of single turns were written by a classifier",
    emotions=EMOTIONS,
    acts=INTENTS,
    views=(
        View(
            "empatheticdialogues-coarse-classification",
            "dialogue_emotion",
            4980,
            asks="emotion",
            of="conversation",
            labels=COARSE,
            relabel=EMPATHETIC_GROUPS,
            pica_groups=_PICA_GROUPS,
            speaker="speaker",
        ),
        View(
            "empatheticdialogues-fine-classification",
            "dialogue_emotion",
            4895,
            asks="emotion",
            of="conversation",
            labels=EMPATHETIC,
            groups=EMPATHETIC_GROUPS,
            pica_groups=_PICA_GROUPS,
            speaker="speaker",
        ),
        View(
            "empatheticdialogues-generation",
            "dialogue_generation",
            5000,
            asks="reply",
            controls=("feeling", "situation", "act"),
            speaker="listener",
        ),
        View(
            "empatheticdialogues-turn-coarse-classification",
            "dialogue_emotion",
            2000,
            asks="emotion",
            labels=COARSE,
            relabel=EMPATHETIC_GROUPS,
            pica_groups=PICA_EMPATHETIC_GROUPS,
        ),
        View(
            "empatheticdialogues-turn-fine-classification",
            "dialogue_emotion",
            2000,
            asks="emotion",
            labels=EMPATHETIC,
            groups=EMPATHETIC_GROUPS,
            pica_groups=PICA_EMPATHETIC_GROUPS,
        ),
        View(
            "empatheticdialogues-turn-classification",
            "dialogue_emotion",
            2000,
            asks="emotion",
            labels=(*EMOTIONS, *INTENTS),
        ),
        View(
            "empatheticdialogues-situation-inference", "dialogue_inference", 5000, asks="situation", of="conversation"
        ),
        View(
            "empatheticdialogues-emotion-inference",
            "dialogue_inference",
            2000,
            asks="emotion",
            of="conversation",
            labels=EMPATHETIC,
        ),
    ),
    files=Manifest("empatheticdialogues.tsv"),
)
