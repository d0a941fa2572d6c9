"""Every reader on the real files: counts as the datasets have them, pins as the mirror has them.

Runs where `PICA_MIRROR` names a folder laid out like the mirror (one folder a dataset, SOURCE.json in each).
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from pica.cli.catalogue import count_statistics
from pica.corpora import Corpus, File, corpus
from pica.schema import SPLITS, Conversation, Rejected
from pica.sources.folder import copy_pinned
from tests.real.expected import EXPECTED, GROUPS, Expected

MIRROR = Path(os.environ.get("PICA_MIRROR", ""))
pytestmark = pytest.mark.skipif("PICA_MIRROR" not in os.environ, reason="PICA_MIRROR names no mirror of the real files")

NAMES = tuple(dict.fromkeys(expected.corpus for expected in EXPECTED))


def raw_folder(corpus: Corpus, folder: Path) -> Path:
    """The raw files of a corpus as `download` lays them out, hashes checked; of a hub dataset, the mirror's piece."""
    if not corpus.files:
        return MIRROR / corpus.name
    copy_pinned(corpus, MIRROR, folder)
    return folder


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: f"{expected.corpus} {expected.ids}".strip())
def test_counts_are_the_datasets(real_rows, expected: Expected):
    part = (row for row in real_rows(expected.corpus) if re.fullmatch(expected.ids or ".*", row.id.split("/", 2)[2]))
    assert count_statistics(part) == expected.counts


@pytest.mark.parametrize("name", NAMES)
def test_pins_are_the_mirrors(name):
    files = corpus(name).files
    published = {
        (folder, entry["path"], entry["url"], entry["sha256"])
        for folder in {file.mirror or name for file in files}
        for entry in json.loads((MIRROR / folder / "SOURCE.json").read_text(encoding="utf-8"))["files"]
    }
    assert {pin(file.mirror or name, file) for file in files if file.sha256} <= published


def pin(folder: str, file: File) -> tuple[str, str, str, str]:
    """What the mirror lists: the file, or the zip that it is published in."""
    if file.member and not (MIRROR / folder / file.path).exists():
        return folder, file.url.rpartition("/")[2], file.url, file.archive_sha256
    return folder, file.path, file.url, file.sha256


@pytest.mark.parametrize(("name", "group"), GROUPS.items())
def test_no_group_is_torn_apart(real_rows, name, group):
    splits = defaultdict(set)
    for row in real_rows(name):
        if isinstance(row, Conversation):
            splits[group(row)].add(row.split)
    assert {group: found for group, found in splits.items() if len(found) > 1} == {}


def test_dailydialog_loses_only_what_reccon_holds_out(real_rows):
    """Kept and rejected rows together have the labels that the dataset's authors count."""
    rejected = [row for row in real_rows("dailydialog") if isinstance(row, Rejected)]
    lost = Counter(code for row in rejected for code in json.loads(row.row)["emotion"].split())
    kept = Counter(
        turn.emotion
        for row in real_rows("dailydialog")
        if isinstance(row, Conversation) and row.split == "train" and "reccon" not in row.id
        for turn in row.turns
    )
    both = {emotion: kept[emotion] + lost[str(code)] for code, emotion in enumerate(corpus("dailydialog").emotions)}
    assert list(both.values()) == [72143, 827, 303, 146, 11182, 969, 1600]


def test_reccon_feels_as_often_as_its_authors_say(real_rows):
    emotional = Counter(
        row.split
        for row in real_rows("dailydialog")
        if "reccon" in row.id
        for turn in row.turns
        if turn.emotion != "no emotion"
    )
    assert [emotional[split] for split in SPLITS] == [4562, 200, 1099]


def test_epitome_loses_only_repeated_pairs(real_rows):
    """Kept and rejected rows together have the levels 0, 1 and 2 that stand in the files."""
    degrees = Counter()
    for row in real_rows("empathy_mental_health"):
        if isinstance(row, Rejected):
            degrees.update(enumerate(int(part["level"]) for part in json.loads(row.row)))
        else:
            levels = (degree.split()[0] for degree in row.turns[1].act.split(", "))
            degrees.update(enumerate(("no", "weak", "strong").index(level) for level in levels))
    published = ((2037, 895, 152), (1626, 114, 1344), (2604, 104, 376))
    assert [tuple(degrees[mechanism, level] for level in range(3)) for mechanism in range(3)] == list(published)
