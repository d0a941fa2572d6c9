"""One dataset's conversations to the files of its views."""

from __future__ import annotations

import pytest

from pica.corpora import corpus
from pica.errors import DataError
from pica.schema import CONVERSATION, EXAMPLE, SPLITS, Conversation, Example, Turn, to_row
from pica.store import read_rows, write_rows
from pica.tasks import examples
from pica.tasks.reformat import write_views


def dialogue(split: str, number: int) -> Conversation:
    turns = (Turn("Ruth", "You sold it?", "surprise"), Turn("Tom", "No.", "fear"), Turn("Ruth", "Hm.", "neutral"))
    return Conversation(f"meld/{split}/{number}", "meld", split, "en", turns)


MELD = [dialogue("train", 1), dialogue("train", 2), dialogue("test", 1)]


def written(folder, conversations, history=10):
    write_rows(folder / "filtered/meld.parquet", map(to_row, conversations), CONVERSATION)
    counts = write_views("meld", history, folder / "filtered", folder / "views")
    rows = {path.stem: [Example.from_row(r) for r in read_rows(path, EXAMPLE)] for path in folder.glob("views/*")}
    return counts, rows


def test_every_view_has_the_examples_of_its_task(tmp_path):
    _, rows = written(tmp_path, MELD)
    assert rows == {v.name: [e for c in MELD for e in examples(c, v, 10)] for v in corpus("meld").views}
    assert all(rows.values())


def test_the_counts_are_those_of_the_files(tmp_path):
    counts, rows = written(tmp_path, MELD)
    assert [(count["view"], count["split"]) for count in counts] == [(name, split) for name in rows for split in SPLITS]
    for count in counts:
        assert count["examples"] == sum(example.split == count["split"] for example in rows[count["view"]])
        assert count["conversations"] == sum(c.split == count["split"] for c in MELD)
        assert (count["corpus"], count["language"]) == ("meld", "en")


def test_history_is_no_longer_than_asked(tmp_path):
    _, rows = written(tmp_path, MELD, history=1)
    assert {len(example.turns) for examples in rows.values() for example in examples} == {1, 2}


def test_a_dataset_without_rows_has_empty_views(tmp_path):
    counts, rows = written(tmp_path, [])
    assert rows == {view.name: [] for view in corpus("meld").views}
    assert {count["examples"] for count in counts} == {0}


def test_what_cannot_be_read_leaves_no_view(tmp_path):
    with pytest.raises(DataError, match="missing"):
        write_views("meld", 10, tmp_path / "filtered", tmp_path / "views")
    assert list((tmp_path / "views").iterdir()) == []
