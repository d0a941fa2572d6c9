"""Mastodon's sample: made-up threads of short posts, each with a sentiment and one of fifteen acts.

    0 *_O what is everybody knitting for ?
    1 +_W for the cold , and my cat loves it :)

| quirk of the native files | where the sample has it |
|---|---|
| a trailing blank; tokenised text | `_line` |
| threads that share a beginning, labelled once | `_branch` |
| copies of a line with two labels; a thread that is the beginning of another | `quirks` |
| `<URL>`, `<MENTION>`, `anon`, raw links, glued words, emoji, decorative letters | `_dressed` |
| a text of test stands in train | `conversations`: three threads of train end with one |
| rare acts | `_ACTS` |
| the same lines as numbers (`.idx`) | left out, as nobody reads them |
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random

from pica.corpora import split_by_group
from pica.corpora.mastodon import ACTS
from pica.sample import bank
from pica.sample.bank.slots import load, pick
from pica.sample.texts import fitting
from pica.schema import Conversation, Split, Turn

_NAMES = {"train": "datatrainJoint.txt", "test": "datatestJoint.txt"}
_SIZES: dict[str, dict[Split, int]] = {"train": {"train": 146, "validation": 24}, "test": {"test": 80}}
# In the order of the reader's acts.
_LETTERS = dict(zip(ACTS, "IWQOADRSTHVJEMF", strict=True))
_MEANINGS = {letter: act for act, letter in _LETTERS.items()}
_SIGNS = {"neutral": "*", "positive": "+", "negative": "-"}
_SENTIMENTS = {sign: name for name, sign in _SIGNS.items()}

# How often an act opens a thread, and what may answer it.
_FIRST = {"I": 6, "Q": 3, "O": 4, "R": 2, "H": 2, "V": 2, "J": 1, "S": 1}
_ACTS = {
    "I": "AADOQJMFVT",
    "Q": "WWWDF",
    "O": "WWWSI",
    "A": "TIJ",
    "W": "TTAIF",
    "D": "DIAM",
    "R": "EEDT",
    "S": "TADE",
    "T": "HEF",
    "H": "HHQO",
    "V": "MESA",
    "J": "QFI",
    "E": "TTA",
    "M": "TIF",
    "F": "IQ",
}

# Which act an annotator may take for which.
_MISTAKEN = {"I": "W", "W": "I", "A": "F", "D": "I", "R": "S", "S": "R", "J": "F", "F": "A", "E": "W", "V": "I"}


def conversations(rng: Random) -> list[Conversation]:
    """The threads of train and test; the validation set is cut out of train."""
    made = []
    paths = {official: _paths(rng, official) for official in _SIZES}
    for path in paths["train"][8::60]:
        path.append(_tested(paths["test"], len(path)))
    for official in _SIZES:
        known: set[tuple[str, ...]] = set()
        for number, path in enumerate(paths[official]):
            split = _split(official, path[0].text)
            turns = tuple(_known_once(path, known))
            made.append(Conversation(f"mastodon/{split}/{number}", "mastodon", split, "en", turns))
    return made


def _paths(rng: Random, official: str) -> list[list[Turn]]:
    """The threads of a file, each of its split's part of the bank; none says no more than an earlier one."""
    splits = [split for split, size in _SIZES[official].items() for _ in range(size)]
    rng.shuffle(splits)
    parts = {split: (bank.Part(rng, split), bank.rounds(rng, _FIRST)) for split in _SIZES[official]}
    paths: list[list[Turn]] = []
    for split in splits:
        part, openings = parts[split]

        def split_of(path: Sequence[Turn]) -> Split:
            return _split(official, path[0].text)

        def make(part: bank.Part, openings: Iterator[str] = openings) -> list[Turn]:
            return _thread(part, next(openings), [])

        long = [path for path in paths if len(path) > 1 and split_of(path) == split]
        is_branch = len(paths) % 6 == 5 and bool(long)
        while _is_beginning(path := _branch(part, long) if is_branch else fitting(part, make, split_of), paths):
            pass
        paths.append(path)
    return paths


def _tested(paths: Sequence[Sequence[Turn]], position: int) -> Turn:
    """The longest post of test, as a thread of train has it at that position."""
    turn = max((turn for path in paths for turn in path), key=lambda turn: len(turn.text))
    return replace(turn, speaker="AB"[position % 2])


