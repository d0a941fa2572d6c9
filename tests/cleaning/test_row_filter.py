"""A dataset's rows kept or rejected: none is lost, and each rejected one says why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pica.cleaning.row_filter import KEPT, filter_rows
from pica.corpora import meld
from pica.errors import CorpusError, DataError
from pica.params import Filter
from pica.schema import CONVERSATION, REJECTED, Conversation
from pica.store import read_rows
from tests.cleaning.support import DEFAULT
from tests.corpora.support import write
from tests.corpora.test_meld import HEADER, row

RULES = replace(DEFAULT, max_chars=30)
LONG = "So I went to the harbour, and there was nobody."


def files(train: str, dev: str = "", test: str = "") -> dict[str, str]:
    return {
        "meld/train_sent_emo.csv": HEADER + train,
        "meld/dev_sent_emo.csv": HEADER + (dev or row("Not that one.", "Tom", "fear", "negative", 0, 0)),
        "meld/test_sent_emo.csv": HEADER + (test or row("Who ate my soup?", "Tom", "anger", "negative", 0, 0)),
    }


def filtered(folder: Path, raw: dict[str, str], rules: Filter = RULES):
    return filter_rows("meld", write(folder / "raw", raw), rules, folder / "kept", folder / "rejected")


def rows(folder: Path) -> tuple[list[dict], list[dict]]:
    kept = list(read_rows(folder / "kept/meld.parquet", CONVERSATION))
    return kept, list(read_rows(folder / "rejected/meld.parquet", REJECTED))


def test_every_row_is_kept_or_rejected_with_its_reason(tmp_path):
    train = row("Hm\u0092m.", "Tom", "joy", "positive", 0, 0) + row(LONG, "Tom", "joy", "positive", 1, 0)
    result = filtered(tmp_path, files(train))
    kept, rejected = rows(tmp_path)
    assert [row["id"] for row in kept] == ["meld/train/0", "meld/validation/0", "meld/test/0"]
    assert kept[0]["turns"][0]["text"] == "Hm’m."
    reason = "a turn longer than 30 characters"
    assert [(row["id"], row["split"], row["reason"]) for row in rejected] == [("meld/train/1", "train", reason)]
    assert result.outcomes == {
        ("train", KEPT): 1,
        ("train", reason): 1,
        ("validation", KEPT): 1,
        ("test", KEPT): 1,
    }
    assert +result.cleaning == {"turns": 4, "unchanged": 3, "repaired": 1}


@pytest.mark.parametrize(
    ("mask", "personal", "text", "counted"),
    [
        (True, True, "Mail [EMAIL].", {"email": 1}),
        (True, False, "Mail me@b.example.", {"unchanged": 1}),
        (False, True, "Mail me@b.example.", {"unchanged": 1}),
    ],
)
def test_personal_data_is_masked_where_the_corpus_has_it(tmp_path, monkeypatch, mask, personal, text, counted):
    corpus = replace(meld.CORPUS, personal=personal)
    monkeypatch.setattr("pica.cleaning.row_filter.corpus_named", lambda name: corpus)
    raw = files(row("Mail me@b.example.", "Tom", "joy", "positive", 0, 0))
    result = filtered(tmp_path, raw, replace(RULES, mask=mask))
    assert rows(tmp_path)[0][0]["turns"][0]["text"] == text
    assert +result.cleaning == Counter(turns=3, unchanged=2) + Counter(counted)


def test_a_rejected_row_is_kept_as_it_was_read(tmp_path):
    filtered(tmp_path, files(row(f"{LONG}\u0092  …", "Tom", "joy", "positive", 0, 0)))
    raw = Conversation.from_row(json.loads(rows(tmp_path)[1][0]["row"]))
    assert raw.turns[0].text == f"{LONG}\u0092  …"


def test_a_broken_file_leaves_neither_table(tmp_path):
    with pytest.raises(CorpusError, match="line 3"):
        filtered(tmp_path, files(row("Hm.", "Tom", "joy", "positive", 0, 0) + "and then\r\n"))
    assert [path.name for folder in ("kept", "rejected") for path in (tmp_path / folder).iterdir()] == []


def test_an_id_that_stands_twice_is_a_fault_of_the_reader(tmp_path, monkeypatch):
    def twice(folder: Path) -> Iterator[Conversation]:
        yield from meld.read(folder)
        yield from meld.read(folder)

    spoilt = replace(meld.CORPUS, read=twice)
    monkeypatch.setattr("pica.cleaning.row_filter.corpus_named", lambda name: spoilt)
    with pytest.raises(DataError, match="meld/train/0 stands twice"):
        filtered(tmp_path, files(row("Hm.", "Tom", "joy", "positive", 0, 0)))
    assert not list(tmp_path.glob("kept/*"))
