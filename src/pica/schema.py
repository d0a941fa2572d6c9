"""The shapes that travel between stages, each once as a dataclass and once as an Arrow schema.

    download → Conversation → Example → Instruction → Prediction
               (filter)       (reformat) (template)    (evaluate)

Everything is a Conversation; a review is a conversation of one turn. One row of data/filtered/meld.parquet:

    {"id": "meld/train/12", "corpus": "meld", "split": "train", "language": "en",
     "turns": [{"speaker": "Ruth", "text": "You sold the piano?", "emotion": "surprise", "act": None}, …],
     "situation": None, "personas": [{"speaker": "Ruth", "text": "I play the piano."}], "emotion": None, "causes": [],
     "withheld": [3]}

Ids are `<corpus>/<split>/<native id>`; an Example adds `#<what it asks about>`; both survive to the last prediction.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

SPLITS = ("train", "validation", "test")
TASKS = ("text_emotion", "dialogue_emotion", "emotion_cause", "dialogue_generation", "dialogue_inference")

Split = Literal["train", "validation", "test"]
Task = Literal["text_emotion", "dialogue_emotion", "emotion_cause", "dialogue_generation", "dialogue_inference"]

# Several native labels on one text (GoEmotions) stand in one string, in the order of the raw file.
LABEL_SEPARATOR = "|"


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance. `emotion` and `act` are native labels of this very turn; None where the corpus gives none."""

    speaker: str
    text: str
    emotion: str | None = None
    act: str | None = None


def as_one(texts: Sequence[str], language: str) -> str:
    """What one speaker says in several turns, as one text: with blanks between them, or, in Chinese, with a comma where
    one ends without a mark.

    zh  ["等一下", "我把它卖了。"]  →  "等一下，我把它卖了。"
    """
    if language != "zh":
        return " ".join(texts)
    return "".join([*(text if _ends(text) else f"{text}，" for text in texts[:-1]), *texts[-1:]])


def _ends(text: str) -> bool:
    """Whether a text ends with a punctuation mark or a symbol, such as an emoji, or is empty."""
    return not text or unicodedata.category(text[-1])[0] in "PSZC"


def _turns(row: Mapping[str, Any]) -> tuple[Turn, ...]:
    return tuple([Turn(turn["speaker"], turn["text"], turn["emotion"], turn["act"]) for turn in row["turns"]])


