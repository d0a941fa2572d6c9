"""download: the raw files of every chosen dataset, checked, into data/raw/<corpus>/."""

from __future__ import annotations

from pathlib import Path

from tqdm import tqdm

from pica.params import Source
from pica.sources.raw import fetch
from pica.sources.selection import select
from pica.store import atomic_folder

RAW = Path("data/raw")


def run(source: Source, datasets: str) -> None:
    """Fetch each dataset; nothing is kept unless all of them are whole."""
    with atomic_folder(RAW) as raw:
        for corpus in tqdm(select(datasets, source), desc="download", unit="dataset"):
            (raw / corpus.name).mkdir()
            fetch(corpus, source, raw / corpus.name)
