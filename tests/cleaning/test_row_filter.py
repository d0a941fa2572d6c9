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
from pica.schema import CONVERSATION, REJECTED, Conversation, Persona, Rejected, Turn
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


PERSONAL = "Write to me&#64;b.example, u/tomk88"
MASKED = "Write to [EMAIL], [HANDLE]"


def rejecting(monkeypatch, read, **changes) -> None:
    """MELD's corpus, as one of personal data that another reader reads."""
    corpus = replace(meld.CORPUS, **{"personal": True, "read": read, **changes})
    monkeypatch.setattr("pica.cleaning.row_filter.corpus_named", lambda name: corpus)


def rejected_by_reader(reason: str, row: str):
    return lambda folder: iter([Rejected("meld/train/1", "meld", "train", reason, row)])


def one_rejected(folder: Path, rules: Filter = RULES) -> dict[str, str]:
    filtered(folder, files(""), rules)
    (row,) = list(read_rows(folder / "rejected/meld.parquet", REJECTED))
    return row


@pytest.mark.parametrize(
    ("row", "kept"),
    [
        (f"7;{PERSONAL}", f"7;{MASKED}"),
        ("7;\u0092  …", "7;\u0092  …"),
        (
            json.dumps([{"text": PERSONAL, "at": [6155550133, 7, True, None]}]),
            [{"text": MASKED, "at": ["[NUMBER]", 7, True, None]}],
        ),
        (json.dumps({"id": "meld/train/1", "text": "Hm\u0092  m"}), {"id": "meld/train/1", "text": "Hm\u0092  m"}),
        (json.dumps(f'"{PERSONAL}"'), f'"{MASKED}"'),
    ],
)
def test_what_a_reader_rejects_is_masked_too(tmp_path, monkeypatch, row, kept):
    rejecting(monkeypatch, rejected_by_reader(f"no label such as {PERSONAL}", row))
    found = one_rejected(tmp_path)
    assert (json.loads(found["row"]) if row.startswith(("[", "{", '"')) else found["row"]) == kept
    assert found["reason"] == f"no label such as {MASKED}"


@pytest.mark.parametrize(("mask", "personal"), [(False, True), (True, False)])
def test_where_nothing_is_masked_a_rejected_row_is_as_it_was_read(tmp_path, monkeypatch, mask, personal):
    rejecting(monkeypatch, rejected_by_reader(PERSONAL, PERSONAL), personal=personal)
    found = one_rejected(tmp_path, replace(RULES, mask=mask))
    assert (found["reason"], found["row"]) == (PERSONAL, PERSONAL)


def test_what_a_rule_rejects_is_masked_and_a_conversation_still(tmp_path, monkeypatch):
    id = "meld/train/6155550133"
    turns = (Turn("u/tomk88", f"{PERSONAL}\u0092  …", emotion="me@b.example"),)
    read = Conversation(id, "meld", "train", "en", turns, situation=PERSONAL, personas=(Persona("u/tomk88", PERSONAL),))
    rejecting(monkeypatch, lambda folder: iter([read]))
    found = one_rejected(tmp_path, replace(RULES, max_chars=300))
    assert found["reason"] == "label not in the set: [EMAIL]"
    kept = Conversation.from_row(json.loads(found["row"]))
    assert kept.id == found["id"] == id
    assert kept.turns == (Turn("[HANDLE]", f"{MASKED}’ …", emotion="[EMAIL]"),)
    assert (kept.situation, kept.personas) == (MASKED, (Persona("[HANDLE]", MASKED),))


def test_an_error_quotes_no_personal_data(tmp_path, monkeypatch):
    def read(folder: Path) -> Iterator[Conversation]:
        raise CorpusError("a.csv", 3, f"unknown label {PERSONAL!r}")
        yield

    rejecting(monkeypatch, read)
    with pytest.raises(CorpusError, match=r"a\.csv, line 3: unknown label 'Write to \[EMAIL\], \[HANDLE\]'"):
        filtered(tmp_path, files(""))


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
