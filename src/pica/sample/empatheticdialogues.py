"""EmpatheticDialogues' sample: made-up talks about a situation, in the layout of the copy by emotion.

    annotated/proud.csv
        hit:31_conv:62,situation,none,"I was chuffed when my story, of all things, was printed.",proud
        hit:31_conv:62,utterance,speaker,They printed my story!,joyful
    fixed_test.csv
        hit:31_conv:62,1,"I was chuffed when my story_comma_ of all things_comma_ …",They printed my story!

| quirk of the native files | where the sample has it |
|---|---|
| `_comma_` in the fixed files alone, quotes doubled | `_fixed_rows`, `conversations` |
| one conversation of each held-out split is in the fixed file alone | `conversations` (test), `quirks` (validation) |
| conversations of one turn and of eight | `_talk` |
| the same situation in two splits | `quirks` |
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from pica.corpora.empatheticdialogues import INTENTS
from pica.corpora.labels import EMPATHETIC
from pica.sample import bank
from pica.sample.bank import empathy
from pica.schema import Conversation, Split, Turn

_SIZES: dict[Split, int] = {"train": 4, "validation": 1, "test": 1}
_FIXED: dict[Split, str] = {"validation": "fixed_valid.csv", "test": "fixed_test.csv"}
_ROLES = ("speaker", "listener")


def conversations(rng: Random) -> list[Conversation]:
    """The talks of all three splits by emotion, and one of the test set whose emotion nobody tells."""
    talks = []
    parts = {split: bank.Part(rng, split) for split in _SIZES}
    for place, emotion in enumerate(EMPATHETIC):
        # A quarter of the emotions is enough to validate on: the fixed files repeat the situation with each turn.
        splits = [
            split for split, size in _SIZES.items() for _ in range(size) if split != "validation" or place % 4 == 0
        ]
        rng.shuffle(splits)
        for position, split in enumerate(splits):
            talks.append(_talk(parts[split], 40 * place + 3 * position + rng.randrange(3), emotion))
    untold = _talk(parts["test"], 2000, "grateful")
    turns = tuple(replace(turn, emotion=None, act=None) for turn in untold.turns)
    return [*talks, replace(untold, turns=turns, emotion=None)]


def _talk(rng: bank.Part, number: int, emotion: str) -> Conversation:
    label = empathy.NEAR.get(emotion, emotion) if rng.split == "train" and rng.random() < 0.04 else emotion
    situation, told = empathy.story(rng, label)
    texts = [told, empathy.heard(rng, emotion), _on(rng, emotion), empathy.closed(rng)]
    if number % 9 == 4:
        texts.append(empathy.thanked(rng))
    if number % 31 == 7:
        texts += [_on(rng, emotion), empathy.closed(rng), empathy.thanked(rng), empathy.parted(rng)][: 8 - len(texts)]
    elif number % 83 == 5:
        texts = texts[:1]
    if number % 29 == 2:
        texts[0] = f'My {bank.fill(rng, "{kin}")} said "write it down". {texts[0]}'
    return Conversation(
        id=f"empatheticdialogues/{rng.split}/hit:{number}_conv:{2 * number + number % 2}",
        corpus="empatheticdialogues",
        split=rng.split,
        language="en",
        turns=tuple(_turn(position, text, number, emotion) for position, text in enumerate(texts)),
        situation=situation,
        emotion=emotion,
    )


def _turn(position: int, text: str, number: int, emotion: str) -> Turn:
    """What the speaker says has the talk's emotion, or none; what the listener says an intent."""
    if position % 2:
        return Turn("listener", text, act=INTENTS[(number + position) % len(INTENTS)])
    return Turn("speaker", text, "neutral" if position > 2 or (number % 3 == 0 and position) else emotion)


def _on(rng: bank.Part, emotion: str) -> str:
    """How the speaker goes on: with the feeling, often in the plainest word for it."""
    shade = empathy.EMPATHETIC[emotion]
    if rng.random() < 0.5:
        return f"I was {empathy.plainest(emotion)}."
    return bank.felt(rng, shade) if rng.random() < 0.5 else bank.say(rng, shade)


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """A file an emotion, and the fixed files of the held-out splits. One without an emotion is in these alone, where no
    turn has a label."""
    annotated = any(turn.emotion or turn.act for c in conversations for turn in c.turns)
    for emotion in EMPATHETIC:
        rows = (row for c in conversations if c.emotion == emotion for row in _rows(c))
        columns = ("Dialog_ID", "Type", "Actor", "Text", "Label")
        if annotated:
            (folder / "annotated").mkdir(exist_ok=True)
            _save(folder / "annotated" / f"{emotion}.csv", columns, rows)
        else:
            _save(folder / f"{emotion}.csv", columns[:-1], (row[:-1] for row in rows))
    for split, name in _FIXED.items():
        columns = ["conv_id", "utterance_idx", "prompt", "utterance", "label"][: 5 if split == "validation" else 4]
        rows = (row[: len(columns)] for c in conversations if c.split == split for row in _fixed_rows(c))
        _save(folder / name, columns, rows)


def _save(path: Path, columns: Sequence[str], rows: Iterator[Sequence]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _key(conversation: Conversation) -> str:
    return conversation.id.rpartition("/")[2]


def _rows(conversation: Conversation) -> Iterator[tuple[str, ...]]:
    yield _key(conversation), "situation", "none", conversation.situation, conversation.emotion
    for turn in conversation.turns:
        yield _key(conversation), "utterance", turn.speaker, turn.text, turn.emotion or turn.act


def _fixed_rows(conversation: Conversation) -> Iterator[tuple]:
    label = EMPATHETIC.index(conversation.emotion) if conversation.emotion else None
    for number, turn in enumerate(conversation.turns, start=1):
        prompt, utterance = (text.replace(",", "_comma_") for text in (conversation.situation, turn.text))
        yield _key(conversation), number, prompt, utterance, label


def quirks(folder: Path) -> None:
    """A validation talk that no file by emotion has, and a training talk of a situation that is tested on."""
    with (folder / _FIXED["validation"]).open(encoding="utf-8", newline="") as file:
        missing = list(csv.reader(file))[-1]
    path = folder / "annotated" / f"{EMPATHETIC[int(missing[4])]}.csv"
    kept = [row for row in path.read_text(encoding="utf-8").splitlines() if not row.startswith(f"{missing[0]},")]
    path.write_text("".join(f"{row}\n" for row in kept), encoding="utf-8", newline="\n")
    with (folder / _FIXED["test"]).open(encoding="utf-8", newline="") as file:
        prompt = list(csv.reader(file))[1][2].replace("_comma_", ",")
    talk = Conversation(
        id="empatheticdialogues/train/hit:2001_conv:4002",
        corpus="empatheticdialogues",
        split="train",
        language="en",
        turns=(
            Turn("speaker", "That was it, and I kept quiet about it.", "ashamed"),
            Turn("listener", "Why did you?", act="questioning"),
        ),
        situation=prompt,
        emotion="sad",
    )
    with (folder / "annotated" / "sad.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(_rows(talk))