def _split(official: str, first: str) -> Split:
    return "test" if official == "test" else split_by_group(f"mastodon/{first}", test=0)


def _thread(rng: bank.Part, act: str, before: Sequence[Turn]) -> list[Turn]:
    """Posts from one with that act on, after those that stand before it."""
    turns = list(before)
    for _ in range(rng.choice((1, 2, 2, 3))):
        turns.append(_post(rng, act, len(turns)))
        act = rng.choice(_ACTS[act])
    return turns


def _post(rng: bank.Part, act: str, position: int) -> Turn:
    posts = load("posts")
    kind = posts["acts"][act]
    sign = rng.choice(kind["signs"])
    text = pick(rng, kind["lines"], posts["words"])
    if sign != "*" and rng.random() < 0.85:
        mood = rng.choice(posts["words"]["good" if sign == "+" else "bad"])
        text = f"{mood} , {text}" if rng.random() < 0.4 else f"{text} , {mood}".replace("? ,", "?")
    named = _MISTAKEN.get(act, act) if rng.random() < 0.12 else act
    return Turn("AB"[position % 2], _dressed(rng, text), _SENTIMENTS[sign], _MEANINGS[named])


def _dressed(rng: Random, text: str) -> str:
    """The text as it comes out of a web page."""
    style = rng.random()
    if style < 0.04:
        return f"{text} <URL>"
    if style < 0.06:
        return f"{text} https://example.org/{rng.randrange(99)}"
    if style < 0.10:
        return f"{text} 🐸"
    if style < 0.13:
        return text.replace(" the ", " the").replace(" my ", " my")
    if style < 0.15:
        return text.replace("a", "а").replace("e", "ε")
    return text


def _branch(rng: bank.Part, paths: Sequence[list[Turn]]) -> list[Turn]:
    """Another answer to the beginning of an earlier thread, one of those with more than one post."""
    start = rng.choice(paths)[:-1]
    return _thread(rng, rng.choice("AQDI"), start)


def _is_beginning(path: Sequence[Turn], paths: Sequence[Sequence[Turn]]) -> bool:
    texts = [turn.text for turn in path]
    return any([turn.text for turn in other[: len(path)]] == texts for other in paths)


def _known_once(path: Sequence[Turn], known: set[tuple[str, ...]]) -> Iterator[Turn]:
    """The turns; one that stood after the same ones before has no label."""
    for position, turn in enumerate(path):
        key = tuple(earlier.text for earlier in path[: position + 1])
        yield Turn(turn.speaker, turn.text) if key in known else turn
        known.add(key)


def write(conversations: Sequence[Conversation], folder: Path) -> None:
    """The two files of these threads, which stand by file in the order of their numbers."""
    for official, name in _NAMES.items():
        labels: dict[tuple[str, ...], str] = {}
        part = [c for c in conversations if (c.split == "test") == (official == "test")]
        text = "".join(line for c in part for line in _lines(c, labels))
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def _lines(conversation: Conversation, labels: dict[tuple[str, ...], str]) -> Iterator[str]:
    """A thread's lines. One without a label has that of its first copy."""
    for position, turn in enumerate(conversation.turns):
        path = tuple(earlier.text for earlier in conversation.turns[: position + 1])
        if turn.act:
            labels[path] = f"{_SIGNS[turn.emotion]}_{_LETTERS[turn.act]}"
        yield _line(position, labels[path], turn.text)


def _line(position: int, label: str, text: str) -> str:
    return f"{position} {label} {text} \n"


def quirks(folder: Path) -> None:
    """In train, a copy of a line with another label, and a thread that says no more than an earlier one."""
    path = folder / _NAMES["train"]
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    starts = [place for place, line in enumerate(lines) if line.startswith("0 ")] + [len(lines)]
    threads = [lines[start:end] for start, end in pairwise(starts)]
    first = next(thread for thread in threads if len(thread) > 2)
    copy = [_line(0, "-_D", first[0][6:-1]), _line(1, "*_S", "you could also just sleep on it")]
    beginning = [f"{line}\n" for line in first[:-1]]
    with path.open("a", encoding="utf-8", newline="") as file:
        file.write("".join((*copy, *beginning)))
