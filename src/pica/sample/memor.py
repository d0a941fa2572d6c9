"""MEmoR's sample: clips of a made-up series; at some moments of each, what the people in it feel, silent ones too.

    anno.json  {"primary": [{"clip": "S01E01_000", "moment": 4.5, "character": 4, "emotion": "surprise"}], …}
    data.json  {"S01E01_000": {"seg_start": [0.0, 3.0], "speakers": [0, 4], "sentences": ["…", "…"], …}}

| quirk of the native files | where the sample has it |
|---|---|
| labels of people who do not speak | `_labels` |
| segments without words, where the last to speak is silent | `_visual` |
| two lists of labels, primary and fine-grained, with the same places | `conversations` |
| 118 numbers a character, of which five are read | `_features` |
| `seg_end` before `seg_start`, people that `on_character` misses | `quirks`, `_clip` |
| labels of one clip in train and test, a label in neither list | `quirks` |
| a clip in which nobody speaks, one that "Others" open, a moment before the first word | `quirks` |
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from pica.corpora import split_by_group
from pica.corpora.memor import CHARACTERS
from pica.sample import bank
from pica.sample.bank import scenes
from pica.sample.bank.slots import load, pick
from pica.schema import SPLITS, Conversation, Persona, Split, Turn

_CLIPS = 108
_SEGMENT = 3.0
_KINDS = ("primary", "fine_grained")
_SILENT = "(silent)"
_OTHERS = CHARACTERS[-1]

# What the characters of the made-up series call each other, in the order of their numbers.
_NICKNAMES = dict(zip(("Captain", "Chief", "Ace", "Doc", "Sunny", "Boss", "Chalk", "Buddy"), CHARACTERS, strict=True))
# Which of openness, conscientiousness, extraversion, agreeableness and neuroticism is high, by character.
_TRAITS = ("Openness", "Conscientiousness", "Extraversion", "Agreeableness", "Neuroticism")
_HIGH = ("10011", "01000", "10100", "00011", "10110", "01000", "11010")
_FIRST_TRAIT, _FEATURES = 16, 118

# The milder forms among the fine-grained labels, and the primary emotion of each.
_PRIMARY = {
    "serenity": "joy",
    "interest": "anticipation",
    "annoyance": "anger",
    "boredom": "disgust",
    "distraction": "surprise",
}
_STORIES = {
    "joy": 3,
    "serenity": 2,
    "anger": 3,
    "annoyance": 2,
    "disgust": 3,
    "boredom": 3,
    "sadness": 4,
    "surprise": 2,
    "distraction": 3,
    "fear": 3,
    "anticipation": 2,
    "interest": 2,
    "trust": 3,
}
_LABELS = scenes.Labels(
    shades={
        "neutral": ("neutral",),
        "joy": ("joy", "amusement"),
        "serenity": ("contentment",),
        "anger": ("anger",),
        "annoyance": ("annoyance",),
        "disgust": ("disgust",),
        "boredom": ("boredom",),
        "sadness": ("sadness", "loneliness"),
        "surprise": ("surprise",),
        "distraction": ("distraction",),
        "fear": ("fear", "nervousness"),
        "anticipation": ("anticipation",),
        "interest": ("curiosity",),
        "trust": ("trust",),
    },
    echoes={
        "joy": ("joy", "serenity", "neutral"),
        "serenity": ("serenity", "trust", "neutral"),
        "anger": ("anger", "fear", "neutral"),
        "annoyance": ("annoyance", "neutral"),
        "disgust": ("disgust", "neutral"),
        "boredom": ("boredom", "annoyance", "neutral"),
        "sadness": ("sadness", "sadness", "neutral"),
        "surprise": ("surprise", "interest", "neutral"),
        "distraction": ("annoyance", "neutral"),
        "fear": ("fear", "surprise", "neutral"),
        "anticipation": ("anticipation", "interest", "neutral"),
        "interest": ("interest", "neutral"),
        "trust": ("trust", "joy", "neutral"),
    },
    neutral="neutral",
)


def conversations(rng: Random) -> list[Conversation]:
    """The labels of both lists, and the clips."""
    labels: list[Conversation] = []
    clips: list[Conversation] = []
    parts = {split: bank.Part(rng, split) for split in SPLITS}
    plots = {split: bank.rounds(rng, _STORIES) for split in SPLITS}
    for number in range(_CLIPS):
        name = f"S01E{1 + number // 20:02}_{number % 20:03}"
        split: Split = "test" if number % 4 == 3 else split_by_group(f"memor/{name}", test=0.0)
        turns = _clip_turns(parts[split], plots[split])
        labels += _labels(rng, split, turns)
        said = tuple(replace(turn, emotion=None) for turn in turns)
        clip = Conversation(
            f"memor/{split}/clip-{name}", "memor", split, "en", said, personas=personas(said[0].speaker)
        )
        clips.append(clip)
    return [*_placed("primary", labels), *_placed("fine_grained", labels), *clips]


def personas(character: str) -> tuple[Persona, ...]:
    """A sentence a trait of one of the characters; none of "Others"."""
    if character == _OTHERS:
        return ()
    high = _HIGH[CHARACTERS.index(character)]
    levels = (f"{trait}: {'high' if flag == '1' else 'low'}." for trait, flag in zip(_TRAITS, high, strict=True))
    return tuple(Persona(character, level) for level in levels)


def _clip_turns(rng: bank.Part, plot: Iterator[str]) -> list[Turn]:
    """What is said in a clip. Its first speaker, none of "Others", often says something of their own."""
    first, *cast = rng.sample(list(_NICKNAMES)[:-1], rng.choice((2, 3)))
    cast = [first, *cast, *(["Buddy"] if rng.random() < 0.1 else [])]
    lines: list[scenes.Line] = []
    if rng.random() < 0.75:
        signature = load("scenes")["signature"][str(CHARACTERS.index(_NICKNAMES[first]))]
        lines.append((first, "neutral", pick(rng, signature)))
    while len(lines) < 3:
        lines += scenes.beat(rng, cast, plot, _LABELS)
    lines = lines[:5]
    if lines[0][0] == "Buddy":
        lines[0] = (first, *lines[0][1:])
    return [Turn(_NICKNAMES[speaker], text, label) for speaker, label, text in lines]


def _labels(rng: Random, split: Split, turns: Sequence[Turn]) -> Iterator[Conversation]:
    """Labels of moments with something to feel: of who speaks, and of another one who is silent."""
    moments = [place for place, turn in enumerate(turns) if turn.emotion != "neutral"] or [len(turns) - 1]
    for place in moments[-2:]:
        yield _label(split, turns[:place], turns[place])
    said = turns[: moments[-1] + 1]
    others = [turn.speaker for turn in said if turn.speaker != said[-1].speaker] or [said[-1].speaker]
    # Who listens feels as the answers to such a line do; now and then it is the last to speak, in a pause.
    who = said[-1].speaker if rng.random() < 0.2 else rng.choice(others)
    felt = said[-1].emotion if rng.random() < 0.7 else "neutral"
    yield _label(split, said, Turn(who, _SILENT, felt))


def _label(split: Split, said: Sequence[Turn], asked: Turn) -> Conversation:
    turns = (*(replace(turn, emotion=None) for turn in said), asked)
    return Conversation("", "memor", split, "en", turns, personas=personas(asked.speaker))


def _placed(kind: str, labels: Sequence[Conversation]) -> Iterator[Conversation]:
    """The labels of a list under their places in it."""
    for place, label in enumerate(labels):
        *said, asked = label.turns
        emotion = asked.emotion if kind == "fine_grained" else _PRIMARY.get(asked.emotion, asked.emotion)
        key = f"memor/{label.split}/{kind}-{place}{'-silent' if asked.text == _SILENT else ''}"
        yield replace(label, id=key, turns=(*said, replace(asked, emotion=emotion)))


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The five files of these labels, which stand by list in the order of their places, and of these clips."""
    clips = [c for c in conversations if "/clip-" in c.id]
    labels = {kind: [c for c in conversations if f"/{kind}-" in c.id] for kind in _KINDS}
    pauses: dict[str, set[int]] = {_name(clip): set() for clip in clips}
    for label in labels["primary"]:
        if _is_pause(label):
            pauses[_name(_clip_of(label, clips))].add(len(_said(label)))
    _save(folder / "anno.json", {kind: [_annotation(c, clips, pauses) for c in labels[kind]] for kind in _KINDS})
    _save(folder / "data.json", {_name(c): _clip(number, c, pauses[_name(c)]) for number, c in enumerate(clips)})
    for name, is_test in (("train_id.txt", False), ("test_id.txt", True)):
        places = (place for place, c in enumerate(labels["primary"]) if (c.split == "test") == is_test)
        (folder / name).write_text("".join(f"{place}\n" for place in places), encoding="ascii", newline="\n")
    (folder / "features").mkdir()
    rows = "".join(",".join(row) + "\n" for row in _features())
    (folder / "features" / "character_features.csv").write_text(rows, encoding="ascii", newline="\n")


