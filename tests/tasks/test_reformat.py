"""One dataset's conversations to the files of its views."""

from __future__ import annotations

import pytest

from pica.corpora import corpus
from pica.errors import DataError
from pica.params import Reformat
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
    counts = write_views("meld", Reformat(history, "parrott"), folder / "filtered", folder / "views")
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


def test_under_picas_groups_coarse_and_fine_views_ask_by_those(tmp_path):
    rows = [
        Conversation(
            f"goemotions/train/{n}", "goemotions", "train", "en", (Turn("writer", "So it is."),), emotion=label
        )
        for n, label in enumerate(("neutral", "approval|love", "curiosity", "gratitude|surprise", "joy|sadness"))
    ]
    write_rows(tmp_path / "goemotions.parquet", map(to_row, rows), CONVERSATION)
    for groups in ("parrott", "pica"):
        (tmp_path / groups).mkdir()
        write_views("goemotions", Reformat(5, groups), tmp_path, tmp_path / groups)

    def answers(groups, view):
        path = tmp_path / groups / f"goemotions-{view}classification.parquet"
        return {row["id"].split("/")[2][0]: row["answer"] for row in read_rows(path, EXAMPLE)}

    assert answers("parrott", "coarse-") == {"2": "surprise"}
    assert answers("pica", "coarse-") == {"0": "joy", "1": "love", "2": "joy", "3": "surprise"}
    assert answers("pica", "fine-") == {"0": "neutral", "2": "curiosity"}
    fine = [Example.from_row(r) for r in read_rows(tmp_path / "pica/goemotions-fine-classification.parquet", EXAMPLE)]
    assert set(fine[0].candidates) == {
        *("amusement", "curiosity", "excitement", "joy", "optimism", "pride", "realization", "relief", "neutral")
    }
    assert answers("pica", "") == answers("parrott", "")


def test_history_is_no_longer_than_asked(tmp_path):
    _, rows = written(tmp_path, MELD, history=1)
    assert {len(example.turns) for examples in rows.values() for example in examples} == {1, 2}


def test_a_dataset_without_rows_has_empty_views(tmp_path):
    counts, rows = written(tmp_path, [])
    assert rows == {view.name: [] for view in corpus("meld").views}
    assert {count["examples"] for count in counts} == {0}


def test_what_cannot_be_read_leaves_no_view(tmp_path):
    with pytest.raises(DataError, match="missing"):
        write_views("meld", Reformat(10, "parrott"), tmp_path / "filtered", tmp_path / "views")
    assert list((tmp_path / "views").iterdir()) == []
