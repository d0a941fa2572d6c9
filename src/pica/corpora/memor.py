"""MEmoR: clips of a TV series; for a moment of a clip, the emotion of each person in view, whether or not they speak.

`anno.json` has two lists of labels, with 9 primary and with 14 fine-grained emotions; `data.json` has the clips:

    {"primary": [{"clip": "S99E01_000", "moment": 7.5, "character": 4, "emotion": "surprise"}, …],
     "fine_grained": [{"clip": "S99E01_000", "moment": 7.5, "character": 4, "emotion": "annoyance"}, …]}

    {"S99E01_000": {"seg_start": [0.0, 3.2, 6.1], "speakers": [0, -1, 1],
                    "sentences": ["I moved your plant to the balcony.", "", "It was a sculpture."], …}}

A segment has a start, a speaker and a sentence; those without words (speaker -1) are only to be seen. `train_id.txt`
and `test_id.txt` have the places in the lists, one a line, and `features/character_features.csv` 118 numbers a
character. Faces, voices, `on_character` (found by machine, and incomplete) and the ends of segments (at times before
their start) are not read.

A label is a conversation: what was said until the moment, ending with a turn of the person it is about. Where they
are silent that turn is `(silent)`. Its id is the list and the place in it, and whether they are silent:

    memor/train/primary-12    memor/train/fine_grained-12-silent

A clip is one more conversation, with the persona of whoever speaks first in it: `memor/train/clip-S99E01_000`. The
traits are numbers without a known scale: high is above the mean of the seven characters, low is not.

The labels of one clip may be in train and in test: clips of the test set are taken out of train. The validation set is
cut out of train by clip.

The layout was taken from the authors' code and README. The release cannot be passed on, and two things in it are to be
checked against it: the order of the characters (the code has Sheldon before Leonard), and that of the five traits.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from pica.corpora import native
from pica.corpora.corpus import Corpus, View, split_by_group
from pica.corpora.labels import groups_of
from pica.schema import Conversation, Persona, Rejected, Split, Turn

# The nine primary emotions, then those that only the fine-grained labels have.
EMOTIONS = (
    "neutral",
    "joy",
    "anger",
    "disgust",
    "sadness",
    "surprise",
    "fear",
    "anticipation",
    "trust",
    "serenity",
    "interest",
    "annoyance",
    "boredom",
    "distraction",
)
_LABELS = {"primary": EMOTIONS[:9], "fine_grained": EMOTIONS}

_COARSE = ("positive", "anger", "sadness", "neutral")
# Fear is none of the four, and surprise may be good or bad. PICA's groups are those of the fine labels.
_TO_COARSE = groups_of(
    {
        "positive": ("joy", "anticipation", "trust"),
        "anger": ("anger", "disgust"),
        "sadness": ("sadness",),
        "neutral": ("neutral",),
    }
)
# The labels to choose a fine one among, as PICA's rows of 2023 have them.
_FINE_GROUPS = groups_of(
    {
        "neutral": ("neutral", "serenity", "anticipation", "surprise"),
        "sadness": ("sadness", "boredom", "fear"),
        "positive": ("joy", "interest", "trust"),
        "anger": ("annoyance", "distraction", "anger", "disgust"),
    }
)

# In the order of their numbers. "Others" is whoever else appears, so it has no persona.
_OTHERS = "Others"
CHARACTERS = ("Leonard", "Sheldon", "Howard", "Rajesh", "Penny", "Bernadette", "Amy", _OTHERS)
_SILENT = "(silent)"

_FEATURES = 118
_TRAITS = {16: "openness", 17: "conscientiousness", 18: "extraversion", 19: "agreeableness", 20: "neuroticism"}

# A clip: where each segment starts, and what is said in it, if anything.
_Clip = Sequence[tuple[float, Turn | None]]


@dataclass(frozen=True, slots=True)
class _Release:
    """What a label needs of the other files; `tested` are the clips with a label in test."""

    clips: Mapping[str, _Clip]
    personas: Mapping[str, tuple[str, ...]]
    train: frozenset[int]
    test: frozenset[int]
    tested: frozenset[str]

    def of(self, character: str) -> tuple[Persona, ...]:
        """The persona of a character."""
        return tuple(Persona(character, text) for text in self.personas[character])


@dataclass(frozen=True, slots=True)
class _Label:
    """An entry of `anno.json`: its list and 0-based place there, what it says, and all of it as it stands there."""

    kind: str
    place: int
    clip: str
    moment: float
    character: str
    emotion: str
    raw: dict[str, Any]


@native.of_the_user
def read(folder: Path) -> Iterator[Conversation | Rejected]:
    """The labels, primary and then fine-grained, and the clips."""
    release = _release(folder)
    for kind in _LABELS:
        for label in _labels(folder, kind, release.clips):
            yield _labelled(label, release)
        if (last := max(release.train | release.test)) > label.place:
            native.At(folder / "anno.json").fail(f"the list '{kind}' ends before {last}, a place in the lists of ids")
    for _, (name, clip) in native.json_pairs(folder / "data.json"):
        yield _whole(name, clip, release)


def _release(folder: Path) -> _Release:
    clips = {name: _clip(at, clip) for at, (name, clip) in native.json_pairs(folder / "data.json")}
    train, test = _places(folder / "train_id.txt"), _places(folder / "test_id.txt")
    if both := train & test:
        native.At(folder / "test_id.txt").fail(f"{min(both)} stands in train_id.txt too")
    tested = {label.clip for kind in _LABELS for label in _labels(folder, kind, clips) if label.place in test}
    personas = _personas(folder / "features" / "character_features.csv")
    return _Release(clips, personas, train, test, frozenset(tested))


def _places(path: Path) -> frozenset[int]:
    return frozenset(at.integer(line, "place in the list") for at, line in native.lines(path))


def _clip(at: native.At, clip: Any) -> _Clip:
    starts, speakers, sentences = (at.field(clip, key, list) for key in ("seg_start", "speakers", "sentences"))
    if not len(starts) == len(speakers) == len(sentences):
        at.fail("'seg_start', 'speakers' and 'sentences' should be of one length")
    return [
        (_seconds(at, start), _said(at, speaker, sentence))
        for start, speaker, sentence in zip(starts, speakers, sentences, strict=True)
    ]


def _said(at: native.At, speaker: Any, sentence: Any) -> Turn | None:
    if not isinstance(sentence, str) or (speaker == -1) != (not sentence.strip()):
        at.fail(f"a sentence has a speaker, and -1 says none; found {speaker!r} and {sentence!r}")
    return Turn(_character(at, speaker), sentence.strip()) if sentence.strip() else None


def _seconds(at: native.At, value: Any) -> float:
    if type(value) not in (int, float):
        at.fail(f"expected seconds, found {value!r}")
    return value


def _character(at: native.At, number: Any) -> str:
    if type(number) is not int or not 0 <= number < len(CHARACTERS):
        at.fail(f"expected a character from 0 to {len(CHARACTERS) - 1}, found {number!r}")
    return CHARACTERS[number]


def _personas(path: Path) -> dict[str, tuple[str, ...]]:
    """Character → a sentence a trait."""
    rows = [_features(at, line) for at, line in native.lines(path)]
    if len(rows) != len(CHARACTERS):
        native.At(path).fail(f"expected a line for each of {', '.join(CHARACTERS)}, found {len(rows)}")
    people = dict(zip(CHARACTERS, rows, strict=True))
    del people[_OTHERS]
    means = {column: fmean(row[column] for row in people.values()) for column in _TRAITS}
    personas = {
        name: tuple(
            f"{trait.capitalize()}: {'high' if row[column] > means[column] else 'low'}."
            for column, trait in _TRAITS.items()
        )
        for name, row in people.items()
    }
    return {**personas, _OTHERS: ()}


def _features(at: native.At, line: str) -> list[float]:
    try:
        features = [float(cell) for cell in line.split(",")]
    except ValueError as error:
        at.fail(f"expected numbers ({error})")
    if len(features) != _FEATURES:
        at.fail(f"expected {_FEATURES} numbers, found {len(features)}")
    return features


def _labels(folder: Path, kind: str, clips: Mapping[str, _Clip]) -> Iterator[_Label]:
    for place, (at, row) in enumerate(native.json_items(folder / "anno.json", f"{kind}.item")):
        clip = at.field(row, "clip", str)
        if clip not in clips:
            at.fail(f"data.json has no clip {clip!r}")
        yield _Label(
            kind=kind,
            place=place,
            clip=clip,
            moment=_seconds(at, row.get("moment")),
            character=_character(at, row.get("character")),
            emotion=at.label(at.field(row, "emotion", str), _LABELS[kind], "emotion"),
            raw=row,
        )


def _labelled(label: _Label, release: _Release) -> Conversation | Rejected:
    split = "test" if label.place in release.test else _trained(label.clip)
    segments = [turn for start, turn in release.clips[label.clip] if start <= label.moment]
    turns = [turn for turn in segments if turn]
    now = segments[-1] if segments else None
    speaks = now is not None and now.speaker == label.character
    identifier = f"memor/{split}/{label.kind}-{label.place}" + ("" if speaks else "-silent")
    reason = None
    if label.place not in release.train | release.test:
        reason = "in neither train_id.txt nor test_id.txt"
    elif split != "test" and label.clip in release.tested:
        reason = "its clip is in test"
    elif not turns:
        reason = "nobody has spoken by the moment"
    if reason:
        return Rejected(identifier, "memor", split, reason, json.dumps(label.raw, ensure_ascii=False))
    if speaks:
        turns.pop()
    asked = Turn(label.character, now.text if speaks else _SILENT, label.emotion)
    return Conversation(identifier, "memor", split, "en", (*turns, asked), personas=release.of(label.character))


def _whole(name: str, raw: Any, release: _Release) -> Conversation | Rejected:
    split = "test" if name in release.tested else _trained(name)
    identifier = f"memor/{split}/clip-{name}"
    turns = tuple(turn for _, turn in release.clips[name] if turn)
    if not turns or turns[0].speaker == _OTHERS:
        reason = "none of the seven speaks first" if turns else "nobody speaks"
        return Rejected(identifier, "memor", split, reason, json.dumps(raw, ensure_ascii=False))
    return Conversation(identifier, "memor", split, "en", turns, personas=release.of(turns[0].speaker))


def _trained(clip: str) -> Split:
    """Train, or the part of it that is held out for validation."""
    return split_by_group(f"memor/{clip}", test=0.0)


CORPUS = Corpus(
    name="memor",
    title="MEmoR: a dataset for multimodal emotion reasoning in videos",
    homepage="https://github.com/sunlightsgy/MEmoR",
    citation=(
        "Shen, Wang, Duan, Li, Zhu. MEmoR: A Dataset for Multimodal Emotion Reasoning in Videos. "
        "ACM Multimedia 2020, 493-502"
    ),
    licence="License Agreement - MEmoR Database: non-commercial research, not to be passed on",
    commercial=False,
    redistributable=False,
    personal=False,
    languages=("en",),
    read=read,
    agreement=(
        "its password is mailed to those who sign the License Agreement in https://github.com/sunlightsgy/MEmoR; "
        "then give source.manual.memor=/path/to/folder"
    ),
    emotions=EMOTIONS,
    views=(
        View(
            "memor-coarse-classification",
            "dialogue_emotion",
            3432,
            asks="emotion",
            labels=_COARSE,
            relabel=_TO_COARSE,
            pica_groups=_FINE_GROUPS,
            ids=r"primary-.*",
        ),
        View(
            "memor-fine-classification",
            "dialogue_emotion",
            2996,
            asks="emotion",
            labels=EMOTIONS,
            groups=_FINE_GROUPS,
            ids=r"fine_grained-.*",
        ),
        View(
            "memor-classification",
            "dialogue_emotion",
            2000,
            asks="emotion",
            labels=EMOTIONS,
            ids=r"fine_grained-.*",
        ),
        View(
            "memor-generation",
            "dialogue_generation",
            3114,
            asks="reply",
            of="conversation",  # the persona is that of whoever speaks last
            controls=("emotion", "persona"),
            ids=r"primary-[0-9]+",  # without those where the person is silent
        ),
        View("memor-persona-inference", "dialogue_inference", 2000, asks="persona", of="conversation", ids=r"clip-.*"),
    ),
)
