"""The files of the outside sets: made-up ones of the sample, a folder's, or those at their pinned URLs.

fetch(source, folder)   →   folder/{tombench,cpsyexam,eqbench2}/…
"""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path

from pica.errors import SourceError
from pica.outside.sets import SETS
from pica.params import Source
from pica.sources import folder, web
from pica.workspace import resolve_path


def sample_folder() -> Path:
    """Where the embedded ones lie."""
    return Path(str(files("pica.outside") / "sample"))


def fetch(source: Source, destination: Path) -> None:
    """Put the files of every set into a folder of its own. Of a mirror they come if `source.outside` is their folder.

    Raises:
        SourceError: a file or folder is missing, cannot be fetched, or is not the pinned one.
    """
    given = resolve_path(source.outside) if source.outside else None
    if given and not given.is_dir():
        raise SourceError(f"the folder {given} (source.outside={source.outside}) is not there.")
    if source.kind == "mirror" and not given:
        print(
            "left out the outside sets: give source.outside=/path/to/folder (tombench, cpsyexam, eqbench2 in it)",
            file=sys.stderr,
        )
        return
    for name, outside in SETS.items():
        target = destination / name
        target.mkdir()
        if given:
            folder.copy_pinned(outside, given, target)
        elif source.kind == "sample":
            folder.copy_all(sample_folder() / name, target)
        else:
            web.download(outside, target)
