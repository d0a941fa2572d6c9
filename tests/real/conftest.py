"""The real files, read once for all tests: that is most of their time.

real_rows("meld")[0]    Conversation(id="meld/train/0", …)
"""

from __future__ import annotations

from functools import cache

import pytest

from pica.corpora import corpus
from pica.schema import Conversation, Rejected
from tests.corpora.support import read


@pytest.fixture(scope="session")
def real_rows(tmp_path_factory):
    """Name → all rows of that corpus."""
    from tests.real.test_corpora_real import raw_folder  # once pytest has prepared it

    @cache
    def read_real(name: str) -> list[Conversation | Rejected]:
        return read(corpus(name), raw_folder(corpus(name), tmp_path_factory.mktemp(name)))

    return read_real
