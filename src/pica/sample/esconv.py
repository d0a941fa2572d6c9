"""ESConv's sample: made-up chats between somebody in trouble and a supporter, each of whose turns has a strategy.

    {"emotion_type": "anger", "problem_type": "problems with friends", "situation": "My flatmates make fun of me.",
     "dialog": [{"text": "Hello, how are you today?", "speaker": "sys", "strategy": "Others"},
                {"text": "My flatmates make fun of me. I could scream!", "speaker": "usr"}]}

| quirk of the native files | where the sample has it |
|---|---|
| ASCII with escapes | every `é` or `’` (`write`) |
| either side starts; several turns of one speaker | `_opening`, `_round` |
| problem types in mixed casing | `bank.problems` |
| situations shared by train and test, so that the chats of train leak | `_SHARED` |
| a turn that follows two strategies and names one | `_supporter` |
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from random import Random

from pica.sample import bank
from pica.schema import Conversation, Split, Turn

Problem = Mapping[str, Sequence[str]]

_NAMES: dict[Split, str] = {"train": "train.txt", "validation": "valid.txt", "test": "test.txt"}

# Dialogues of an emotion in each split. The last ones are so rare upstream that only train has them.
_SIZES: dict[str, tuple[int, int, int]] = {
    "anxiety": (6, 2, 3),
    "depression": (6, 2, 3),
    "sadness": (5, 2, 3),
    "anger": (5, 1, 3),
    "fear": (4, 1, 3),
    "shame": (4, 1, 3),
    "disgust": (3, 1, 3),
    "nervousness": (1, 0, 0),
    "guilt": (1, 0, 0),
    "jealousy": (1, 0, 0),
}
_BANK = {"guilt": "remorse"}

# Chats of train, and the test chat whose situation each has.
_SHARED = {"esconv/train/12": 3, "esconv/train/30": 8}

# What a supporter does in the first, second and last third of a chat.
_PHASES = (
    ("Question", "Question", "Question", "Restatement or Paraphrasing", "Reflection of feelings", "Others"),
    (
        "Reflection of feelings",
        "Self-disclosure",
        "Affirmation and Reassurance",
        "Question",
        "Restatement or Paraphrasing",
    ),
    ("Providing Suggestions", "Providing Suggestions", "Information", "Affirmation and Reassurance", "Self-disclosure"),
)
# Strategies for which the bank has lines on each problem, by their name there.
_ON_PROBLEM = {
    "Question": "ask",
    "Providing Suggestions": "suggest",
    "Information": "inform",
    "Self-disclosure": "share",
}
# What may come before another strategy in one turn.
_FIRST = ("Reflection of feelings", "Affirmation and Reassurance", "Restatement or Paraphrasing")
# Emotions that people in a chat speak out; of the others they tell.
_SPOKEN = {"anxiety", "depression", "sadness", "shame", "nervousness", "remorse", "jealousy"}
# Which strategy an annotator may take for which.
_MISTAKEN = {
    "Restatement or Paraphrasing": "Reflection of feelings",
    "Reflection of feelings": "Affirmation and Reassurance",
    "Affirmation and Reassurance": "Others",
    "Information": "Providing Suggestions",
    "Providing Suggestions": "Question",
}


def conversations(rng: Random) -> list[Conversation]:
    """The chats of all three splits."""
    chats: list[Conversation] = []
    for column, split in enumerate(_NAMES):
        emotions = [emotion for emotion, sizes in _SIZES.items() for _ in range(sizes[column])]
        rng.shuffle(emotions)
        part = bank.Part(rng, split)
        chats += (_chat(part, number, emotion) for number, emotion in enumerate(emotions))
    return _with_shared_situations(chats)


def _chat(rng: bank.Part, number: int, emotion: str) -> Conversation:
    felt = _BANK.get(emotion, emotion)
    fitting = [name for name, problem in bank.problems().items() if felt in problem["feels"].split()]
    problem = bank.problems()[rng.choice(fitting or list(bank.problems()))]
    trouble = bank.pick(rng, problem["situation"])
    turns = chain(_opening(rng, trouble, felt), *(_round(rng, problem, felt, phase) for phase in _PHASES), _ending(rng))
    situation = f"{trouble} {_feeling(rng, felt)}" if rng.random() < 0.5 else trouble
    label = bank.blur(rng, emotion, _SIZES)
    return Conversation(
        f"esconv/{rng.split}/{number}", "esconv", rng.split, "en", tuple(turns), situation=situation, emotion=label
    )


def _with_shared_situations(chats: Sequence[Conversation]) -> list[Conversation]:
    """Give some chats of train the situation of one of test."""
    tested = [c.situation for c in chats if c.split == "test"]
    return [replace(c, situation=tested[_SHARED[c.id]]) if c.id in _SHARED else c for c in chats]


def _opening(rng: bank.Part, trouble: str, emotion: str) -> Iterator[Turn]:
    if rng.random() < 0.5:
        yield Turn("supporter", bank.support(rng, "supporter", "greet"), act="Others")
    if rng.random() < 0.6:
        yield Turn("seeker", bank.support(rng, "seeker", "greet"))
        yield Turn("supporter", bank.support(rng, "supporter", "greet"), act="Others")
    yield Turn("seeker", f"{trouble} {_feeling(rng, emotion)}" if rng.random() < 0.7 else trouble)


def _round(rng: bank.Part, problem: Problem, emotion: str, phase: Sequence[str]) -> Iterator[Turn]:
    """Two or three steps of the supporter, each with what the seeker says to it."""
    for strategy in rng.sample(phase, rng.choice((2, 2, 3))):
        yield _supporter(rng, problem, emotion, strategy)
        if rng.random() < 0.12:
            yield _supporter(rng, problem, emotion, "Question")
        yield Turn("seeker", _seeker(rng, problem, emotion, phase))
        if rng.random() < 0.12:
            yield Turn("seeker", bank.pick(rng, problem["detail"]))


def _supporter(rng: bank.Part, problem: Problem, emotion: str, strategy: str) -> Turn:
    kind = _ON_PROBLEM.get(strategy)
    if kind and rng.random() < 0.4:
        text = bank.pick(rng, problem[kind])
    else:
        text = bank.reply(rng, strategy, emotion, event=bank.pick(rng, problem["restate"]))
    if rng.random() < 0.2:
        text = f"{bank.reply(rng, rng.choice(_FIRST), emotion, event=bank.pick(rng, problem['restate']))} {text}"
    elif rng.random() < 0.35:
        text = f"{bank.support(rng, 'supporter', 'lead')} {text}"
    return Turn("supporter", text, act=_MISTAKEN.get(strategy, strategy) if rng.random() < 0.06 else strategy)


def _seeker(rng: bank.Part, problem: Problem, emotion: str, phase: Sequence[str]) -> str:
    if phase == _PHASES[-1] and rng.random() < 0.5:
        return bank.support(rng, "seeker", "agree")
    feeling = _feeling(rng, emotion)
    detail = bank.pick(rng, problem["detail"])
    agreement = bank.support(rng, "seeker", "agree")
    return rng.choice((feeling, detail, f"{detail} {feeling}", f"{feeling} {detail}", f"{agreement} {feeling}"))


def _feeling(rng: bank.Part, emotion: str) -> str:
    return bank.say(rng, emotion) if emotion in _SPOKEN and rng.random() < 0.5 else bank.felt(rng, emotion)


def _ending(rng: bank.Part) -> Iterator[Turn]:
    yield Turn("seeker", bank.support(rng, "seeker", "thank"))
    yield Turn("supporter", bank.support(rng, "supporter", "close"), act="Others")


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The three files of JSON lines of these chats, which stand by split in the order of their ids."""
    for split, name in _NAMES.items():
        lines = (json.dumps(_row(c)) + "\n" for c in conversations if c.split == split)
        (folder / name).write_text("".join(lines), encoding="ascii", newline="\n")


def _row(conversation: Conversation) -> dict:
    return {
        "emotion_type": conversation.emotion,
        "problem_type": _problem(conversation),
        "situation": conversation.situation,
        "dialog": [_turn(turn) for turn in conversation.turns],
    }


def _turn(turn: Turn) -> dict[str, str]:
    if turn.act is None:
        return {"text": turn.text, "speaker": "usr"}
    return {"text": turn.text, "speaker": "sys", "strategy": turn.act}


def _problem(conversation: Conversation) -> str:
    """The problem whose words the seeker uses most: a conversation does not keep the native file's problem."""
    said = {word for turn in conversation.turns if turn.act is None for word in turn.text.lower().split()}
    words = {
        name: {word for kind in ("situation", "detail") for line in problem[kind] for word in line.lower().split()}
        for name, problem in bank.problems().items()
    }
    return max(words, key=lambda name: len(words[name] & said))


def quirks(folder: Path) -> None:
    """None: all of them are in the conversations."""