@dataclass(frozen=True, slots=True)
class Persona:
    """What is true of one of the speakers: a sentence or a trait word."""

    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Cause:
    """Why turn `turn` feels `emotion`: `span`, words of turn `cause_turn`. Turns are 0-based indices into `turns`."""

    turn: int
    emotion: str
    cause_turn: int
    span: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """One dialogue, or one text as a dialogue of one turn.

    `emotion` labels the whole conversation (a tweet's class, the seeker's emotion); several native labels are joined
    by LABEL_SEPARATOR. `situation` is free text or, where it is one of a closed set, native labels joined likewise;
    `personas` say who the speakers are, `causes` point into `turns`.
    `instruction` is what is asked, where the data asks it itself; the last turn is the answer then.
    `withheld` are the 0-based indices of turns that no training example may show: they stand in a held-out set.
    """

    id: str
    corpus: str
    split: Split
    language: str
    turns: tuple[Turn, ...]
    situation: str | None = None
    personas: tuple[Persona, ...] = ()
    emotion: str | None = None
    causes: tuple[Cause, ...] = ()
    instruction: str | None = None
    withheld: tuple[int, ...] = ()

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Conversation:
        """The inverse of `to_row`: one Parquet row as a Conversation."""
        return cls(
            **{
                **row,
                "turns": _turns(row),
                "personas": tuple(Persona(**persona) for persona in row["personas"]),
                "causes": tuple(Cause(**cause) for cause in row["causes"]),
                "withheld": tuple(row["withheld"]),
            }
        )


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that does not go on, and why. `row` keeps all of it, as JSON or raw, so that nothing is lost."""

    id: str
    corpus: str
    split: str
    reason: str
    row: str


@dataclass(frozen=True, slots=True)
class Example:
    """One question of one view, before it has words.

    `turns` end with the turn that is asked about or, in generation, with the last turn before the reply. `speaker` is
    whose emotion, act or reply it is. `emotion`, `act`, `situation` and `personas` (that speaker's) are controls the
    prompt may give away: the first two are in the view's words, several of them joined by LABEL_SEPARATOR. `candidates`
    is the closed label set (empty for free text); `answer` is the target. `instruction` is the question itself, where
    the data has one of its own.
    """

    id: str
    view: str
    task: Task
    corpus: str
    split: Split
    language: str
    turns: tuple[Turn, ...]
    speaker: str
    answer: str
    candidates: tuple[str, ...] = ()
    emotion: str | None = None
    act: str | None = None
    situation: str | None = None
    personas: tuple[str, ...] = ()
    instruction: str | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Example:
        """The inverse of `to_row`: one Parquet row as an Example."""
        return cls(
            **{
                **row,
                "turns": _turns(row),
                "candidates": tuple(row["candidates"]),
                "personas": tuple(row["personas"]),
            }
        )


@dataclass(frozen=True, slots=True)
class Instruction:
    """One row of the instruction set: PICA's six columns in their order, and what this pipeline adds beside them.

    `messages` is the same question as a chat: it starts with the user, roles alternate, and the last is the answer.
    """

    task_type: str
    dataset: str
    instruction: str
    instances: tuple[Mapping[str, str], ...]  # [{"input": …, "output": …}]
    is_classification: bool
    name: str  # the view
    id: str
    split: Split
    language: str
    messages: tuple[Mapping[str, str], ...]  # [{"role": "user" | "assistant", "content": …}, …]
    candidates: tuple[str, ...]

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Instruction:
        """The inverse of `to_row`: one Parquet row as an Instruction."""
        lists = ("instances", "messages", "candidates")
        return cls(**{**row, **{name: tuple(row[name]) for name in lists}})


@dataclass(frozen=True, slots=True)
class Prediction:
    """One system's answer to one test instruction.

    `output` is what the system said freely; `parsed` the label that `output` names, None where it names none;
    `finished` whether it ended by itself. `label` is the best of `candidates` (None for free text), `spans` the words
    of the input that it gives as causes (empty for other tasks).

    What the scores of a closed answer are made of is kept in the order of `candidates`, and empty where the system has
    none: `log_probs` of each candidate as the whole answer, in nats, its end token included; `lengths` in tokens with
    that one; `content_free`, the log-probabilities after the same request without its text; `label_shifts`, what turns
    the label shares of the mixture into those of the training split, in nats. `temperature` was fitted on validation
    rows of the view. `gold_log_prob` is that of the whole target of free text, over `gold_tokens`.
    """

    id: str
    name: str
    task_type: str
    dataset: str
    language: str
    system: str
    gold: str
    output: str
    label: str | None
    parsed: str | None
    finished: bool
    candidates: tuple[str, ...] = ()
    log_probs: tuple[float, ...] = ()
    lengths: tuple[int, ...] = ()
    content_free: tuple[float, ...] = ()
    label_shifts: tuple[float, ...] = ()
    temperature: float | None = None
    spans: tuple[str, ...] = ()
    gold_log_prob: float | None = None
    gold_tokens: int | None = None

    @classmethod
    def to(
        cls,
        row: Instruction,
        system: str,
        output: str,
        label: str | None,
        parsed: str | None,
        finished: bool,
        **scores: Any,
    ) -> Prediction:
        """What `system` answers to an instruction; `scores` are the fields after `candidates`."""
        about = (row.id, row.name, row.task_type, row.dataset, row.language)
        gold = row.instances[0]["output"]
        return cls(*about, system, gold, output, label, parsed, finished, tuple(row.candidates), **scores)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Prediction:
        """The inverse of `to_row`: one Parquet row as a Prediction."""
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in row.items()})


Record = Conversation | Rejected | Example | Instruction | Prediction

_TURN = pa.struct([("speaker", pa.string()), ("text", pa.string()), ("emotion", pa.string()), ("act", pa.string())])
_CAUSE = pa.struct([("turn", pa.int32()), ("emotion", pa.string()), ("cause_turn", pa.int32()), ("span", pa.string())])
_PERSONA = pa.struct([("speaker", pa.string()), ("text", pa.string())])
_STRINGS = pa.list_(pa.string())
_NUMBERS = pa.list_(pa.float64())

CONVERSATION = pa.schema(
    [
        ("id", pa.string()),
        ("corpus", pa.string()),
        ("split", pa.string()),
        ("language", pa.string()),
        ("turns", pa.list_(_TURN)),
        ("situation", pa.string()),
        ("personas", pa.list_(_PERSONA)),
        ("emotion", pa.string()),
        ("causes", pa.list_(_CAUSE)),
        ("instruction", pa.string()),
        ("withheld", pa.list_(pa.int32())),
    ]
)

REJECTED = pa.schema([(name, pa.string()) for name in ("id", "corpus", "split", "reason", "row")])

EXAMPLE = pa.schema(
    [
        ("id", pa.string()),
        ("view", pa.string()),
        ("task", pa.string()),
        ("corpus", pa.string()),
        ("split", pa.string()),
        ("language", pa.string()),
        ("turns", pa.list_(_TURN)),
        ("speaker", pa.string()),
        ("answer", pa.string()),
        ("candidates", _STRINGS),
        ("emotion", pa.string()),
        ("act", pa.string()),
        ("situation", pa.string()),
        ("personas", _STRINGS),
        ("instruction", pa.string()),
    ]
)

INSTRUCTION = pa.schema(
    [
        ("task_type", pa.string()),
        ("dataset", pa.string()),
        ("instruction", pa.string()),
        ("instances", pa.list_(pa.struct([("input", pa.string()), ("output", pa.string())]))),
        ("is_classification", pa.bool_()),
        ("name", pa.string()),
        ("id", pa.string()),
        ("split", pa.string()),
        ("language", pa.string()),
        ("messages", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))),
        ("candidates", _STRINGS),
    ]
)

PREDICTION = pa.schema(
    [
        (name, pa.string())
        for name in ("id", "name", "task_type", "dataset", "language", "system", "gold", "output", "label", "parsed")
    ]
    + [
        ("finished", pa.bool_()),
        ("candidates", _STRINGS),
        ("log_probs", _NUMBERS),
        ("lengths", pa.list_(pa.int32())),
        ("content_free", _NUMBERS),
        ("label_shifts", _NUMBERS),
        ("temperature", pa.float64()),
        ("spans", _STRINGS),
        ("gold_log_prob", pa.float64()),
        ("gold_tokens", pa.int32()),
    ]
)


def to_row(record: Record) -> dict[str, Any]:
    """A record as the plain dict that Arrow and JSON take.

    `dataclasses.asdict` copies every value deeply; this is 5 times as fast, and it runs for each row of each stage.
    """
    return {name: _plain(getattr(record, name)) for name in record.__slots__}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [to_row(item) if isinstance(item, (Turn, Persona, Cause)) else item for item in value]
    return value
