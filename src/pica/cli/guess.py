"""`pica corpora new`: data → the YAML that declares it, with how each thing was guessed beside it.

    columns: {text: Satz, label: Stimmung} # the longest texts; 3 different values
    labels: [froh, traurig, wütend] # froh 79, traurig 73, wütend 88

Nothing is asked. What the data cannot say (the licence, which column has the label) is said to be missing, there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from pica.cleaning.language import language_of
from pica.cli.survey import COUNTED, MOST_LABELS, Counts, Survey, count, read, survey
from pica.corpora.declaration import file_problem, kind_of, suggested
from pica.corpora.keys import CHATS, COLUMNS, INNER, JSON, SPLIT_NAMES
from pica.corpora.reading import USUAL_ROLES
from pica.errors import DataError, SourceError
from pica.sources import hub_rows

# What columns are called, without blanks, signs and case.
_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "text": "text texts sentence content utterance tweet review comment body message post document "
        "satz 文本 内容 句子 评论",
        "label": "label labels emotion emotions sentiment category class mood feeling target stimmung "
        "标签 情感 情绪 类别",
        "dialogue": "dialogue dialogueid dialogid dialog convid conversation conversationid sessionid threadid "
        "对话 会话",
        "speaker": "speaker speakerid speakername role author from name sprecher 说话人 角色",
        "order": "order turn turnid turnidx turnindex utteranceid utteranceidx uttid position step 序号",
        "act": "act acts dialogueact dialogact da intent speechact",
        "split": "split partition fold subset",
        "id": "id uid exampleid tweetid",
        "cause": "cause causes causespan causespans reason trigger 原因",
        "situation": "situation context background prompt",
    }
)
# Texts that the language is told from, and labels that are listed with their counts.
_TEXTS, _LISTED = 50, 20
# A column is a label's where its values come back so often, on average, or where there are as few as two or three.
_OFTEN = 4
# Rows of each split of a hub dataset that are looked at.
_LOOKED_AT_HUB = 1_000


def declare_data(given: str) -> Path:
    """Write the YAML for a file, a hub dataset or a folder in the hub's layout; returns where.

    Raises:
        SourceError: the data cannot be read.
        DataError: the YAML is there already.
    """
    path = Path(given).expanduser()
    if path.is_file():
        if problem := file_problem("texts", path.name):
            raise SourceError(f"{problem}.")
        files = _siblings(path)
        name = suggested(path.parent.resolve().name if isinstance(files, dict) else _stem(path))
        target = path.parent / f"{name}.yaml"
        lines = _of_file(path, files)
    elif path.is_dir() or re.fullmatch(r"[\w.-]+/[\w.-]+(@[\w./-]+)?", given):
        repo = str(path.resolve()) if path.is_dir() else given
        name = suggested(Path(repo.partition("@")[0]).name)
        target = (path.parent if path.is_dir() else Path()) / f"{name}.yaml"
        lines = _of_hub(repo, f"./{path.resolve().name}" if path.is_dir() else repo)
    else:
        raise SourceError(f"{path} is no file, no folder, and no dataset's name on the hub (owner/name).")
    _refuse_to_overwrite(target)
    text = "\n".join(lines) + "\n"
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        _refuse_to_overwrite(target)
    return target


def _refuse_to_overwrite(target: Path) -> None:
    if target.exists():
        raise DataError(f"{target} is there already, and is not written over. Rename or delete it first.")


def _stem(path: Path) -> str:
    return Path(path.name.removesuffix(".gz")).stem


def _siblings(path: Path) -> str | dict[str, str]:
    """The file's name or, where its folder has train, test and the like of the same kind, those by split."""
    own = {
        split: other.name
        for other in sorted(path.parent.iterdir())
        if other.is_file()
        and kind_of(other.name) == kind_of(path.name)
        and (split := SPLIT_NAMES.get(_stem(other).casefold()))
    }
    return own if path.name in own.values() and len(own) > 1 else path.name


def _of_file(path: Path, files: str | dict[str, str]) -> Iterator[str]:
    seen = survey(path)
    columns, format = _columns(seen)
    paths = [path] if isinstance(files, str) else [path.parent / name for name in files.values()]
    found = chain.from_iterable(
        (row for _, row in read(each, seen.encoding, seen.delimiter, seen.header)) for each in paths
    )
    counts = _counted(found, format, columns, seen)
    yield f"# Written by `pica corpora new`; {_number(counts)} rows. What follows a # is a guess: look at it."
    yield f"format: {format}"
    yield f"files: {_flow(files)}"
    if seen.kind == ".csv" and seen.delimiter != ",":
        yield f"delimiter: {_quoted(seen.delimiter)} # cuts rows into {len(seen.columns)} cells"
    if seen.encoding != "utf-8":
        how = "a mark at the start says so" if seen.bom else f"reads as: {seen.proof[:60]}"
        yield f"encoding: {seen.encoding} # {how}"
    yield from _rest(format, columns, seen, counts, split=not isinstance(files, str))


