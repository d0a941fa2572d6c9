"""What may stand in a declaration: its keys, and the columns of each format. `declaration` checks a file by them.

labels: [froh, traurig, wütend]    KEYS["labels"].kind takes it; `[froh]` is "one label leaves nothing to tell apart"
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StrictStr

from pica.schema import LABEL_SEPARATOR

Format = Literal["texts", "turns", "dialogues", "messages", "sharegpt", "alpaca", "pairs"]

# Format → the columns that it reads, each with whether a file must have it. A column is called so unless `columns` says
# otherwise, and one that need not be there is read only where `columns` names it (of labels and acts, where they are
# given).
COLUMNS: Mapping[str, Mapping[str, bool]] = MappingProxyType(
    {
        "texts": {"text": True, "label": True},
        "turns": {"dialogue": True, "speaker": True, "text": True, "order": False, "label": False, "act": False},
        "dialogues": {
            "turns": True,
            "speaker": True,
            "text": True,
            "label": False,
            "act": False,
            "situation": False,
        },
        "messages": {"messages": True, "role": True, "content": True},
        "sharegpt": {"conversations": True, "from": True, "value": True},
        "alpaca": {"instruction": True, "input": False, "output": True},
        "pairs": {"text": True, "label": True, "cause": True},
    }
)
# What any row may have beside these.
ANY = ("id", "split", "group")
# Those that stand in a message or turn of a row, and not in the row itself.
INNER = MappingProxyType(
    {"dialogues": ("speaker", "text", "label", "act"), "messages": ("role", "content"), "sharegpt": ("from", "value")}
)
CHATS = ("messages", "sharegpt")
NESTED = ("dialogues", *CHATS)

# What people call splits, and what they are here.
SPLIT_NAMES: Mapping[str, str] = MappingProxyType(
    {"train": "train", "training": "train", "validation": "validation", "valid": "validation", "val": "validation"}
    | {"dev": "validation", "development": "validation", "eval": "validation", "evaluation": "validation"}
    | {"test": "test", "testing": "test"}
)

TABLES, JSON, PARQUET = (".csv", ".tsv"), (".json", ".jsonl", ".ndjson"), (".parquet",)
SPREADSHEETS = (".xlsx", ".xls", ".ods")


def _word(value: Any) -> Any:
    """A name that YAML took for a number."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _yes(value: Any) -> Any:
    return {"yes": True, "no": False}.get(value, value) if isinstance(value, str) else value


