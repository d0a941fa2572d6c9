"""ESConv: a supporter talks with someone who seeks help, each of the supporter's turns with its strategy.

Three files of JSON lines, one a split, ASCII; a line is a dialogue (here on several):

    {"emotion_type": "anxiety", "problem_type": "job crisis", "situation": "My shop may have to close this winter.",
     "dialog": [{"text": "I haven't slept since the bank called.", "speaker": "usr"},
                {"text": "That sounds exhausting.", "speaker": "sys", "strategy": "Reflection of feelings"},
                {"text": "Which of the two letters came first?", "speaker": "sys", "strategy": "Question"}]}

The files are what the authors' own script makes of `ESConv.json`. Beside it they publish `FailedESConv.json`, which is
not read: in those dialogues support failed, so none of their turns is a reply to learn. The problem is checked and then
left out: no task asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pica.corpora import native
from pica.corpora.corpus import Corpus, File, View
from pica.schema import Conversation, Split, Turn

_URL = "https://raw.githubusercontent.com/eatinghungry/FADO/72fae3f7d4a45b1808f8db6f90b6ae48df218bb1/_reformat"

EMOTIONS = (
    "anxiety",
    "depression",
    "sadness",
    "anger",
    "fear",
    "disgust",
    "shame",
    "nervousness",
    "guilt",
    "jealousy",
    "pain",
)
STRATEGIES = (
    "Question",
    "Restatement or Paraphrasing",
    "Reflection of feelings",
    "Self-disclosure",
    "Affirmation and Reassurance",
    "Providing Suggestions",
    "Information",
    "Others",
)
_PROBLEMS = (
    "ongoing depression",
    "job crisis",
    "breakup with partner",
    "problems with friends",
    "academic pressure",
    "sleep problems",
    "conflict with parents",
    "issues with parents",
    "issues with children",
    "appearance anxiety",
    "alcohol abuse",
    "procrastination",
    "school bullying",
)
_SPEAKERS = {"usr": "seeker", "sys": "supporter"}
_NAMES: dict[Split, str] = {"train": "train.txt", "validation": "valid.txt", "test": "test.txt"}


def read(folder: Path) -> Iterator[Conversation]:
    """One conversation a line."""
    for split, name in _NAMES.items():
        for number, (at, row) in enumerate(native.json_lines(folder / name, terminated=True)):
            at.label(at.field(row, "problem_type", str), _PROBLEMS, "problem_type")
            yield Conversation(
                id=f"esconv/{split}/{number}",
                corpus="esconv",
                split=split,
                language="en",
                turns=_turns(at, row),
                situation=at.text(at.field(row, "situation", str), "situation"),
                emotion=at.label(at.field(row, "emotion_type", str), EMOTIONS, "emotion_type"),
            )


def _turns(at: native.At, row: dict[str, Any]) -> tuple[Turn, ...]:
    turns = tuple(_turn(at, turn) for turn in at.field(row, "dialog", list))
    if not turns:
        at.fail("a dialogue without a turn")
    return turns


def _turn(at: native.At, row: Any) -> Turn:
    speaker = at.label(at.field(row, "speaker", str), _SPEAKERS, "speaker")
    strategy = at.field(row, "strategy", str, optional=True)
    if (strategy is None) == (speaker == "supporter"):
        at.fail(f"every turn of the supporter has a strategy and none of the seeker; a {speaker}'s has {strategy!r}")
    return Turn(
        speaker=speaker,
        text=at.text(at.field(row, "text", str)),
        act=strategy and at.label(strategy, STRATEGIES, "strategy"),
    )


CORPUS = Corpus(
    name="esconv",
    title="ESConv: Emotional Support Conversation",
    homepage="https://github.com/thu-coai/Emotional-Support-Conversation",
    citation="Liu, Zheng, Demasi, Sabour, Li, Yu, Jiang, Huang. Towards Emotional Support Dialog Systems. ACL 2021",
    licence="CC-BY-NC-4.0",
    commercial=False,
    redistributable=True,
    personal=False,
    languages=("en",),
    read=read,
    emotions=EMOTIONS,
    acts=STRATEGIES,
    views=(
        View(
            "esconv-generation",
            "dialogue_generation",
            5000,
            asks="reply",
            controls=("strategy", "situation", "feeling"),
            speaker="supporter",
        ),
        View(
            "esconv-act-inference",
            "dialogue_inference",
            5000,
            asks="strategy",
            labels=STRATEGIES,
            speaker="supporter",
        ),
        View(
            "esconv-situation-inference",
            "dialogue_inference",
            5000,
            asks="situation",
            of="conversation",
            speaker="seeker",
        ),
        View(
            "esconv-emotion-inference",
            "dialogue_inference",
            2000,
            asks="emotion",
            of="conversation",
            speaker="seeker",
            labels=EMOTIONS,
        ),
    ),
    files=(
        File(
            "train.txt",
            f"{_URL}/train.txt",
            "3479656501c3469a4ba1a70eda7f04621b02e39b01482515f5f254e0f14434d4",
            3680731,
        ),
        File(
            "valid.txt", f"{_URL}/valid.txt", "64a641ee1235bf70d809e0eb8789fb2302ffda57a1ee03048e33c9b588e50833", 789043
        ),
        File(
            "test.txt", f"{_URL}/test.txt", "0fcbe0d35e1a5c713572d01d1aaff65742475d8131de68357bb49e1449936a73", 803314
        ),
    ),
)
