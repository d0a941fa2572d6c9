"""What stands in an outside set is kept from training, as what stands in a test set is: its texts, each by itself.

write_held_out(Path("data/outside.json"), hashes)   →   hashes/tombench.test.exact.npy, hashes/tombench.test.near.npy, …
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import numpy as np

from pica.cleaning import leakage
from pica.cleaning.fingerprints import Fingerprints
from pica.outside.question import load


def write_held_out(outside: Path, folder: Path) -> None:
    """Write the hashes of all questions' texts into `folder`, a held-out set for each outside set that is there."""
    for name, questions in groupby(load(outside), key=lambda question: question.id.partition("/")[0]):
        said = [(text, question.language) for question in questions for text in question.texts if text]
        texts, languages = zip(*said, strict=True)
        hashes = leakage.of_texts(Fingerprints.of(texts), np.arange(len(texts)), np.array(languages, dtype=object))
        leakage.write_held_out([("test", hashes)], name, folder)
