"""A declaration as a Corpus: its views, and a reader for its format.

    {"Satz": "Der Zug kam nicht.", "Stimmung": "traurig"}   →   diary/train/diary-2: "Der Zug kam nicht.", traurig

A row that lacks what is asked about is rejected with the reason; a label that is not declared, a row of another length
and the like are errors that name the user's own file and line. Without a split of its own a row's is a hash: of the
column `group`, else of the dialogue's id, else of what is said, so that copies are not torn apart.
"""

from __future__ import annotations

import glob
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from pica.corpora import native
from pica.corpora.corpus import Corpus, Hub, View
from pica.corpora.declaration import Declaration, is_declaration, kind_of, load, parsed, raw_path, view_names
from pica.corpora.keys import CHATS, INNER, TABLES, is_folder
from pica.corpora.reading import READERS, Source, columns_of
from pica.corpora.rows import Text, rows
from pica.errors import CorpusError, DataError
from pica.schema import Conversation, Rejected
from pica.store import read_json


def corpora_of(places: Iterable[Path], modules: Mapping[str, Corpus]) -> dict[str, Corpus]:
    """The declared datasets of some places, by name.

    Args:
        places: folders of YAML files, one such file, or the record that `download` writes: name → the values of a
            declaration's keys.
        modules: the datasets that have a module.

    Raises:
        DataError: a declaration is wrong, or has the name of another dataset.
    """
    found: dict[str, tuple[Path, Declaration]] = {}
    for place in places:
        for path, declaration in _declarations(place):
            name = declaration.name
            if name in modules or name in found:
                other = found[name][0] if name in found else "the catalogue"
                raise DataError(f"{path}: there is a dataset '{name}' in {other} already; give the file another name.")
            found[name] = path, declaration
    return {name: corpus_of(declaration) for name, (_, declaration) in found.items()}


def _declarations(place: Path) -> Iterator[tuple[Path, Declaration]]:
    if place.suffix == ".json":
        for name, values in read_json(place).items():
            yield place, parsed(name, values, f"{name}.yaml")
    elif place.is_file():
        yield place, load(place)
    else:
        for path in sorted(place.glob("*.yaml")):
            if is_declaration(path):
                yield path, load(path)


def corpus_of(declaration: Declaration) -> Corpus:
    """The dataset that is declared."""
    d = declaration
    repo, _, revision = d.hub.partition("@")
    on_hub = bool(d.hub) and not is_folder(d.hub)
    return Corpus(
        name=d.name,
        title=d.title,
        homepage=d.homepage or (f"https://huggingface.co/datasets/{repo}" if on_hub else ""),
        citation=d.citation,
        licence=d.licence,
        commercial=d.commercial,
        redistributable=d.redistributable,
        personal=d.personal,
        languages=(d.language,),
        read=partial(read, d),
        views=tuple(_views(d)),
        hub=Hub(repo, ("*",), revision or "main") if on_hub else None,
        emotions=d.labels,
        acts=d.acts,
        verbatim=d.format in (*CHATS, "alpaca"),
        declared=d,
    )


def _views(d: Declaration) -> Iterator[View]:
    task = "text_emotion" if d.format in ("texts", "pairs") else "dialogue_emotion"
    coarse = tuple(dict.fromkeys(d.coarse.values()))
    controls = (*(["emotion"] if d.labels else []), *(["act"] if d.acts else []))
    of = "conversation" if task == "text_emotion" else "turn"
    known = {
        "classification": (task, {"asks": d.asks, "of": of, "labels": d.labels}),
        "coarse-classification": (task, {"asks": d.asks, "of": of, "labels": coarse, "relabel": d.coarse}),
        "fine-classification": (task, {"asks": d.asks, "of": of, "labels": d.labels, "groups": d.coarse}),
        "cause": ("emotion_cause", {"asks": "cause"}),
        "generation": ("dialogue_generation", {"asks": "reply", "controls": controls}),
        "instruction-generation": ("dialogue_generation", {"asks": "instruction", "speaker": "assistant"}),
        "act-inference": ("dialogue_inference", {"asks": "act", "labels": d.acts}),
        "situation-inference": ("dialogue_inference", {"asks": "situation", "of": "conversation"}),
    }
    if d.format in CHATS:
        known["generation"] = "dialogue_generation", {"asks": "chat", "speaker": "assistant"}
    right = {"labels": d.coarse or d.labels, "acts": d.acts, "columns": d.columns}
    for name in d.views or view_names(d.format, right):
        of_task, rest = known[name]
        yield View(f"{d.name}-{name}", of_task, d.views.get(name), **rest)


# Reading