def _of_hub(repo: str, named: str) -> Iterator[str]:
    place, _, revision = repo.partition("@")
    splits = hub_rows.first_rows(place, None, revision or None, _LOOKED_AT_HUB)
    rows = tuple(chain.from_iterable(splits.values()))
    if not rows:
        raise SourceError(f"{repo} has no rows.")
    seen = Survey("", tuple(dict.fromkeys(key for row in rows for key in row)), rows)
    columns, format = _columns(seen)
    counts = _counted(rows, format, columns, seen)
    yield f"# Written by `pica corpora new` from the first {len(rows):,} rows. What follows a # is a guess: look at it."
    yield f"format: {format}"
    yield f"hub: {_flow(named)}"
    unknown = [name for name in splits if name.casefold() not in SPLIT_NAMES]
    if unknown:
        known = {name: SPLIT_NAMES.get(name.casefold(), "train") for name in splits}
        yield f"splits: {_flow(known)} # not known: what is {', '.join(unknown)}?"
    licence = hub_rows.licence(place, revision or None)
    yield from _rest(
        format, columns, seen, counts, True, f"licence: {_flow(licence)} # as its card says" if licence else ""
    )


def _counted(rows: Any, format: str, columns: Mapping[str, str], seen: Survey) -> Counts:
    outer = [columns[key] for key in columns if key not in (*INNER.get(format, ()), "id", "split", "order", "label")]
    return count(rows, columns, outer or seen.columns)


def _rest(
    format: str, columns: Mapping[str, str], seen: Survey, counts: Counts, split: bool, licence: str = ""
) -> Iterator[str]:
    renamed = {key: name for key, name in columns.items() if name != key or not COLUMNS[format].get(key)}
    places = {name: number for number, name in enumerate(seen.columns, start=1)}
    told = {key: places[name] for key, name in columns.items()} if not seen.header else renamed
    told.pop("input", None)
    if told:
        yield f"columns: {_flow(told)} # {_columns_why(columns, seen)}"
    for key, found in (("labels", counts.labels), ("acts", counts.acts)):
        if key[:-1] in columns:
            yield _labels(key, found)
        elif COLUMNS[format].get(key[:-1]):
            yield f"# {key}: not known, for no column looks like it. There are: {', '.join(seen.columns)}"
    if format in CHATS and (roles := _roles(format, columns, seen)):
        yield f"roles: {_flow(roles)} # not known for certain: who is who"
    texts = list(_all_texts(seen))[:_TEXTS]
    yield f"language: {language_of(texts)} # of {len(texts)} texts that were looked at"
    yield licence or "licence: unstated # the data does not say; reports and cards name it"
    yield "personal: yes # what looks like personal data is masked; no where people wrote it to be published"
    yield f"# {counts.copies:,} of {_number(counts)} rows say what an earlier one says; in training, copies go."
    if not split and "split" not in columns:
        yield "# No column has a split: a hash decides, 80 : 10 : 10. `group` in columns keeps rows together."


def _number(counts: Counts) -> str:
    return f"{counts.rows:,}" if counts.rows < COUNTED else f"the first {COUNTED:,}"


def _labels(key: str, found: Counter[str]) -> str:
    if not 1 < len(found) <= MOST_LABELS:
        what = "one value alone" if len(found) == 1 else f"{len(found):,} different values or more"
        return f"# {key}: not known, for the column has {what if found else 'no value'}"
    spelt: dict[str, str] = {}
    for label, _ in found.most_common():
        spelt.setdefault(label.casefold(), label)
    numbers = [f"{label} {number:,}" for label, number in found.most_common(_LISTED)]
    return f"{key}: {_flow(sorted(spelt.values()))} # {', '.join(numbers)}{', …' if len(found) > _LISTED else ''}"


