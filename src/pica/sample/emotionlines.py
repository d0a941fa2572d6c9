"""EmotionLines' sample: scenes of the series that MELD's sample is made of, each line with five votes.

    [[{"speaker": "Dora", "utterance": "I can\\u0092t believe it, we won!", "emotion": "joy", "annotation": "0400010"},
      {"speaker": "All", "utterance": "Hooray!", "emotion": "non-neutral", "annotation": "0200120"}]]

| quirk of the native files | where the sample has it |
|---|---|
| ASCII with escapes | `_save` |
| C1 controls, also in a speaker, beside correct marks | `_mojibake` |
| `non-neutral` where no three agree | `_disagreed` |
| scenes of MELD in the same splits, some emotional lines without an emotion | `_shared` |
| joint, cut and numbered speakers; a line that repeats the one before | `_odd` |
| another order of the keys in the evaluation set of 2019 | `_lines` |
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from pica.corpora.labels import EKMAN
from pica.sample import bank, meld
from pica.sample.bank import scenes
from pica.schema import Conversation, Split, Turn

# Each file's split, what its ids start with, how many scenes of MELD and how many others it has.
_PARTS: dict[str, tuple[Split, str, int, int]] = {
    "friends_train.json": ("train", "", 12, 66),
    "friends_dev.json": ("validation", "", 2, 4),
    "friends_test.json": ("test", "", 4, 9),
    "friends_eval_gold.json": ("test", "eval2019-", 0, 3),
}
_VOTED = ("neutral", "joy", "sadness", "fear", "anger", "surprise", "disgust")

_CAST = ("Ada", "Bruno", "Dora", "Felix", "Mila", "Omar")
_ODD = ("All", "an", "Mila/Waitress", "Bruno and Omar", "Nurse #2", "Felix\x92s Date")
_STORIES = {"joy": 4, "anger": 3, "surprise": 3, "sadness": 3, "fear": 2, "disgust": 2}
_LABELS = scenes.Labels(
    shades=bank.FAMILIES,
    echoes={
        "joy": ("joy", "joy", "surprise", "neutral"),
        "anger": ("anger", "surprise", "neutral"),
        "surprise": ("surprise", "joy", "neutral"),
        "sadness": ("sadness", "sadness", "neutral"),
        "fear": ("fear", "surprise", "neutral"),
        "disgust": ("disgust", "disgust", "neutral"),
    },
    neutral="neutral",
)


def conversations(rng: Random) -> list[Conversation]:
    """The scenes of all four files: some of MELD's, and others."""
    known = meld.conversations(Random("pica.sample/meld"))
    made = []
    for split, prefix, shared, own in _PARTS.values():
        part, plot = bank.Part(rng, split), bank.rounds(rng, _STORIES)
        turns = [_shared(rng, c) for c in [c for c in known if c.split == split and 5 <= len(c.turns) <= 9][:shared]]
        turns += [_odd(position, _scene(part, plot)) for position in range(own)]
        made += (
            Conversation(f"emotionlines/{split}/{prefix}{number}", "emotionlines", split, "en", _mojibake(scene))
            for number, scene in enumerate(turns)
        )
    return made


def _scene(rng: bank.Part, plot: Iterator[str]) -> list[Turn]:
    cast = rng.sample(_CAST, rng.choice((2, 3, 3, 4)))
    turns: list[Turn] = []
    while len(turns) < 5:
        turns += (
            Turn(speaker, _marks(text), _disagreed(rng, bank.blur(rng, label, EKMAN)))
            for speaker, label, text in scenes.beat(rng, cast, plot, _LABELS)
        )
    return turns


def _shared(rng: Random, conversation: Conversation) -> list[Turn]:
    return [replace(turn, emotion=_disagreed(rng, turn.emotion)) for turn in conversation.turns]


def _disagreed(rng: Random, emotion: str) -> str | None:
    """The emotion, or now and then none, since the five do not agree."""
    return None if emotion != "neutral" and rng.random() < 0.2 else emotion


def _marks(text: str) -> str:
    return text.replace("'", "’").replace("...", "…")


def _odd(position: int, turns: list[Turn]) -> list[Turn]:
    """A scene with somebody in it who has no name of their own; in some, a line is said twice."""
    if position % 5 == 3:
        turns[-1] = replace(turns[-1], speaker=_ODD[position // 5 % len(_ODD)])
    if position % 11 == 6:
        turns.append(turns[-1])
    return turns


def _mojibake(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """Typographic marks as the files have them: two thirds are C1 controls."""
    return tuple(
        turn if position % 3 == 2 else replace(turn, text=turn.text.replace("’", "\x92"))
        for position, turn in enumerate(turns)
    )


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The four JSON files of these scenes, which stand by file in the order of their numbers."""
    for name, (split, prefix, *_) in _PARTS.items():
        part = [c for c in conversations if c.split == split and _is_of(c, prefix)]
        _save(folder / name, [list(_lines(c, bool(prefix))) for c in part])


def _is_of(conversation: Conversation, prefix: str) -> bool:
    return conversation.id.rpartition("/")[2].rstrip("0123456789") == prefix


def _lines(conversation: Conversation, emotion_last: bool) -> Iterator[dict[str, str]]:
    for turn in conversation.turns:
        said = {"speaker": _raw(turn.speaker), "utterance": _raw(turn.text)}
        emotion, votes = {"emotion": turn.emotion or "non-neutral"}, {"annotation": _votes(turn)}
        yield {**said, **votes, **emotion} if emotion_last else {**said, **emotion, **votes}


def _raw(text: str) -> str:
    """The reader has real ellipses where the files have a control."""
    return text.replace("…", "\x85")


def _votes(turn: Turn) -> str:
    """Five votes, three or more of them for the emotion; for none, two twice."""
    counts = [0] * len(_VOTED)
    others = [place for place, name in enumerate(_VOTED) if name != turn.emotion]
    if turn.emotion:
        counts[_VOTED.index(turn.emotion)] = 3 + len(turn.text) % 3
    else:
        counts[1 + len(turn.text) % 3] = counts[4 + len(turn.speaker) % 3] = 2
    counts[next(place for place in others[len(turn.text) % 5 :] if not counts[place])] += 5 - sum(counts)
    return "".join(map(str, counts))


def _save(path: Path, dialogues: list) -> None:
    path.write_text(json.dumps(dialogues, indent=1), encoding="ascii", newline="\n")


def quirks(folder: Path) -> None:
    """None: all of them are in the conversations."""
