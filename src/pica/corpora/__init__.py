"""The datasets: one module each, found by its place. `corpus` says what a module declares, `native` reads raw files."""

from pica.corpora.corpus import (
    REPLAY,
    Corpus,
    File,
    Hub,
    Manifest,
    View,
    catalogue,
    corpus,
    declared_at,
    declared_by_run,
    is_verbatim,
    split_by_group,
    view_corpus,
    views,
)

__all__ = [
    "REPLAY",
    "Corpus",
    "File",
    "Hub",
    "Manifest",
    "View",
    "catalogue",
    "corpus",
    "declared_at",
    "declared_by_run",
    "is_verbatim",
    "split_by_group",
    "view_corpus",
    "views",
]
