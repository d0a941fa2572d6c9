"""MELD's sample: scenes of a made-up series, six friends around a kitchen table.

    Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime
    7,"Guess what, my team won the final. Yay, we did it!",Dora,joy,positive,0,6,1,1,"00:01:12,418","00:01:15,002"

| quirk of the native files | where the sample has it |
|---|---|
| curly apostrophes U+2019 and U+2026 | every text |
| Dialogue_ID 60 is missing in train | `conversations` |
| dialogues of one utterance, joint and numbered speakers | `conversations` |
| the same clip twice with two labels; a clip of test in train | `_with_copies` |
| a line of train that another dataset tests on | `_with_copies` |
| Utterance_ID starts above 0, has gaps | `quirks`, train dialogues 3 and 5 |
| Sr No. repeats, times run backwards, two forms, a clip of no length | `quirks`, train |
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from pica.corpora.labels import EKMAN
from pica.sample import bank
from pica.schema import Conversation, Split, Turn

_SIZES: dict[Split, int] = {"train": 84, "validation": 13, "test": 22}
_NAMES: dict[Split, str] = {
    "train": "train_sent_emo.csv",
    "validation": "dev_sent_emo.csv",
    "test": "test_sent_emo.csv",
}
_COLUMNS = (
    "Sr No.",
    "Utterance",
    "Speaker",
    "Emotion",
    "Sentiment",
    "Dialogue_ID",
    "Utterance_ID",
    "Season",
    "Episode",
    "StartTime",
    "EndTime",
)

_CAST = ("Ada", "Bruno", "Dora", "Felix", "Mila", "Omar")
_TOPICS = ("home", "leisure", "chat", "restaurant", "shopping", "weather")
_GUESTS = ("Nurse #1", "Fireman No. 2", "Mila/Waitress", "The Landlord", "Mrs. Keller", "Felix’s Date")
# In how many of sixteen stories a feeling is told, and how the others may take it.
_STORIES = {"joy": 4, "anger": 3, "surprise": 2, "sadness": 3, "fear": 2, "disgust": 2}
_ECHOES = {
    "joy": ("joy", "joy", "surprise", "neutral"),
    "anger": ("anger", "surprise", "neutral", "sadness"),
    "surprise": ("surprise", "surprise", "joy", "neutral"),
    "sadness": ("sadness", "sadness", "surprise", "neutral"),
    "fear": ("fear", "surprise", "neutral", "joy"),
    "disgust": ("disgust", "disgust", "neutral", "anger"),
}


def conversations(rng: Random) -> list[Conversation]:
    """The scenes of all three splits."""
    scenes = []
    for split, size in _SIZES.items():
        part, feelings = bank.Part(rng, split), bank.rounds(rng, _STORIES)
        numbers = [number for number in range(size + 1) if (split, number) != ("train", 60)][:size]
        scenes += [_scene(part, split, number, feelings) for number in numbers]
    return _with_copies(scenes)


def _scene(rng: bank.Part, split: Split, number: int, feelings: Iterator[str]) -> Conversation:
    speakers = rng.sample(_CAST, rng.choice((2, 2, 3, 4)))
    if number % 9 == 4:
        speakers.append(rng.choice(_GUESTS))
    topics = rng.sample(_TOPICS, rng.randint(1, 4))
    turns = [turn for topic in topics for turn in _beat(rng, speakers, topic, feelings)]
    if number % 15 == 7:
        turns = turns[:1]
    elif number % 15 == 11:
        turns.append(Turn("All", _typographic(bank.reaction(rng, "joy")), "joy"))
    return Conversation(f"meld/{split}/{number}", "meld", split, "en", tuple(turns))


def _beat(rng: bank.Part, speakers: Sequence[str], topic: str, feelings: Iterator[str]) -> Iterator[Turn]:
    """Small talk, or a story with what the others say to it."""
    first, second = rng.sample(speakers, 2)
    if rng.random() < 0.35:
        lines = bank.exchange(rng, topic, rng.choice(("ask", "tell")))
        spoken = [(first, "neutral", lines[0]), (second, "neutral", lines[1])]
    else:
        spoken = list(_story(rng, first, second, next(feelings)))
    for speaker, emotion, text in spoken:
        if rng.random() < 0.2:
            others = [name for name in speakers if name != speaker]
            text = f"{rng.choice(others)}, {bank.uncapitalised(text)}"
        yield Turn(speaker, _typographic(text), bank.blur(rng, emotion, EKMAN))


def _story(rng: bank.Part, teller: str, listener: str, emotion: str) -> Iterator[tuple[str, str, str]]:
    shade, echo = bank.shade(rng, emotion), rng.choice(_ECHOES[emotion])
    if rng.random() < 0.4:
        yield listener, "neutral", bank.greeting(rng)
    yield teller, emotion, bank.utterance(rng, shade)
    yield listener, echo, bank.reaction(rng, echo) if rng.random() < 0.6 else bank.utterance(rng, echo)
    if rng.random() < 0.4:
        yield teller, emotion, bank.utterance(rng, shade)
    if rng.random() < 0.3:
        yield rng.choice(_CAST), "neutral", bank.utterance(rng, "neutral")


def _typographic(text: str) -> str:
    """As in the published files: curly apostrophes, no blank before a mark, an ellipsis for a pause."""
    return text.replace("'", "’").replace(" ?", "?").replace("Oh no, ", "Oh no… ").replace("Well, ", "Well… ")


def _with_copies(scenes: list[Conversation]) -> list[Conversation]:
    """Add to train a clip of test under two ids with two labels, and a scene with a line that GoEmotions tests on."""
    clip = next(s for s in scenes if len(s.turns) == 1 and s.split == "test")
    other = replace(clip.turns[0], emotion="neutral" if clip.turns[0].emotion != "neutral" else "surprise")
    last = next(s for s in reversed(scenes) if s.split == "train" and len(s.turns) > 9)
    quoting = (*last.turns[:-1], replace(last.turns[-1], text=_typographic(bank.QUOTED), emotion="surprise"))
    extra = ((other,), clip.turns, quoting)
    train = (
        replace(clip, id=f"meld/train/{number}", split="train", turns=turns)
        for number, turns in enumerate(extra, start=_SIZES["train"] + 1)
    )
    return sorted([*(s for s in scenes if s is not last), *train], key=lambda s: list(_SIZES).index(s.split))


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The three CSV files of these conversations, which stand by split in the order of their ids."""
    for split, name in _NAMES.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(_COLUMNS)
            writer.writerows(_numbered(row for c in conversations if c.split == split for row in _rows(c)))


