"""The examples of docs/datasets.md, and declared datasets made for a test."""

from __future__ import annotations

import re
from pathlib import Path

from pica.corpora.corpus import Corpus
from pica.corpora.declaration import parsed
from pica.corpora.declared import corpus_of
from tests.corpora.support import write
from tests.stages.imports import ROOT

PAGE = (ROOT / "docs/datasets.md").read_text(encoding="utf-8")
# Format → the files of its example: name → text.
EXAMPLES: dict[str, dict[str, str]] = {
    title: {name: text for name, text in re.findall(r"^```\w+ (\S+)\n(.+?)^```", section, re.MULTILINE | re.DOTALL)}
    for title, section in re.findall(r"^### (\w+)\n(.+?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL)
}


def example(format: str, folder: Path) -> Path:
    """The files of a format's example; returns the YAML."""
    write(folder, EXAMPLES[format])
    return folder / next(name for name in EXAMPLES[format] if name.endswith(".yaml"))


def declared(format: str, files: object, **more: object) -> Corpus:
    """A dataset called `mine`."""
    values = {"format": format, "files": files, "language": "en", "licence": "MIT", **more}
    if format in ("texts", "pairs"):
        values.setdefault("labels", ["glad", "gloomy"])
    return corpus_of(parsed("mine", values, "mine.yaml"))