def _save(path: Path, document: dict[str, Any]) -> None:
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in document.items())
    path.write_text(f"{{{lines}}}", encoding="ascii", newline="\n")


def _name(clip: Conversation) -> str:
    return clip.id.partition("/clip-")[2]


def _said(label: Conversation) -> tuple[Turn, ...]:
    """What has been said by the label's moment, as the clip has it."""
    turns = label.turns[:-1] if label.id.endswith("-silent") else label.turns
    return tuple(replace(turn, emotion=None) for turn in turns)


def _clip_of(label: Conversation, clips: Sequence[Conversation]) -> Conversation:
    said = _said(label)
    return next(c for c in clips if c.split == label.split and c.turns[: len(said)] == said)


def _is_pause(label: Conversation) -> bool:
    """Whether the one who is silent has spoken last, so that the moment is in a segment without words."""
    return label.id.endswith("-silent") and _said(label)[-1].speaker == label.turns[-1].speaker


def _annotation(label: Conversation, clips: Sequence[Conversation], pauses: dict[str, set[int]]) -> dict[str, Any]:
    clip, count = _clip_of(label, clips), len(_said(label))
    segment = count - 1 + sum(pause < count for pause in pauses[_name(clip)]) + _is_pause(label)
    return {
        "clip": _name(clip),
        "moment": segment * _SEGMENT + 1.5,
        "character": CHARACTERS.index(label.turns[-1].speaker),
        "emotion": label.turns[-1].emotion,
    }


