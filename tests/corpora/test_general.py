"""The general chats of a user's own: what is read, what is rejected, what is refused."""

from __future__ import annotations

import json
import pickle
from collections import Counter

import pytest

from pica.cleaning.clean import clean_conversation
from pica.cleaning.language import in_another_language
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
        ([ASKED, ("assistant", None)], "an empty message"),
        ([ASKED, ("assistant", [])], "an empty message"),
        ([ASKED, ("tool", "42"), TOLD], "a call of a tool"),
        ([ASKED, ("function", "42"), TOLD], "a call of a tool"),
        ([("user", [{"type": "image_url", "image_url": {"url": "x"}}]), TOLD], "a part that is no text: image_url"),
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
        (line(ASKED, ("robot", "42")), "unknown role 'robot'"),
        (line(("user", 42), TOLD), "'content' should be a text, a list of parts, or null"),
        (line(("user", [{"text": "Hm?"}]), TOLD), "the key 'type' is missing"),
        ("What floats on milk?\n", "JSON"),
    ],
)
def test_another_layout_is_refused(tmp_path, content, said):
    error = failure(GENERAL, write(tmp_path, {"a.jsonl": line(ASKED, TOLD) + content}))
    assert (error.path.name, error.line) == ("a.jsonl", 2)
    assert said in error.problem


@pytest.mark.parametrize("key", ["tool_calls", "function_call"])
def test_a_message_that_calls_a_tool_is_rejected_and_a_null_is_no_call(tmp_path, key):
    call = {"role": "assistant", "content": None, key: [{"id": 1}]}
    none = {"role": "assistant", "content": "Cream.", key: None}
    lines = [json.dumps({"messages": [{"role": "user", "content": "What floats?"}, told]}) for told in (call, none)]
    rejected, kept = read(GENERAL, write(tmp_path, {"a.jsonl": "\n".join(lines)}))
    assert rejected.reason == "a call of a tool"
    assert kept.turns[1].text == "Cream."


def test_content_in_parts_and_a_developers_message_are_read(tmp_path):
    parts = [{"type": "text", "text": "What floats"}, {"type": "input_text", "text": "on milk?"}]
    (row,) = read(GENERAL, write(tmp_path, {"a.jsonl": line(("developer", "Be brief."), ("user", parts), TOLD)}))
    assert [turn.text for turn in row.turns] == ["Be brief.", "What floats\non milk?", "Cream."]


def test_blank_lines_are_passed_over_and_lines_still_counted(tmp_path):
    (row,) = read(GENERAL, write(tmp_path, {"a.jsonl": "\n  \n" + line(ASKED, TOLD) + "\n"}))
    assert row.id == "general/train/a-3"
    assert "no chat in it" in failure(GENERAL, write(tmp_path, {"a.jsonl": "\n\n"})).problem


def test_a_text_keeps_its_blanks(tmp_path):
    code = "    if a:\n\treturn  b &amp; c\n\n\n\n# done"
    (row,) = read(GENERAL, write(tmp_path, {"a.jsonl": line(ASKED, ("assistant", f"\n \n{code}\r\n"))}))
    assert row.turns[1].text == code
    assert clean_conversation(row, True, Counter()) == row


def test_markdown_code_keeps_its_decorators_when_personal_data_is_masked(tmp_path):
    told = "Ask @tom_k.\n```python\n@property\ndef a(self): ...\n```\nor `@cache`, @ann_b, `x = 'a@b.example'`"
    (row,) = read(GENERAL, write(tmp_path, {"a.jsonl": line(ASKED, ("assistant", told))}))
    counts = Counter()
    assert clean_conversation(row, True, counts).turns[1].text == (
        "Ask [HANDLE].\n```python\n@property\ndef a(self): ...\n```\nor `@cache`, [HANDLE], `x = '[EMAIL]'`"
    )
    assert (counts["handle"], counts["email"]) == (1, 1)


@pytest.mark.parametrize(
    ("asked", "told", "language"),
    [
        ("How do I say hello in Chinese?", "Say 你好.", "en"),
        (
            "怎么用 Python 打印？",
            "用 `print`：\n```python\nprint('hello world, this is a long line of code')\n```",
            "zh",
        ),
        ("```x = 1```", "```y = 2```", "en"),
        ("1 + 1?", "2", "en"),
    ],
)
def test_the_language_is_that_of_most_letters_outside_code(tmp_path, asked, told, language):
    (row,) = read(GENERAL, write(tmp_path, {"a.jsonl": line(("user", asked), ("assistant", told))}))
    assert row.language == language


def test_a_translation_is_in_no_other_language(tmp_path):
    chinese = "搬家到新城市以后，我总觉得一个人，周末也不知道可以去哪里，晚上常常睡不好，很想念以前的朋友们。"
    english = (
        "Since I moved to a new city I have always felt alone, and at weekends I have nowhere to go, and I sleep badly."
    )
    german = "Die Bäckerei an der Ecke schließt leider schon um sechs Uhr abends, und der Bäcker geht nach Hause."
    rows = line(("user", f"Translate: {chinese}"), ("assistant", english)) + line(ASKED, ("assistant", german))
    assert [in_another_language(row) for row in read(GENERAL, write(tmp_path, {"a.jsonl": rows}))] == [False, True]


def test_an_error_says_where_to_correct_the_users_own_files(tmp_path):
    error = str(failure(GENERAL, write(tmp_path, {"a.jsonl": "{\n"})))
    assert "source.manual.general" in error
    assert "fetch it again" not in error
    assert pickle.loads(pickle.dumps(failure(GENERAL, tmp_path))).own == "general"


def test_a_folder_without_chats_is_refused(tmp_path):
    assert "expected *.jsonl, found no such file" in failure(GENERAL, tmp_path).problem


def test_the_sample_has_some_of_both_languages():
    rows = read(GENERAL, sample_folder(GENERAL))
    assert {row.language for row in rows} == set(GENERAL.languages)
    assert not any(isinstance(row, Rejected) for row in rows)
