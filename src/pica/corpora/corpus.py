"""What a dataset's module declares: its files, its terms, its labels, its reader and its views.

A module `corpora/<name>.py` holds one `CORPUS = Corpus(...)` and the reader it names. Nothing else is needed to add a
dataset: `catalogue()` finds the module by its place. So it finds what is declared in YAML (`declaration`), beside the
modules or where `declared_at` says.
"""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from importlib.resources import files as package_files
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Literal, get_args, get_type_hints

from pica.errors import DataError
from pica.schema import Conversation, Rejected, Split, Task

if TYPE_CHECKING:
    from pica.corpora.declaration import Declaration


@dataclass(frozen=True, slots=True)
class File:
    """One raw file, pinned.

    Args:
        path: where it lies inside the corpus's folder, `/` between parts.
        url: where it is published, at a fixed commit; empty where it is not, and comes from the user's own folder
            (`source.manual`) or a mirror.
        sha256: of the file's bytes; empty where the file is too large for a mirror and was not at hand here. Then it is
            recorded at the first download and held to, a mirror may lack it, and the reader does without.
        bytes: its size.
        mirror: its folder in a mirror, where that is not the corpus's own name.
        member: the file's name inside the zip at `url`, which a mirror may hold instead; empty when `url` is the file.
        archive_sha256: of that zip.
        git_blob: the file's object name in Git (SHA-1), which a first download is checked against; empty if unknown.
    """

    path: str
    url: str
    sha256: str
    bytes: int
    mirror: str = ""
    member: str = ""
    archive_sha256: str = ""
    git_blob: str = ""


