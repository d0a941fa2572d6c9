"""What one training needs, as a typed file: `python -m pica.training CONFIG.yaml`.

    rows: data/instructions/train.parquet
    validation: data/instructions/validation.parquet
    base: models/base
    out: my-training
    checkpoints: .pica/checkpoints
    seed: 42
    adapter: {kind: lora, r: 32, alpha: 64, dropout: 0.0, targets: all-linear, virtual_tokens: null}
    train: {epochs: 3, lr: 0.002, …}

Paths are relative to the current folder. All keys are required; `adapter` and `train` are those of params.yaml.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import yaml

from pica.errors import ParamsError
from pica.settings import Adapter, Seed, Train
from pica.store import atomic_path


@dataclass(frozen=True)
class Config:
    """A training: instruction rows and a base model folder in, `out` and, while it runs, `checkpoints` out."""

    rows: str
    validation: str
    base: str
    out: str
    checkpoints: str
    seed: Seed
    adapter: Adapter
    train: Train


def load(path: Path) -> Config:
    """The config of a file.

    Raises:
        ParamsError: the file is missing or not YAML, or a key is unknown, missing, of the wrong type or out of bounds.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(f"{path} is missing. Give the YAML file of a training.") from None
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise ParamsError(f"{path} is not readable YAML: {error}. Mend it.") from None
    problems = list(_problems(values, Config, ""))
    if problems:
        raise ParamsError("\n  ".join([f"{path} does not fit the settings of a training:", *problems]))
    return _made(values, Config)


def dump(config: Config, path: Path) -> None:
    """Write a config as `load` reads it."""
    with atomic_path(path) as temporary:
        temporary.write_text(yaml.safe_dump(asdict(config), sort_keys=False), encoding="utf-8")


def _problems(value: Any, hint: Any, key: str) -> Iterator[str]:
    """What is wrong with `value` as a `hint`, a line each."""
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    if value is None and NoneType in kinds:
        return
    kind = next(kind for kind in kinds if kind is not NoneType)
    bounds = None
    if get_origin(kind) is Annotated:
        kind, bounds = get_args(kind)
    if is_dataclass(kind):
        yield from _section_problems(value, kind, key)
    elif get_origin(kind) is Literal:
        if value not in get_args(kind):
            yield f"{key}: should be one of {', '.join(get_args(kind))}, found {value!r}"
    elif not _is(value, kind):
        hint = ", written with a point (0.0002, 2.0e-4)" if kind is float else ""
        yield f"{key}: should be {_WORDS[kind]}{hint}, found {value!r}"
    elif bounds and (problem := bounds.broken_by(value)):
        yield f"{key}: {problem}, found {value!r}"


def _section_problems(values: Any, kind: type, key: str) -> Iterator[str]:
    if not isinstance(values, Mapping):
        yield f"{key or 'the file'}: should be a mapping of {', '.join(f.name for f in fields(kind))}, found {values!r}"
        return
    hints = get_type_hints(kind, include_extras=True)
    path = {name: f"{key}.{name}".lstrip(".") for name in [*hints, *values]}
    yield from (f"{path[name]}: unknown key" for name in values if name not in hints)
    yield from (f"{path[name]}: missing" for name in hints if name not in values)
    for name in hints.keys() & values.keys():
        yield from _problems(values[name], hints[name], path[name])


_WORDS = {int: "a whole number", float: "a finite number", str: "text", bool: "true or false"}


def _is(value: Any, kind: type) -> bool:
    """Whether a YAML value is of that very type: a truth is no number, and a whole number may stand for any."""
    if kind is float:
        return type(value) in (int, float) and math.isfinite(value)
    return type(value) is kind


def _made(values: Mapping[str, Any], kind: type) -> Any:
    hints = get_type_hints(kind)
    return kind(**{k: _made(v, hints[k]) if is_dataclass(hints[k]) else v for k, v in values.items()})
