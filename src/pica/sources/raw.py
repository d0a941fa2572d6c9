"""One corpus's raw files into a folder, from the source that the parameters name."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from pica.corpora import Corpus
from pica.errors import SourceError
from pica.params import Source
from pica.sources import folder, hub, own, web
from pica.workspace import resolve_path


def sample_folder(corpus: Corpus) -> Path:
    """Where the embedded sample of a corpus lies; it need not exist."""
    return Path(str(files("pica.sample") / "files" / corpus.name))


def fetch(corpus: Corpus, source: Source, destination: Path) -> None:
    """Put the raw files of a corpus into the folder `destination`, which must exist.

    What the user has declared, and a folder of their own, go before every kind of source; what is pinned of the latter
    is held to its hash. From the web, a corpus that is on the hub comes from there, in full.

    Raises:
        SourceError: a file or folder is missing, cannot be fetched, or is not the pinned one.
    """
    if corpus.declared:
        own.fetch(corpus, source, destination)
    elif given := own_folder(corpus, source):
        folder.copy_all(given, destination)
        folder.check_pinned(corpus, given)
    elif source.kind == "sample":
        folder.copy_all(sample_folder(corpus), destination)
    elif source.kind == "mirror":
        folder.copy_pinned(corpus, mirror_folder(source), destination)
    elif corpus.hub:
        hub.download(corpus.hub.repo, corpus.hub.revision, corpus.hub.patterns, destination)
    else:
        web.download(corpus, destination)


def own_folder(corpus: Corpus, source: Source) -> Path | None:
    """The user's folder of a corpus (`source.manual`); None where they gave none.

    Raises:
        SourceError: they gave one that is not there.
    """
    given = source.manual.get(corpus.name, "")
    if not given:
        return None
    path = resolve_path(given)
    if not path.is_dir():
        raise SourceError(f"the folder {path} (source.manual.{corpus.name}={given}) is not there.")
    return path


def mirror_folder(source: Source) -> Path:
    """The mirror's folder.

    Raises:
        SourceError: `source.path` is not given or is no folder.
    """
    if not source.path:
        raise SourceError(
            "source=mirror needs the folder: -S source.path=/path/to/mirror (one folder a dataset in it)."
        )
    path = resolve_path(source.path)
    if not path.is_dir():
        raise SourceError(f"the mirror folder {path} (source.path={source.path}) is not there.")
    return path


def is_available(corpus: Corpus, source: Source) -> bool:
    """Whether the raw files of a corpus lie on this machine, so that `fetch` downloads nothing. Hashes are not checked.

    Raises:
        SourceError: a folder that the parameters name is not there.
    """
    if corpus.declared:
        return own.is_here(corpus, source)
    if own_folder(corpus, source):
        return True
    if source.kind == "sample":
        return sample_folder(corpus).is_dir()
    if source.kind == "mirror":
        mirror = mirror_folder(source)
        return bool(corpus.files) and all(folder.pinned(corpus, f, mirror) for f in corpus.files if f.sha256)
    if corpus.hub:
        return hub.is_cached(corpus.hub.repo, corpus.hub.revision)
    return bool(corpus.files) and all(map(web.is_cached, corpus.files))