def read(declaration: Declaration, folder: Path) -> Iterator[Conversation | Rejected]:
    """The rows of the raw files in `folder`, where `download` has put them."""
    try:
        for split, path in raw_files(declaration, folder):
            source = Source(declaration, split, path.relative_to(folder).with_suffix("").as_posix())
            yield from READERS[declaration.format](source, _rows(declaration, path))
    except CorpusError as error:
        path = error.path.relative_to(folder) if error.path.is_relative_to(folder) else error.path
        own = f"{declaration.name}.yaml"
        raise CorpusError(path, error.line, _told(error.problem), error.unit, own) from None


class RawLines(NamedTuple):
    """Where a row stands in a file of text, from its first line to its last; of any other file its number, twice, and
    the row itself."""

    path: Path
    first: int
    last: int
    row: Mapping[str, Any] | None


def places(declaration: Declaration, folder: Path, id: str) -> list[RawLines]:
    """Where in the raw files a conversation, or a rejected row, stands; a dialogue of `turns` has several rows.

    Raises:
        CorpusError: as `read`, up to that row.
    """
    for split, path in raw_files(declaration, folder):
        taken: list[tuple[native.At, Mapping[str, Any], int]] = []
        source = Source(declaration, split, path.relative_to(folder).with_suffix("").as_posix())
        header = int(declaration.header and kind_of(path.name) in TABLES)
        for made in READERS[declaration.format](source, _noted(_rows(declaration, path), header, taken)):
            # The rows of a dialogue end where the next one begins, so its first row has been taken by then.
            ahead = []
            if declaration.format == "turns":
                own = source.text(*taken[0][:2], "dialogue")
                ahead = [each for each in taken if source.text(*each[:2], "dialogue") != own]
            if made.id == id:
                return [_lines_of(path, *each) for each in taken[: len(taken) - len(ahead)]]
            taken[:] = ahead
    return []


def _noted(rows: Iterable[tuple[native.At, Any]], before: int, taken: list) -> Iterator[tuple[native.At, Any]]:
    """The rows, each of which is noted with the line where it begins; `before` are the lines above the first."""
    for at, row in rows:
        taken.append((at, row, before + 1))
        before = at.line
        yield at, row


def _lines_of(path: Path, at: native.At, row: Mapping[str, Any], first: int) -> RawLines:
    return RawLines(path, first, at.line, None) if at.unit == "line" else RawLines(path, at.line, at.line, row)


def raw_labels(declaration: Declaration, folder: Path, key: str = "label") -> Counter[str]:
    """How often each label, or act, stands in the raw files, as they spell it but for blanks around."""
    counts: Counter[str] = Counter()
    inner = key in INNER.get(declaration.format, ())
    for _, path in raw_files(declaration, folder):
        for _, row in _rows(declaration, path):
            for each in row.get(declaration.columns["turns"]) or () if inner else (row,):
                value = each.get(declaration.columns[key])
                counts.update(str(label).strip() for label in (value if isinstance(value, list) else [value]) if label)
    return counts


def raw_files(declaration: Declaration, folder: Path) -> Iterator[tuple[str, Path]]:
    """The raw files and the split of each, "" where the file does not say; of the hub, a file a split.

    Raises:
        CorpusError: there is none of them.
    """
    if declaration.hub:
        for path in native.files(folder, "*.parquet"):
            yield declaration.splits[path.stem.casefold()], path
        return
    for split, paths in declaration.files.items():
        for given in paths:
            for path in matching(folder, raw_path(given)):
                yield split, path


def matching(folder: Path, given: str) -> list[Path]:
    """The files that a path of `files` names, by name; `*` stands for any name.

    Raises:
        CorpusError: there is none.
    """
    at = native.At(Path(given))
    path = folder / Path(given).expanduser()
    if path.is_dir():
        at.fail("a folder. Name the files in it, such as folder/*.csv")
    # A name with brackets is a name before it is a pattern.
    names = [str(path)] if path.is_file() else sorted(glob.glob(str(path), recursive=True))
    if not names:
        at.fail("there is no such file")
    return [Path(name) for name in names]


def _rows(d: Declaration, path: Path) -> Iterator[tuple[native.At, dict[str, Any]]]:
    needs, takes = columns_of(d)
    return rows(path, Text(d.encoding, d.delimiter, d.header), needs, takes)


def _told(problem: str) -> str:
    """What is wrong, with the key that mends it."""
    if problem.startswith("not valid utf-8"):
        return f"{problem}. Say which encoding it has: `encoding: cp1252` is that of Windows in Western Europe"
    if problem.startswith("unknown role"):
        return f"{problem}. Say who that is: `roles: {{…: assistant}}`"
    return problem
