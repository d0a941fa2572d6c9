"""No leak is left in the real files: so finds a check that shares no code with the filter, and without the filter it
finds them. Here of datasets that are known to share most; by hand the script looks through all of them.
"""

from __future__ import annotations

import shutil

import pytest

from pica.cleaning.row_filter import filter_rows
from pica.corpora import corpus
from tests.cleaning.support import DEFAULT, compared
from tests.real import leak_check
from tests.real.test_corpora_real import MIRROR, pytestmark, raw_folder  # noqa: F401

NAMES = ("dailydialog", "emorynlp", "emotionlines", "mastodon", "meld")


@pytest.fixture(scope="module")
def filtered(tmp_path_factory):
    """The datasets, filtered in `filtered` and compared with each other in `kept`."""
    folder = tmp_path_factory.mktemp("leaks")
    for name in NAMES:
        (folder / "raw" / name).mkdir(parents=True)
        raw_folder(corpus(name), folder / "raw" / name)
        filter_rows(name, folder / "raw", DEFAULT, folder / "filtered", folder / "rejected")
    shutil.copytree(folder / "filtered", folder / "kept")
    compared(folder, NAMES, DEFAULT)
    return folder


def test_no_leak_is_left(filtered):
    assert leak_check.main(filtered / "kept") == {}


def test_without_the_filter_the_known_ones_are_found(filtered):
    found = leak_check.main(filtered / "filtered", ("emorynlp", "meld"))
    # Those of 6 words or more, and those that share 13 words.
    assert found["meld test", "emorynlp train"] > 295
    assert found["emorynlp validation", "meld train"] > 100


def test_the_raw_files_have_the_known_leaks():
    assert list(leak_check.known(MIRROR).values()) == [(295, 1484), (121, 225)]
