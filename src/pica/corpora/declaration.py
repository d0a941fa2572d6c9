"""A dataset declared: what a YAML file says about somebody's own data, checked key by key.

    # diary.yaml
    format: texts
    files: diary.csv
    delimiter: ";"
    columns: {text: Satz, label: Stimmung}
    labels: [froh, traurig, wütend]
    language: de
    licence: CC-BY-4.0

The file's name is the dataset's. `keys` has what may stand there; docs/datasets.md says it to users, with an example a
format. All that is wrong is said at once, a line a key.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pica.corpora.keys import (
    ANY,
    CHATS,
    COLUMNS,
    JSON,
    KEYS,
    NEEDED,
    NESTED,
    PARQUET,
    SPREADSHEETS,
    TABLES,
)
from pica.errors import DataError


@dataclass(frozen=True, slots=True)
class Declaration:
    """A declared dataset, whole and right. Fields are named as the keys.

    Args:
        name: the dataset's.
        values: the file's own, as they stand there, to be passed on.
        files: split → paths; "" where the split is not the file's. Empty for one of the hub.
        columns: what is read → what it is called in the data.
        labels: native labels; `coarse` is empty, or has the coarser one of each.
        views: suffix → the most training rows; empty for all views without a limit.
    """

    name: str
    values: Mapping[str, Any]
    format: str
    files: Mapping[str, tuple[str, ...]]
    hub: str
    config: str | None
    splits: Mapping[str, str]
    columns: Mapping[str, str]
    header: bool
    delimiter: str
    encoding: str
    labels: tuple[str, ...]
    coarse: Mapping[str, str]
    acts: tuple[str, ...]
    asks: str
    roles: Mapping[str, str]
    language: str
    licence: str
    commercial: bool
    redistributable: bool
    personal: bool
    title: str
    homepage: str
    citation: str
    views: Mapping[str, int | None]


def is_declaration(path: Path) -> bool:
    """Whether a YAML file declares a dataset, well or not; others name neither data nor a format.

    Raises:
        DataError: it is not YAML.
    """
    values = _values(path)
    return not isinstance(values, dict) or bool({"format", "files", "hub"} & values.keys())


def load(path: Path) -> Declaration:
    """The declaration in a YAML file.

    Raises:
        DataError: it is not YAML, or does not say what it should; a line a key.
    """
    values = _values(path)
    if not isinstance(values, dict):
        raise DataError(f"{path} should be a mapping with the keys {', '.join(NEEDED)} and files or hub.")
    lines = {key: line + 1 for key in values for line, _ in [values.lc.key(key)]}
    return parsed(path.stem, _plain(values), str(path), lines)


def _values(path: Path) -> Any:
    try:
        return YAML().load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError, OSError) as error:
        raise DataError(f"{path} cannot be read as YAML: {error}") from None


def parsed(name: str, values: Mapping[str, Any], where: str, lines: Mapping[str, int] | None = None) -> Declaration:
    """A declaration from the values of its keys.

    Args:
        where, lines: what errors name: the file, and the line of each key.

    Raises:
        DataError: all that is wrong, a line a key.
    """
    wrong = dict(_by_themselves(values))
    right = {key: value for key, value in values.items() if key not in wrong and key in KEYS}
    wrong |= {key: problem for key, problem in _together(right, values) if key not in wrong}
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        said = f"small letters, digits and _ make a dataset's name; call the file {suggested(name)}.yaml"
        wrong = {"the file's name": said} | wrong
    if wrong:
        at = {key: f"line {lines[key]}, {key}" if lines and key in lines else str(key) for key in wrong}
        said = "\n".join(f"  {at[key]}: {wrong[key]}" for key in sorted(wrong, key=lambda k: (lines or {}).get(k, 0)))
        count = f"{len(wrong)} mistakes" if len(wrong) > 1 else "a mistake"
        raise DataError(f"{where} has {count}:\n{said}\ndocs/datasets.md has all keys, and an example a format.")
    return _declaration(name, values)


def suggested(stem: str) -> str:
    """A dataset's name made of a file's."""
    made = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_")
    return made if made[:1].isalpha() else f"my_{made}".rstrip("_")


def _plain(value: Any) -> Any:
    """A value of YAML as plain Python."""
    if isinstance(value, dict):
        return {_plain(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    kind = next((kind for kind in (bool, int, float, str) if isinstance(value, kind)), None)
    return kind(value) if kind else value


def _by_themselves(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Key → what is wrong with its value."""
    for key, value in values.items():
        if key not in KEYS:
            close = difflib.get_close_matches(str(key), KEYS, n=1)
            yield key, "unknown key. " + (f"Did you mean {close[0]}?" if close else "It is none of a declaration.")
            continue
        try:
            TypeAdapter(KEYS[key].kind).validate_python(value)
        except ValidationError as error:
            own = [e["msg"].removeprefix("Value error, ") for e in error.errors() if e["type"] == "value_error"]
            yield key, own[0] if own else f"should be {KEYS[key].allowed}; found {_short(value)}"