class Manifest(Sequence[File]):
    """The files of a corpus that has too many to list in its module: a table beside it, read when first asked for.

    Args:
        name: a file in `corpora/`, tab-separated, with the header `path bytes sha256 url`.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._files: tuple[File, ...] | None = None

    def _load(self) -> tuple[File, ...]:
        if self._files is None:
            text = (package_files("pica.corpora") / self.name).read_text(encoding="utf-8")
            rows = csv.DictReader(text.splitlines(), delimiter="\t")
            self._files = tuple(File(r["path"], r["url"], r["sha256"], int(r["bytes"])) for r in rows)
        return self._files

    def __getitem__(self, index):
        return self._load()[index]

    def __len__(self) -> int:
        return len(self._load())


@dataclass(frozen=True, slots=True)
class Hub:
    """A dataset that lives on the Hugging Face hub in full.

    Args:
        repo: the hub's dataset id.
        patterns: `fnmatch` patterns of the files to take.
        revision: a commit where it is known for certain, else a branch, whose commit is recorded at the first download.
    """

    repo: str
    patterns: tuple[str, ...]
    revision: str = "main"


@dataclass(frozen=True, slots=True)
class View:
    """One task version of a corpus: which question is put to its conversations, and the closed set of answers.

    Args:
        name: `<corpus>[-variant]-{classification|cause|generation|inference}`.
        task: one of the five.
        rows: how many training rows PICA drew for it, the cap under `mixture=pica`; None for no cap.
        asks: what is asked for, as the prompts name it; of a "chat", what the user says is all that is asked, and of an
            "instruction", the data's own question.
        of: whether the label belongs to each turn or to the conversation as a whole; in generation, whether every reply
            is asked for or the last alone.
        labels: the answers to choose from, in the order the prompt lists them; empty for free text.
        relabel: native label → label of this view. A native label that is not in it has no example here. Empty = as is.
            Of what a prompt gives away (controls, the emotion whose cause is asked for), the prompt's word for it.
        groups: label → coarse group. When given, an example's candidates are only the labels of its answer's group
            ("fine" views ask for the fine label among those of the coarse one).
        pica_groups: native label → coarse group, as PICA had it in 2023, of a view whose groups are others here; taken
            under `reformat.groups=pica`.
        controls: in generation, what the prompt tells about the wanted reply (`feeling` is the other person's
            emotion, `scene` the situation where that is a place).
        speaker: whose turns, or, of a conversation, whose feeling or persona is asked for; empty = everybody's.
        ids: regular expression that a conversation's native id must match as a whole to be in this view; empty = all.
            For a corpus that holds two annotations of the same dialogues, each a conversation of its own.
    """

    name: str
    task: Task
    rows: int | None
    asks: Literal[
        "emotion",
        "sentiment",
        "rating",
        "category",
        "empathy",
        "act",
        "strategy",
        "situation",
        "persona",
        "relation",
        "cause",
        "reply",
        "chat",
        "instruction",
    ]
    of: Literal["turn", "conversation"] = "turn"
    labels: tuple[str, ...] = ()
    relabel: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    pica_groups: Mapping[str, str] = field(default_factory=dict)
    controls: tuple[
        Literal["emotion", "feeling", "act", "strategy", "situation", "scene", "persona", "speaker"], ...
    ] = ()
    speaker: str = ""
    ids: str = ""

    def __post_init__(self) -> None:
        if self.rows is not None and self.rows < 1:
            raise DataError(f"the view {self.name} gives {self.rows} rows: say how many at most, or None for no cap.")
        if self.asks not in (known := _askable()):
            raise DataError(f"the view {self.name} asks for '{self.asks}', and no prompt does: {', '.join(known)}.")

    def grouped(self, groups: Literal["parrott", "pica"]) -> View:
        """The view under those coarse groups: a coarse view asks for them, a fine one among the labels of one."""
        if groups == "parrott" or not self.pica_groups:
            return self
        if self.groups:
            return replace(self, labels=tuple(self.pica_groups), relabel={}, groups=self.pica_groups)
        return replace(self, relabel=self.pica_groups)


@cache
def _askable() -> tuple[str, ...]:
    return get_args(get_type_hints(View)["asks"])


@dataclass(frozen=True, slots=True)
class Corpus:
    """One dataset.

    Args:
        name: the module's name, and the first part of every id.
        title, homepage, citation: as its authors give them.
        licence: SPDX id where there is one, else the terms in a few words; "unstated" where there are none.
        commercial: whether those terms allow commercial use (False when unstated).
        redistributable: whether those terms allow passing on what is made of the text (False when unstated).
        personal: whether people wrote it on the open web or in private chat, and not for the dataset, a publisher or a
            screen: personal data in it is masked.
        languages: ISO 639-1 codes.
        read: folder with the raw files → conversations, and rows that cannot be one, each with its reason. Streams: it
            holds one dialogue at a time. Raises CorpusError (file and line) on a file that is not in its native layout.
        views: its task versions.
        files: the pinned raw files; of a dataset on the hub, the pieces that a mirror has; empty where it is given on
            application.
        hub: where the full data is on the hub, which is then its source on the web.
        agreement: how to apply, for data given only against a signed agreement; empty for the others.
        emotions, acts: the native labels that may stand on turns and conversations, in canonical spelling.
        note: what whoever reads its scores should know of its labels, in a few words: told in card and report.
        holds_out: other dataset → regular expression of native ids. Its rows with such an id are not trained on where
            this dataset is used, too, which tests on the same in another language.
        verbatim: whether texts are left as they are but for personal data, since they may be code.
        declared: the declaration that it comes of; None for one that is a module.
    """

    name: str
    title: str
    homepage: str
    citation: str
    licence: str
    commercial: bool
    redistributable: bool
    personal: bool
    languages: tuple[str, ...]
    read: Callable[[Path], Iterator[Conversation | Rejected]]
    views: tuple[View, ...]
    files: Sequence[File] = ()
    hub: Hub | None = None
    agreement: str = ""
    emotions: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()
    note: str = ""
    holds_out: Mapping[str, str] = field(default_factory=dict)
    verbatim: bool = False
    declared: Declaration | None = None


def split_by_group(group: str, validation: float = 0.1, test: float = 0.1) -> Split:
    """The split of a row in a corpus without official ones: a hash of its group's id, so that adding rows moves none.

    Args:
        group: what must not be torn apart (a dialogue's id, a question, a thread's first post), with the corpus's name.
        validation, test: shares of the groups.
    """
    share = int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], "big") / 2**64
    if share < test:
        return "test"
    return "validation" if share < test + validation else "train"


# Modules of this package that are helpers, not datasets.
_HELPERS = {
    *("chats", "corpus", "counselling", "declaration", "declared", "keys", "labels", "native", "reading"),
    *("rows", "texts"),
}

# The general text that `mixture.replay` mixes in: the user's own, and no dataset of PICA's.
REPLAY = "general"


# Where declared datasets are, for this process and those that it starts: a run's own, and so no parameter.
_DECLARED = "PICA_DECLARED"


def declared_at(*paths: Path) -> None:
    """From now on the catalogue has the datasets declared there as well, here and in the processes of `parallel`.

    Args:
        paths: folders of YAML files, or the record that `download` writes of them.
    """
    os.environ[_DECLARED] = os.pathsep.join(str(path.resolve()) for path in paths)


def declared_by_run(root: Path) -> None:
    """From now on the catalogue has the datasets that the last run of a repository knew, where there was one."""
    if (record := root / "data/declared.json").is_file():
        declared_at(record)


def _corpora() -> Mapping[str, Corpus]:
    return _all_of(os.environ.get(_DECLARED, ""))


@cache
def _all_of(declared: str) -> Mapping[str, Corpus]:
    from pica.corpora.declared import corpora_of  # which needs this module

    names = sorted(m.name for m in iter_modules(import_module("pica.corpora").__path__) if m.name not in _HELPERS)
    modules = {name: import_module(f"pica.corpora.{name}").CORPUS for name in names}
    places = [Path(str(package_files("pica.corpora"))), *map(Path, filter(None, declared.split(os.pathsep)))]
    return dict(sorted({**modules, **corpora_of(places, modules)}.items()))


def catalogue() -> Mapping[str, Corpus]:
    """Every dataset, by name, in alphabetical order; general text is none."""
    return {name: found for name, found in _corpora().items() if name != REPLAY}


def corpus(name: str) -> Corpus:
    """The dataset of that name, or general text; a DataError that lists the names when there is none."""
    if name not in _corpora():
        raise DataError(f"unknown dataset '{name}'. The catalogue has: {', '.join(catalogue())}.")
    return _corpora()[name]


def is_verbatim(name: str) -> bool:
    """Whether the texts of a dataset are left as they are."""
    found = _corpora().get(name)
    return found is not None and found.verbatim


def views() -> Mapping[str, View]:
    """Every view, by name, in the order of the catalogue; that of general text among them."""
    return _views_of(os.environ.get(_DECLARED, ""))


@cache
def _views_of(declared: str) -> Mapping[str, View]:
    return {view.name: view for c in _all_of(declared).values() for view in c.views}


def view_corpus(name: str) -> str:
    """The corpus's name, the first part of a view's name."""
    return name.partition("-")[0]