def _codec(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise ValueError("no encoding that Python knows: utf-8, utf-16, cp1252, gb18030 and so on") from None


def _hub_name(given: str) -> str:
    if not is_folder(given) and not re.fullmatch(r"[\w.-]+(/[\w.-]+)?(@[\w./-]+)?", given):
        raise ValueError("should be owner/name@revision, or a folder in the hub's layout: ./folder, ../folder, /folder")
    return given


def is_folder(hub: str) -> bool:
    """Whether what `hub` names is a folder on this machine."""
    return hub.startswith(("./", "../", "/", "~"))


def _once(values: list[str]) -> list[str]:
    folded = [value.strip().casefold() for value in values]
    if twice := sorted({value for value, key in zip(values, folded, strict=True) if folded.count(key) > 1}):
        raise ValueError(f"{', '.join(twice)}: case and blanks do not tell labels apart")
    if bad := [value for value in values if not value.strip() or LABEL_SEPARATOR in value]:
        raise ValueError(f"{bad[0]!r}: a label is not empty and has no '{LABEL_SEPARATOR}' in it")
    if len(values) < 2:
        raise ValueError("one label leaves nothing to tell apart; give all of them")
    return values


def _labels(value: Any) -> Any:
    _once([str(label) for label in value])
    return value


Word = Annotated[StrictStr, BeforeValidator(_word), Field(min_length=1)]
Flag = Annotated[bool, BeforeValidator(_yes), Field(strict=True)]
Line = Annotated[StrictStr, Field(min_length=1)]
Paths = Line | Annotated[list[Line], Field(min_length=1)]
Rows = Annotated[int, Field(strict=True, ge=1)]
SplitName = Literal["train", "validation", "test"]


@dataclass(frozen=True, slots=True)
class Key:
    """What may stand at a key.

    Args:
        kind: the type that pydantic checks.
        allowed: the same in words.
        default: without the key; None where it has to be given, or is not there.
        meaning: what it says.
    """

    kind: Any
    allowed: str
    default: Any
    meaning: str


KEYS: Mapping[str, Key] = MappingProxyType(
    {
        "format": Key(Format, "one of " + ", ".join(COLUMNS), None, "how rows are laid out"),
        "files": Key(
            Paths | Annotated[dict[SplitName, Paths], Field(min_length=1)],
            "a path, a list of paths, or a mapping of train, validation and test to those",
            None,
            "the data: CSV, TSV, JSON, JSON Lines or Parquet, also with .gz; paths start at the YAML file, "
            "`*` stands for any name",
        ),
        "hub": Key(
            Annotated[Line, AfterValidator(_hub_name)],
            "owner/name@revision, or a folder in the hub's layout",
            None,
            "in place of `files`: a dataset of the Hugging Face hub, held to one commit",
        ),
        "config": Key(Line, "a name", None, "the hub dataset's configuration"),
        "splits": Key(
            Annotated[dict[Word, SplitName], Field(min_length=1)],
            "a mapping of the data's own names to train, validation or test",
            dict(SPLIT_NAMES),
            "what the splits of the hub dataset, or of the column `split`, are",
        ),
        "columns": Key(
            dict[str, Line | Rows],
            "a mapping of what is read to the data's own names; numbers from 1 in a table without a header",
            {},
            "how the columns or keys are called in the data, where that is not as in the examples; `id`, `split` and "
            "`group`, which a split does not tear apart, are read where they are named",
        ),
        "delimiter": Key(
            Annotated[StrictStr, Field(min_length=1, max_length=1)], "one character", ",", "of a CSV file"
        ),
        "encoding": Key(Annotated[Line, AfterValidator(_codec)], "an encoding, as Python names it", "utf-8", "of text"),
        "labels": Key(
            Annotated[list[Word] | dict[Word, Word], AfterValidator(_labels)],
            "a list of two labels or more, or a mapping of each to a coarser one",
            (),
            "the labels as the data spells them, case and blanks around aside",
        ),
        "acts": Key(
            Annotated[list[Word], AfterValidator(_once)],
            "a list of two acts or more",
            (),
            "the dialogue acts as the data spells them",
        ),
        "asks": Key(
            Literal["emotion", "sentiment", "rating", "category", "empathy"],
            "emotion, sentiment, rating, category or empathy",
            "emotion",
            "what the labels are, as prompts call it",
        ),
        "roles": Key(
            Annotated[dict[Word, Literal["user", "assistant", "tool"]], Field(min_length=1)],
            "a mapping of the data's own names to user, assistant or tool",
            {},
            "who speaks in a chat, where that is not one of the usual names",
        ),
        "language": Key(
            Annotated[StrictStr, Field(pattern=r"^[a-z]{2,3}$")],
            "an ISO 639 code in small letters, such as en, zh or de",
            None,
            "of the texts; prompts are Chinese for zh, and else English",
        ),
        "licence": Key(Line, "an SPDX id, a few words, or unstated", None, "the terms"),
        "commercial": Key(Flag, "yes or no", False, "whether they allow commercial use"),
        "redistributable": Key(Flag, "yes or no", False, "whether they allow passing on what is made of the data"),
        "personal": Key(Flag, "yes or no", True, "whether personal data may be in it, which is masked then"),
        "title": Key(Line, "a text", "", "the dataset's name in reports and cards; without it, the file's"),
        "homepage": Key(Line, "an address", "", "where it is published"),
        "citation": Key(Line, "a text", "", "how to cite it"),
        "views": Key(
            Annotated[list[Line], Field(min_length=1)] | Annotated[dict[Line, Rows], Field(min_length=1)],
            "a list of views, or a mapping of each to the most training rows it gives",
            (),
            "the questions put to it; without the key, all that its format and labels allow, without a limit",
        ),
    }
)
# Those that have to be given.
NEEDED = ("format", "language", "licence")