def _clip(number: int, conversation: Conversation, pauses: set[int]) -> dict[str, Any]:
    """A clip's segments: an utterance each, and one without words after so many utterances as a pause says."""
    segments: list[Turn | None] = []
    for count, turn in enumerate(conversation.turns, start=1):
        segments += [turn, *([None] if count in pauses else [])]
    starts = [place * _SEGMENT for place in range(len(segments))]
    speakers = [CHARACTERS.index(turn.speaker) if turn else -1 for turn in segments]
    end = len(segments) * _SEGMENT
    return {
        "seg_start": starts,
        "seg_end": [*starts[1:], end],
        "seg_utt": [1 if turn else 2 for turn in segments],
        "seg_ori_ind": [sum(map(bool, segments[:place])) if turn else -1 for place, turn in enumerate(segments)],
        "speakers": speakers,
        "sentences": [turn.text if turn else "" for turn in segments],
        "on_character": sorted({speaker for speaker in speakers if speaker != -1})[: 2 if number % 7 else 1],
        "start": 30 * number,
        "end": 30 * number + end,
        "season": 1,
        "episode": 1 + number // 20,
        "moment": end - 1.5,
    }


def _features() -> Iterator[list[str]]:
    rng = Random("memor/features")
    for high in (*_HIGH, "00000"):
        row = [f"{rng.random():.1f}" for _ in range(_FEATURES)]
        for column, flag in enumerate(high, start=_FIRST_TRAIT):
            row[column] = f"{0.7 if flag == '1' else 0.2}"
        yield row


def quirks(folder: Path) -> None:
    """Clips without a persona, labels that nobody can use, a segment that ends before it starts."""
    anno, data = (json.loads((folder / name).read_text(encoding="ascii")) for name in ("anno.json", "data.json"))
    for clip in list(data.values())[::25]:
        clip["seg_end"][-1] = clip["seg_start"][-1] - 0.4
    silent = _clip(_CLIPS, Conversation("", "memor", "train", "en", (Turn(_OTHERS, "Tickets, please."),)), {1})
    data["S01E09_000"] = {**silent, "speakers": [-1, -1], "sentences": ["", ""], "seg_utt": [2, 2]}
    data["S01E09_001"] = silent
    tested = anno["primary"][int((folder / "test_id.txt").read_text(encoding="ascii").split()[0])]["clip"]
    extra = [
        {"clip": tested, "moment": 1.5, "character": 2, "emotion": "neutral"},
        {"clip": "S01E09_000", "moment": 1.5, "character": 3, "emotion": "neutral"},
        {"clip": "S01E09_001", "moment": 1.5, "character": 7, "emotion": "joy"},
        {"clip": "S01E01_000", "moment": 1.5, "character": 1, "emotion": "neutral"},
    ]
    places = range(len(anno["primary"]), len(anno["primary"]) + 3)
    for kind in _KINDS:
        anno[kind] += extra
    _save(folder / "anno.json", anno)
    _save(folder / "data.json", data)
    with (folder / "train_id.txt").open("a", encoding="ascii", newline="") as file:
        file.write("".join(f"{place}\n" for place in places))
