"""SMILECHAT's reader on made-up files with every quirk of the real ones."""

import json

import pytest

from pica.corpora.smilechat import CORPUS
from pica.schema import Rejected, Turn
from tests.corpora.support import failure, read, write

CLIENT, COUNSELOR = "client", "counselor"
LONELY = "搬家到新城市以后，我总觉得一个人。"


def dialogue(*said: tuple[str, str]) -> str:
    rows = [
        {"role": role, "content": text, "annotation": [{"sentence": text, "label": ""}] if text else []}
        for role, text in said
    ]
    return json.dumps(rows, ensure_ascii=False, indent=2)


ANSWERED = dialogue((CLIENT, LONELY), (COUNSELOR, "刚到陌生的地方，觉得孤单很自然。"))
FILES = {
    "data/2.json": ANSWERED,
    "data/10.json": dialogue(
        (CLIENT, LONELY + "怎么办？"),
        (COUNSELOR, "听起来不容易。"),
        (COUNSELOR, "周末你一般做什么？"),
        (CLIENT, "在家睡觉。"),
        (COUNSELOR, "想不想试试附近的球队？"),
        (CLIENT, "好。"),
        (CLIENT, "谢谢！"),
    ),
    "data/11.json": dialogue((CLIENT, "考试前我睡不着。")),
}


def test_a_file_is_a_conversation_in_the_order_of_numbers(tmp_path):
    rows = read(CORPUS, write(tmp_path, FILES))
    assert [row.id.rpartition("/")[2] for row in rows] == ["2", "10", "11"]
    assert [(turn.speaker, turn.text) for turn in rows[0].turns] == [
        (CLIENT, LONELY),
        (COUNSELOR, "刚到陌生的地方，觉得孤单很自然。"),
    ]


def test_neighbours_of_one_role_merge_and_the_last_word_is_the_counselors(tmp_path):
    turns = read(CORPUS, write(tmp_path, FILES))[1].turns
    assert [turn.speaker for turn in turns] == [CLIENT, COUNSELOR, CLIENT, COUNSELOR]
    assert turns[1].text == "听起来不容易。周末你一般做什么？"


def test_dialogues_of_one_question_share_a_split(tmp_path):
    files = {f"data/{n}.json": ANSWERED.replace(LONELY, f"{n // 3:012d}以后{n}") for n in range(90)}
    splits = [row.split for row in read(CORPUS, write(tmp_path, files))]
    assert splits[::3] == splits[1::3] == splits[2::3]
    assert set(splits) == {"train", "validation", "test"}


@pytest.mark.parametrize("said", [[(CLIENT, "考试前我睡不着。")], [(COUNSELOR, "你好。"), (CLIENT, "你好。")]])
def test_a_turn_that_stands_alone_is_left_to_the_filter(tmp_path, said):
    (row,) = read(CORPUS, write(tmp_path, {"data/3.json": dialogue(*said)}))
    assert row.turns == (Turn(*said[0]),)


@pytest.mark.parametrize("said", [[], [(CLIENT, "你好。"), (COUNSELOR, " "), (CLIENT, "喂？"), (COUNSELOR, "我在。")]])
def test_what_has_no_text_is_rejected_whole(tmp_path, said):
    (row,) = read(CORPUS, write(tmp_path, {"data/3.json": dialogue(*said)}))
    assert isinstance(row, Rejected)
    assert row.reason == "no text"
    assert json.loads(row.row) == json.loads(dialogue(*said))


@pytest.mark.parametrize(
    ("name", "content", "line", "problem"),
    [
        ("7.json", ANSWERED[:-10], 20, "not valid JSON"),
        ("7.json", "{}", None, "expected a list"),
        ("7.json", '["你好。"]', None, "expected an object"),
        ("7.json", dialogue(("doctor", "你好。")), None, "unknown role 'doctor'"),
        ("7.json", ANSWERED.encode("gbk"), 4, "not valid utf-8"),
        ("seven.json", ANSWERED, None, "expected a whole number as file name"),
    ],
)
def test_a_broken_file_is_refused(tmp_path, name, content, line, problem):
    error = failure(CORPUS, write(tmp_path, {**FILES, f"data/{name}": content}))
    assert (error.path.name, error.line) == (name, line)
    assert problem in str(error)


def test_an_empty_folder_is_refused(tmp_path):
    assert "expected *.json, found no such file" in str(failure(CORPUS, tmp_path))
