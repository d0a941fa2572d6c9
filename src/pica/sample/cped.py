"""CPED's sample: a made-up TV series a split.

    99,99_001,99_001_003,小周,male,young,low,…,office,0_0_0_0,…,negative,worried,question,那 我们怎么办

| quirk of the native files | where the sample has it |
|---|---|
| a byte-order mark; CRLF in valid, LF in the others | `_save` |
| blanks for pauses | `_row` |
| several lines of one speaker in a row | `_dialogue` |
| 其他, of whom nothing is known | `_dialogue` |
| a scene that changes | `_row`, where a dialogue has none |
| a line break inside quotes, utterances with gaps | `quirks` |
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from pica.corpora import cped
from pica.sample.bank import Part, daily
from pica.schema import SPLITS, Conversation, Persona, Split, Turn

_SIZES: dict[Split, int] = {"train": 60, "validation": 12, "test": 30}
_NAMES: dict[Split, str] = {"train": "train_split.csv", "validation": "valid_split.csv", "test": "test_split.csv"}
_SERIES: dict[Split, str] = {"train": "91", "validation": "95", "test": "98"}
_CASTS: dict[Split, tuple[str, ...]] = {
    "train": ("陈默", "许燕", "老关", "旁人"),
    "validation": ("沈舟", "何苗", "梁叔", "旁人"),
    "test": ("江晚", "白石", "冯姨", "旁人"),
}
_FELT = {
    "relaxed": "neutral",
    "positive-other": "happy",
    "depress": "sad",
    "astonished": "surprised",
    "worried": "fearful",
    "negative-other": "disgusted",
    "anger": "angry",
    "sadness": "sad",
    "fear": "fearful",
    "disgust": "disgusted",
}


def conversations(rng: Random) -> list[Conversation]:
    """The dialogues of all splits."""
    dialogues = []
    for split in SPLITS:
        part, emotions = Part(rng, split), list(cped.WORDS)
        profiles = {name: _profile(part) for name in _CASTS[split][:3]}
        for number in range(_SIZES[split]):
            emotion = emotions[number % len(emotions)]
            dialogues.append(_dialogue(part, f"{_SERIES[split]}_{number:03}", emotion, profiles))
    return dialogues


def _profile(rng: Part) -> tuple[str, ...]:
    traits = (rng.choice(pair) for pair in cped.TRAITS.values())
    return f"{rng.choice('男女')}，{rng.choice(('青年', '中年', '老年'))}。", f"{'，'.join(traits)}。"


def _dialogue(rng: Part, key: str, emotion: str, profiles: dict[str, tuple[str, ...]]) -> Conversation:
    first, second = rng.sample(_CASTS[rng.split], 2)
    (asked, question), (answered, answer) = daily.exchange(rng)
    said = daily.felt(rng, _FELT.get(emotion, emotion)).rstrip("。！？")
    turns = [
        Turn(first, said, emotion, "statement-non-opinion"),
        Turn(first, question.rstrip("。！？"), "neutral", asked),
        Turn(second, answer.rstrip("。！？"), "neutral", answered),
    ]
    if rng.random() < 0.4:
        turns.append(Turn(second, daily.felt(rng, "neutral").rstrip("。"), "neutral", "statement-opinion"))
    return Conversation(
        id=f"cped/{rng.split}/{key}",
        corpus="cped",
        split=rng.split,
        language="zh",
        turns=tuple(turns),
        situation=None if key.endswith("5") else rng.choice(list(cped.SCENES)),
        personas=tuple(Persona(name, text) for name in (first, second) for text in profiles.get(name, ())),
    )


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The three tables."""
    for split, name in _NAMES.items():
        rows = [row for c in conversations if c.split == split for row in _rows(c)]
        _save(folder / name, rows)


def _save(path: Path, rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        end = "\r\n" if path.name.startswith("valid") else "\n"
        csv.writer(file, lineterminator=end).writerows((cped._COLUMNS, *rows))


def _rows(conversation: Conversation) -> Iterator[tuple[str, ...]]:
    key = conversation.id.rpartition("/")[2]
    known = {turn.speaker: tuple(_known(conversation, turn.speaker)) for turn in conversation.turns}
    for number, turn in enumerate(conversation.turns):
        scene = conversation.situation or ("home", "car")[number % 2]
        sentiment = cped._SENTIMENT_OF[turn.emotion]
        place = f"{number % 3}_0_{20 + number}_40"
        yield (
            *(key.partition("_")[0], key, f"{key}_{number:03}"),
            *("其他" if turn.speaker == "旁人" else turn.speaker, *known[turn.speaker]),
            *(scene, place, place, sentiment, turn.emotion, turn.act),
            re.sub(r"(?<=[\u4e00-\u9fff])，(?=[\u4e00-\u9fff])", " ", turn.text),
        )


def _known(conversation: Conversation, speaker: str) -> Iterator[str]:
    """Gender, age and traits as the files have them, of what a speaker's persona says."""
    words = {word for p in conversation.personas if p.speaker == speaker for word in p.text.rstrip("。").split("，")}
    for names in (cped.GENDERS, cped.AGES):
        yield next((name for name, word in names.items() if word and word in words), "unknown")
    for high, low in cped.TRAITS.values():
        yield "high" if high in words else "low" if low in words else "unknown"


def quirks(folder: Path) -> None:
    """A line break inside a cell, and numbers that go on with a gap."""
    path = folder / _NAMES["validation"]
    with path.open(encoding="utf-8-sig", newline="") as file:
        _, *rows = csv.reader(file)
    rows[1][-1] = f"{rows[1][-1][:2]}\n{rows[1][-1][2:]}"
    rows[2][2] = f"{rows[2][1]}_007"
    rows = [row for row in rows if row[1] != rows[2][1] or row in rows[:3]]
    _save(path, rows)