def _flow(value: Any) -> str:
    """A value on one line of YAML."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=float("inf"), sort_keys=False)
    return text.removesuffix("...\n").strip()


def _quoted(text: str) -> str:
    return '"\\t"' if text == "\t" else f'"{text}"'


# Which column is what


def _columns(seen: Survey) -> tuple[dict[str, str], str]:
    """What is read → its name in the data, and the format."""
    first = seen.rows[0] if seen.rows else {}
    if len(seen.rows) == 1 and seen.kind in JSON and (key := _wrapping(first)):
        raise SourceError(
            f"the file is one object, and its rows are the list at {key!r} in it: write that list by itself, in a file "
            "of its own."
        )
    for column, value in first.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return _nested(column, value[0], seen)
    named = {_signless(column): column for column in seen.columns}
    if {"instruction", "output"} <= named.keys():
        return {key: named[key] for key in COLUMNS["alpaca"] if key in named}, "alpaca"
    found = {key: column for key in _NAMES if (column := _called(key, seen.columns))}
    if {"dialogue", "speaker", "text"} <= found.keys():
        return {key: found[key] for key in (*COLUMNS["turns"], "split") if key in found}, "turns"
    format = "pairs" if {"cause", "text"} <= found.keys() else "texts"
    text = found.get("text") or max(seen.columns, key=lambda column: _mean_length(seen, column), default="")
    label = found.get("label") or _label_column(seen, {text, *found.values()})
    kept = {"text": text, "label": label, "cause": found.get("cause"), "split": found.get("split")}
    if (own := found.get("id")) and _all_differ(seen, own):
        kept["id"] = own
    known = (*COLUMNS[format], "id", "split")
    return {key: column for key, column in kept.items() if column and key in known}, format


def _wrapping(row: Mapping[str, Any]) -> str | None:
    """The key of an object at which all rows of a file stand: a list of objects, none of which is somebody's turn."""
    for key, value in row.items():
        if isinstance(value, list) and len(value) > 1 and all(isinstance(each, dict) for each in value):
            inner = tuple(value[0])
            speaks = {"role", "from"} & set(inner) or _called("speaker", inner)
            return None if speaks else key
    return None


def _nested(column: str, turn: Mapping[str, Any], seen: Survey) -> tuple[dict[str, str], str]:
    split = {"split": own} if (own := _called("split", seen.columns)) else {}
    if {"role", "content"} <= turn.keys():
        return {"messages": column, "role": "role", "content": "content", **split}, "messages"
    if {"from", "value"} <= turn.keys():
        return {"conversations": column, "from": "from", "value": "value", **split}, "sharegpt"
    inner = {key: name for key in ("speaker", "text", "label", "act") if (name := _called(key, tuple(turn)))}
    outer = {key: name for key in ("id", "situation") if (name := _called(key, seen.columns))}
    if "id" not in outer and (own := _called("dialogue", seen.columns)) and own != column and _all_differ(seen, own):
        outer["id"] = own
    return {"turns": column, **inner, **outer, **split}, "dialogues"


def _called(key: str, columns: Sequence[str]) -> str | None:
    names = _NAMES[key].split()
    return next((column for name in names for column in columns if _signless(column) == name), None)


def _signless(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


def _mean_length(seen: Survey, column: str) -> float:
    texts = seen.texts(column)
    return sum(map(len, texts)) / max(1, len(texts))


def _label_column(seen: Survey, others: set[str]) -> str | None:
    """The column whose values come back most often."""
    different: dict[str, int] = {}
    for column in seen.columns:
        values = [str(value).strip() for row in seen.rows if (value := row.get(column)) not in (None, "")]
        if column not in others and len(set(values)) > 1:
            different[column] = len(set(values))
    few = [column for column, number in different.items() if number <= max(3, len(seen.rows) // _OFTEN)]
    return min(few, key=different.get, default=None)


def _all_differ(seen: Survey, column: str) -> bool:
    values = [str(row.get(column)) for row in seen.rows]
    return len(set(values)) == len(values)


def _columns_why(columns: Mapping[str, str], seen: Survey) -> str:
    text = columns.get("text")
    why = [f"of {', '.join(seen.columns)}"] if len(seen.columns) > 1 else []
    if text in seen.columns:
        why.append(f"{text} has {_mean_length(seen, text):.0f} characters on average")
    return "; ".join(why) or "by their names"


def _roles(format: str, columns: Mapping[str, str], seen: Survey) -> dict[str, str]:
    """Those who speak and have none of the usual names: who begins is taken for the user."""
    list_column, role = (columns[key] for key in COLUMNS[format] if key in (format, "conversations", INNER[format][0]))
    found: dict[str, str] = {}
    for row in seen.rows:
        for place, message in enumerate(row.get(list_column) or ()):
            name = str(message.get(role)) if isinstance(message, dict) else ""
            if name and name.casefold() not in USUAL_ROLES[format]:
                found.setdefault(name, "assistant" if place else "user")
    return found


def _all_texts(seen: Survey) -> Iterator[str]:
    """The texts of the first rows, the longest of each."""
    for row in seen.rows:
        texts = [text for value in row.values() for text in _texts_in(value)]
        if texts:
            yield max(texts, key=len)


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(each)
