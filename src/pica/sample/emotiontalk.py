"""EmotionTalk's sample: made-up dialogues of two actors, with a label of the text and one of the clip.

    G00091/G00091_07/G00091_07_21/G00091_07_21_012,surprised,你把[over/]沙发[/over]卖了？

| quirk of the native files | where the sample has it |
|---|---|
| two labels a turn, which often differ | `_dialogue` |
| turn numbers with gaps, rows unsorted | `_named`, `write` |
| marks of what was heard, some misspelt or cut | `quirks` |
| a dialogue with one speaker | `conversations` |
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from pica.corpora.emotiontalk import EMOTIONS
from pica.sample.bank import Part, daily
from pica.schema import SPLITS, Conversation, Split, Turn

_GROUPS: dict[Split, str] = {"train": "G00091", "validation": "G00001", "test": "G00003"}
_SIZES: dict[Split, int] = {"train": 50, "validation": 8, "test": 16}


def conversations(rng: Random) -> list[Conversation]:
    """Two conversations a dialogue."""
    rows = []
    for split in SPLITS:
        part = Part(rng, split)
        for number in range(_SIZES[split]):
            rows += _dialogue(part, f"{_GROUPS[split]}_{number:02}", number)
    return rows


def _dialogue(rng: Part, key: str, number: int) -> Iterator[Conversation]:
    count = 1 if number == 6 else rng.choice((4, 5, 6))
    clips, texts = [], []
    for place in range(count):
        felt = EMOTIONS[(number + place // 2) % len(EMOTIONS)]
        text = daily.felt(rng, felt)
        shown = felt if rng.random() < 0.6 else rng.choice(EMOTIONS)
        clips.append(Turn("甲乙"[place % 2], text, shown))
        texts.append(Turn("甲乙"[place % 2], text, felt))
    for kind, turns in (("clip", clips), ("text", texts)):
        yield Conversation(f"emotiontalk/{rng.split}/{kind}-{key}", "emotiontalk", rng.split, "zh", tuple(turns))


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """Both tables; each dialogue's rows stand by speaker."""
    said: list[tuple[str, ...]] = [("name", "emotion", "chinese")]
    shown: list[tuple[str, ...]] = [("file_name", "emotion")]
    for clip, text in zip(conversations[::2], conversations[1::2], strict=True):
        for name, turn, seen in sorted(_named(text, clip)):
            said.append((name, turn.emotion, turn.text))
            shown.append((f"{name}.mp4", seen.emotion))
    _save(folder / "transcription.csv", said)
    _save(folder / "mm.csv", shown)


def _named(text: Conversation, clip: Conversation) -> Iterator[tuple[str, Turn, Turn]]:
    """Turns under their names, which differ, so that nothing else is compared."""
    dialogue = text.id.rpartition("/")[2].removeprefix("text-")
    for place, (turn, seen) in enumerate(zip(text.turns, clip.turns, strict=True)):
        speaker = f"{dialogue}_{21 + '甲乙'.index(turn.speaker)}"
        yield f"{dialogue.partition('_')[0]}/{dialogue}/{speaker}/{speaker}_{2 + place + place // 3:03}", turn, seen


def _save(path: Path, rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def quirks(folder: Path) -> None:
    """Marks of what was heard around and in words."""
    path = folder / "transcription.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    marked = ("[over/]{}[/over]", "[laughing]{}", "{}[interrupted]", "[[/over]{}", "{}[/over/]", "[Sobbing]{}", "{}]")
    for place, frame in enumerate(marked):
        rows[3 + 2 * place][2] = frame.format(rows[3 + 2 * place][2])
    rows[20][2] = f"{rows[20][2][:2]}[over/{rows[20][2][2:4]}]{rows[20][2][4:]}"
    _save(path, rows)
