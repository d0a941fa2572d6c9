"""User turns to replay, from a YAML file; docs/dialogues.yaml has some that we made up.

- name: the driving test
  topic: school
  language: en
  turns: [I failed my driving test again., …]
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from pica.chat.session import checked
from pica.chat.state import STRICT
from pica.errors import ChatError


@dataclass(frozen=True, config=STRICT)
class Dialogue:
    """What one made-up user says, turn by turn."""

    name: str
    topic: str
    language: Literal["en", "zh"]
    turns: list[str]


def read_dialogues(path: Path) -> list[Dialogue]:
    """The dialogues of a file.

    Raises:
        ChatError: it is missing, not YAML, a dialogue lacks a key or has another one, or a turn is empty or too long.
    """
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
        # Through JSON, since pydantic's strict mode takes mappings for dataclasses there alone.
        found = TypeAdapter(list[Dialogue]).validate_json(_as_json(given, path))
    except FileNotFoundError:
        raise ChatError(f"{path} is missing. docs/dialogues.yaml shows what such a file has.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ChatError(f"{path} is not valid YAML: {error}.") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise ChatError(f"{path}: {place}: {first['msg']}. docs/dialogues.yaml shows what such a file has.") from None
    if not found or not all(dialogue.turns for dialogue in found):
        raise ChatError(f"{path}: a dialogue has no turn.")
    for dialogue in found:
        for number, turn in enumerate(dialogue.turns, 1):
            try:
                checked(turn)
            except ChatError as error:
                raise ChatError(f"{path}: {dialogue.name}, turn {number}: {error}") from None
    return found


def _as_json(given: Any, path: Path) -> str:
    try:
        return json.dumps(given, default=str)
    except (TypeError, ValueError) as error:  # a date as a key, a list that holds itself
        raise ChatError(f"{path}: {error}. docs/dialogues.yaml shows what such a file has.") from None
