"""The committed sample files are what `python -m pica.sample` writes, are small, and read without a complaint."""

from pathlib import Path

import pytest

from pica.corpora import corpus
from pica.sample.__main__ import FILES, MODULES, build
from pica.schema import SPLITS, Rejected


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("sample")
    build(folder)
    return contents(folder)


@pytest.mark.parametrize("name", MODULES)
def test_committed_files_are_what_the_module_writes(built, name):
    assert contents(FILES / name) == {
        path.removeprefix(f"{name}/"): data for path, data in built.items() if path.startswith(f"{name}/")
    }, "run `python -m pica.sample` and commit the files"


def test_the_sample_is_small(built):
    assert sum(map(len, built.values())) < 4_000_000


# smilechat's and cpsycound's files are one a dialogue, emowoz's dialogues are not pinned, the others are given on
# application.
UNPINNED = {"smilechat", "cpsycound", "emowoz", "iemocap", "memor", "ntcir13_eca"}


@pytest.mark.parametrize("name", sorted(set(MODULES) - UNPINNED))
def test_the_sample_has_the_files_that_the_corpus_pins(name):
    assert set(contents(FILES / name)) == {file.path for file in corpus(name).files}


# What has no validation split, upstream either.
WITHOUT_VALIDATION = {"amazon_polarity", "twitter_financial", "yelp"}


@pytest.mark.parametrize("name", MODULES)
def test_every_split_reads(name):
    rows = [row for row in corpus(name).read(FILES / name) if not isinstance(row, Rejected)]
    assert {row.split for row in rows} == set(SPLITS) - ({"validation"} if name in WITHOUT_VALIDATION else set())
    assert len({row.id for row in rows}) == len(rows)


# Whose conversations have no emotion.
UNFELT = {"cpsycound", "emollm", "esconv", "personaminedit", "smilechat", "xpersona_zh"}


@pytest.mark.parametrize("name", sorted(set(MODULES) - UNFELT))
def test_every_emotion_can_be_learnt_and_tested(name):
    found = {split: set() for split in ("train", "test")}
    for row in corpus(name).read(FILES / name):
        if row.split in found and not isinstance(row, Rejected):
            found[row.split] |= {row.emotion, *(turn.emotion for turn in row.turns)}
    assert set(corpus(name).emotions) <= found["train"] & found["test"]