def _numbered(rows: Iterator[tuple]) -> Iterator[tuple]:
    return ((number, *row) for number, row in enumerate(rows, start=1))


def _rows(conversation: Conversation) -> Iterator[tuple]:
    number = int(conversation.id.rpartition("/")[2])
    clock = 61_000 * (number % 20) + 417
    for position, turn in enumerate(conversation.turns):
        length = 700 + 40 * len(turn.text) % 6000
        sentiment = _sentiment(turn, position)
        times = (_time(clock), _time(clock + length))
        yield (
            turn.text,
            turn.speaker,
            turn.emotion,
            sentiment,
            number,
            position,
            1 + number // 60,
            1 + number % 24,
            *times,
        )
        clock += length + 209


def _sentiment(turn: Turn, position: int) -> str:
    if turn.emotion == "surprise":
        return ("positive", "negative")[position % 2]
    return {"joy": "positive", "neutral": "neutral"}.get(turn.emotion, "negative")


def _time(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02},{rest:03}"


def quirks(folder: Path) -> None:
    """Spoil in the train file what a conversation does not hold: numbers that are no index, times that are no order."""
    path = folder / _NAMES["train"]
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    for row in rows:
        dialogue, utterance = int(row[5]), int(row[6])
        if dialogue == 3:
            row[6] = utterance + 2
        elif dialogue == 5 and utterance > 1:
            row[6] = utterance + 3
        elif (dialogue, utterance) == (6, 0):
            row[0], row[9] = rows[0][0], row[10]
        elif dialogue == 8:
            row[9], row[10] = row[9].removeprefix("0"), "0:00:09,85"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