def _together(right: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Key → what is wrong with it beside the others; `right` has those that are right by themselves."""
    for key in NEEDED:
        if key not in values:
            yield key, f"missing. It is {KEYS[key].meaning}: {KEYS[key].allowed}"
    if ("files" in values) == ("hub" in values):
        yield "files", "give either files or hub" + ("" if "hub" in values else ": where the data is")
    format = right.get("format")
    if format is None:
        return
    yield from _files(format, right)
    yield from _columns(format, right)
    yield from _labels(format, right, values)
    if "config" in right and "hub" not in values:
        yield "config", "belongs to a dataset of the hub, and this one has files"
    if "splits" in right and "hub" not in values and "split" not in right.get("columns", {}):
        yield "splits", "says what the values of a column mean: name it by columns: {split: …}"
    if "roles" in right and format not in CHATS:
        yield "roles", f"belongs to {' and '.join(CHATS)}, and this is {format}"
    if "views" in right and {"labels", "acts", "columns"} & values.keys() <= right.keys():
        known = view_names(format, right)
        if unknown := [view for view in right["views"] if view not in known]:
            yield "views", f"there is no view {unknown[0]}; with these keys there are {', '.join(known)}"


def _files(format: str, right: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    by_split = paths_of(right.get("files", ()))
    paths = [path for paths in by_split.values() for path in paths]
    problems = [problem for path in paths if (problem := file_problem(format, path))]
    if problems:
        yield "files", problems[0]
    elif "" not in by_split and "split" in right.get("columns", {}):
        yield "files", "a file a split and a column for the split are two answers to one question; keep one"
    kinds = {kind_of(path) for path in paths} - {""}
    if "delimiter" in right and not problems and ".csv" not in kinds:
        yield "delimiter", "belongs to CSV files, and there is none (the cells of a .tsv file are parted by tabs)"
    if "encoding" in right and not problems and kinds <= {*PARQUET}:
        yield "encoding", "belongs to files of text, and there is none"


def _columns(format: str, right: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    columns, known = right.get("columns", {}), (*COLUMNS[format], *ANY)
    if unknown := [column for column in columns if column not in known]:
        yield "columns", f"{unknown[0]} is nothing that {format} has; it has {', '.join(known)}"
    elif len({isinstance(name, int) for name in columns.values()}) > 1:
        yield "columns", "give all as names, or all as numbers, of a table without a header"
    elif any(isinstance(name, int) for name in columns.values()):
        kinds = {kind_of(path) for paths in paths_of(right.get("files", ())).values() for path in paths}
        if missing := [column for column, needed in COLUMNS[format].items() if needed and column not in columns]:
            yield "columns", f"numbers stand for columns without a header: give that of {missing[0]} as well"
        elif not kinds <= {*TABLES}:
            yield "columns", "numbers stand for columns of a table without a header; these have names"


def _labels(format: str, right: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    columns = COLUMNS[format]
    for key, column in (("labels", "label"), ("acts", "act")):
        if key in right and column not in columns:
            yield key, f"{format} has none"
        elif key not in values and (columns.get(column) or column in right.get("columns", {})):
            yield key, f"missing. It is {KEYS[key].meaning}: {KEYS[key].allowed}"
    if "asks" in right and "label" not in columns:
        yield "asks", f"says what labels are, and {format} has none"


def view_names(format: str, right: Mapping[str, Any]) -> tuple[str, ...]:
    """The views that a format has with these keys, without the dataset's name."""
    labels = right.get("labels")
    classes = ("coarse-classification", "fine-classification") if isinstance(labels, dict) else ("classification",)
    named = classes if labels else ()
    if format == "texts":
        return named
    if format == "pairs":
        return (*named, "cause")
    if format == "alpaca":
        return ("instruction-generation",)
    acts = ("act-inference",) if right.get("acts") else ()
    situation = ("situation-inference",) if "situation" in right.get("columns", {}) else ()
    return (*named, "generation", *acts, *situation)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"


def kind_of(path: str) -> str:
    """The ending that says what is in a file, without `.gz`; in small letters."""
    return PurePosixPath(path.lower().removesuffix(".gz")).suffix


def file_problem(format: str, path: str) -> str:
    """Why a file of that name is none of this format; empty when it may be one."""
    kind = kind_of(path)
    if kind in SPREADSHEETS:
        return f"{path} is a spreadsheet: save it as CSV in UTF-8 (in Excel: Save As, 'CSV UTF-8') and name that"
    allowed = (*JSON, *PARQUET) if format in NESTED else (*TABLES, *JSON, *PARQUET)
    if kind in allowed:
        return ""
    return f"{path} should end with {', '.join(allowed)}, or with that and .gz"


def paths_of(files: Any) -> Mapping[str, tuple[str, ...]]:
    """The value of `files` as split → paths."""
    by_split = files if isinstance(files, dict) else {"": files}
    return {split: (paths,) if isinstance(paths, str) else tuple(paths) for split, paths in by_split.items()}


def raw_path(given: str) -> str:
    """Where a file that `files` names lies in the dataset's raw folder: as it is named, inside."""
    parts = (part for part in PurePosixPath(given.replace(os.sep, "/")).parts if part not in ("/", ".", "~"))
    return "/".join("up" if part == ".." else part for part in parts)


def _declaration(name: str, values: Mapping[str, Any]) -> Declaration:
    made = {
        key: TypeAdapter(known.kind).validate_python(values[key]) if key in values else known.default
        for key, known in KEYS.items()
    }
    labels, views, columns = made["labels"], made["views"], made["columns"]
    named = {**COLUMNS[made["format"]], **dict.fromkeys(ANY, False)}
    given = {"label": bool(labels), "act": bool(made["acts"]), "input": True}
    made |= {
        "files": paths_of(made["files"]) if made["files"] else {},
        "hub": made["hub"] or "",
        "splits": {key.casefold(): split for key, split in made["splits"].items()},
        "columns": {
            key: str(columns.get(key, key))
            for key, needed in named.items()
            if key in columns or needed or given.get(key, False)
        },
        "header": not any(isinstance(column, int) for column in columns.values()),
        "labels": tuple(labels),
        "coarse": labels if isinstance(labels, dict) else {},
        "acts": tuple(made["acts"]),
        "views": views if isinstance(views, dict) else dict.fromkeys(views),
        "roles": {key.casefold(): role for key, role in made["roles"].items()},
        "title": made["title"] or name,
    }
    return Declaration(name=name, values=values, **made)
