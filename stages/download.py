"""download: the raw files of every chosen dataset, checked, into data/raw/<corpus>/.

data/declared.json   the declared ones among them: what the stages that come after need to know
own/                 links to the files of those, so that DVC sees a change of them
"""

from __future__ import annotations

from pathlib import Path

from tqdm import tqdm

from pica.outside.question import write
from pica.outside.sets import questions
from pica.params import Source
from pica.sources import outside
from pica.sources.own import declare, link, record
from pica.sources.raw import fetch
from pica.sources.selection import select
from pica.store import atomic_folder, temporary_folder

RAW = Path("data/raw")
OUTSIDE = Path("data/outside.json")
DECLARED = Path("data/declared.json")
OWN = Path("own")


def run(source: Source, datasets: str) -> None:
    """Fetch each dataset; nothing is kept unless all of them are whole."""
    declare(source)
    corpora = select(datasets, source)
    with atomic_folder(RAW) as raw:
        for corpus in tqdm(corpora, desc="download", unit="dataset"):
            (raw / corpus.name).mkdir()
            fetch(corpus, source, raw / corpus.name)
        record(corpora, DECLARED)
        link(corpora, source, OWN)
    with temporary_folder(OUTSIDE) as folder:
        outside.fetch(source, folder)
        write(OUTSIDE, questions(folder))
