"""EmoLLM's reader on made-up files with every quirk of the real one."""

import json

import pytest

from pica.corpora.emollm import CORPUS
from tests.corpora.support import failure, read, write

SYSTEM = "现在你是一个心理专家，我有一些心理问题，请你用专业的知识帮我解决。"
MOVED = ("医生，搬家以后我总睡不好。", "换了环境，睡不好很常见。")


def dialogue(*exchanges: tuple[str, str], system: str = SYSTEM) -> dict:
    rows = [{"input": asked, "output": said} for asked, said in exchanges]
    return {"conversation": [{"system": system, **rows[0]}, *rows[1:]]}


def file(*dialogues: dict) -> dict[str, str]:
    return {"data.json": json.dumps(dialogues, ensure_ascii=False, indent=4)}


def said(folder, output: str) -> str:
    (row,) = read(CORPUS, write(folder, file(dialogue(MOVED, ("那怎么办？", output)))))
    return row.turns[-1].text


def test_an_exchange_is_two_turns_and_the_system_prompt_is_none(tmp_path):
    rows = read(CORPUS, write(tmp_path, file(dialogue(MOVED), dialogue(("医生，考试前我很紧张。", "紧张很自然。")))))
    assert [row.id.rpartition("/")[2] for row in rows] == ["0", "1"]
    assert [(turn.speaker, turn.text) for turn in rows[0].turns] == [("client", MOVED[0]), ("counselor", MOVED[1])]
    assert rows[0].situation is None


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("先固定起床的时间。\n\n医生：午后别再喝咖啡。", "先固定起床的时间。\n\n午后别再喝咖啡。"),
        ("先固定起床的时间。\n\n（以上对话结束）", "先固定起床的时间。"),
        ("试试这样：\n\n（以下为方案）\n\n医生：早睡。\n\n早起。", "试试这样：\n\n早睡。\n\n早起。"),
        ("早睡（十点）。\n早起（六点）。", "早睡（十点）。\n早起（六点）。"),
    ],
)
def test_tags_and_remarks_on_the_dialogue_go_and_the_words_stay(tmp_path, output, text):
    assert said(tmp_path, output) == text


def test_dialogues_that_begin_alike_share_a_split(tmp_path):
    dialogues = [dialogue((f"医生，第{n // 2}天了。", MOVED[1]), (f"还有{n}。", "好。")) for n in range(60)]
    splits = [row.split for row in read(CORPUS, write(tmp_path, file(*dialogues)))]
    assert splits[::2] == splits[1::2]
    assert set(splits) == {"train", "validation", "test"}


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (dialogue(MOVED, system="你是医生。"), "opens with an exchange whose 'system' is"),
        ({"conversation": []}, "opens with an exchange whose 'system' is"),
        ({"conversation": [{"input": "你好。", "output": "你好。"}]}, "the key 'system' is missing"),
        ({"conversation": ["你好。"]}, "expected an object"),
        (dialogue(MOVED, ("你好。", " ")), "an empty output"),
        (dialogue(MOVED, ("你好。", "（对话结束）")), "an empty output"),
        (dialogue(("", "你好。")), "an empty input"),
        ([], "expected an object with the key 'conversation'"),
    ],
)
def test_a_broken_dialogue_is_refused(tmp_path, broken, problem):
    error = failure(CORPUS, write(tmp_path, file(dialogue(MOVED), broken)))
    assert (error.path.name, error.line, error.unit) == ("data.json", 2, "item")
    assert problem in str(error)


def test_a_cut_file_is_refused(tmp_path):
    whole = file(dialogue(MOVED), dialogue(MOVED))["data.json"]
    assert failure(CORPUS, write(tmp_path, {"data.json": whole[:-30]})).line == 2
