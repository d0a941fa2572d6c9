"""SMP2020-EWECT's sample: made-up posts, on anything (`usual`) and with reposts of others (`virus`).

    label	text_a
    1	小周又没打招呼就拿走我的雨伞，气死我了！[怒]//@小林:这也太过分了

| quirk of the native files | where the sample has it |
|---|---|
| no quoting: a double quote is text | `_post` |
| topics, emoticons, reposts, handles | `_post` |
| HTML entities | `quirks`, usual/train.tsv |
| the same post twice, with two labels | `quirks`, both train.tsv |
| links and mobile numbers | `quirks`, virus/train.tsv |
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

from pica.corpora.smp2020_ewect import EMOTIONS, PARTS
from pica.sample.bank import Part, daily
from pica.schema import SPLITS, Conversation, Split, Turn

_SIZES: dict[Split, int] = {"train": 60, "validation": 12, "test": 18}
_NAMES: dict[Split, str] = {"train": "train.tsv", "validation": "dev.tsv", "test": "test.tsv"}
_FELT = dict(zip(EMOTIONS, ("neutral", "angry", "happy", "sad", "fearful", "surprised"), strict=True))


def conversations(rng: Random) -> list[Conversation]:
    """The posts of both parts and all splits."""
    posts = []
    for part in PARTS:
        for split in SPLITS:
            own = Part(rng, split)
            for number in range(1, _SIZES[split] + 1):
                emotion = EMOTIONS[number % len(EMOTIONS)]
                turn = Turn("writer", _post(own, emotion, part))
                key = f"smp2020_ewect/{split}/{part}-{number}"
                posts.append(Conversation(key, "smp2020_ewect", split, "zh", (turn,), emotion=emotion))
    return posts


def _post(rng: Part, emotion: str, part: str) -> str:
    text = daily.felt(rng, _FELT[emotion])
    if rng.random() < 0.3:
        text = f"#{daily.weibo(rng, 'topics')}#{text}"
    if rng.random() < 0.3:
        text += daily.weibo(rng, "icons")
    if rng.random() < 0.1:
        text = f'"{text}"'
    if part == "virus" and rng.random() < 0.4:
        text += f"//@小林:{daily.felt(rng, _FELT[rng.choice(EMOTIONS)])}"
    return text


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The six tables."""
    for part in PARTS:
        (folder / part).mkdir()
        for split, name in _NAMES.items():
            rows = [c for c in conversations if c.split == split and c.id.split("/")[2].startswith(part)]
            _save(folder / part / name, [f"{EMOTIONS.index(c.emotion)}\t{c.turns[0].text}" for c in rows])


def _save(path: Path, rows: Sequence[str]) -> None:
    path.write_text("".join(f"{row}\n" for row in ("label\ttext_a", *rows)), encoding="utf-8", newline="\n")


def quirks(folder: Path) -> None:
    """Entities, posts that stand twice, and personal data."""
    for part in PARTS:
        path = folder / part / "train.tsv"
        _, *rows = path.read_text(encoding="utf-8").splitlines()
        rows[4] += "&gt;_&lt;" if part == "usual" else "https://t.example.cn/a1B2"
        rows[7] += "，电话13912345678，@小林_88 快看" if part == "virus" else ""
        label, text = rows[11].split("\t")
        _save(path, [*rows, rows[10], f"{(int(label) + 1) % len(EMOTIONS)}\t{text}"])
