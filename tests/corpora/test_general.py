"""The general chats of a user's own: what is read, what is rejected, what is refused."""

from __future__ import annotations

import json

import pytest

from pica.corpora import catalogue, corpus, views
from pica.schema import Rejected, Turn
from pica.sources.raw import sample_folder
from tests.corpora.support import failure, read, write

GENERAL = corpus("general")


def line(*said: tuple[str, str], **more) -> str:
    return json.dumps({"messages": [{"role": role, "content": text} for role, text in said], **more}) + "\n"


ASKED, TOLD = ("user", "What floats on milk?"), ("assistant", "Cream.")


def test_it_is_no_dataset_of_picas():
    assert "general" not in catalogue()
    assert "general-generation" in views()


def test_the_system_is_the_user_and_other_keys_are_left_unread(tmp_path):
    write(tmp_path, {"b.jsonl": line(("system", "Be brief."), ASKED, TOLD, id=7), "a.jsonl": line(ASKED, TOLD)})
    first, second = read(GENERAL, tmp_path)
    assert (first.id, second.id) == ("general/train/a-1", "general/train/b-1")
    assert second.turns == (Turn("user", "Be brief."), Turn("user", ASKED[1]), Turn("assistant", "Cream."))


def test_a_row_says_its_language(tmp_path):
    write(tmp_path, {"a.jsonl": line(ASKED, TOLD) + line(("user", "几个季节？"), ("assistant", "Four."))})
    assert [row.language for row in read(GENERAL, tmp_path)] == ["en", "zh"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ([ASKED], "no answer of the assistant"),
        ([TOLD, ASKED], "no answer of the assistant"),
        ([], "no answer of the assistant"),
        ([ASKED, ("assistant", "  ")], "an empty message"),
    ],
)
def test_what_has_nothing_to_learn_is_rejected(tmp_path, said, reason):
    (row,) = read(GENERAL, write(tmp_path, {"a.jsonl": line(*said)}))
    assert isinstance(row, Rejected)
    assert row.reason == reason


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"conversations": []}\n', "the key 'messages' is missing"),
        (line(ASKED, ("tool", "42")), "unknown role 'tool'"),
        ('{"messages": [{"role": "user"}]}\n', "the key 'content' is missing"),
        ("What floats on milk?\n", "JSON"),
    ],
)
def test_another_layout_is_refused(tmp_path, content, said):
    error = failure(GENERAL, write(tmp_path, {"a.jsonl": line(ASKED, TOLD) + content}))
    assert (error.path.name, error.line) == ("a.jsonl", 2)
    assert said in error.problem


def test_a_folder_without_chats_is_refused(tmp_path):
    assert "expected *.jsonl, found no such file" in failure(GENERAL, tmp_path).problem


def test_the_sample_has_some_of_both_languages():
    rows = read(GENERAL, sample_folder(GENERAL))
    assert {row.language for row in rows} == set(GENERAL.languages)
    assert not any(isinstance(row, Rejected) for row in rows)
