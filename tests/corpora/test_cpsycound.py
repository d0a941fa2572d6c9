"""CPsyCounD's reader on made-up files with every quirk of the real ones."""

import pytest

from pica.corpora.cpsycound import CORPUS, RETOLD
from pica.schema import Rejected, Turn
from tests.corpora.support import failure, read, write

SLEEP = "来访者：搬家以后我总睡不好。\n\n心理咨询师：听起来换了环境让你不太安稳。"


def one(tmp_path, content: str, number: int = 7):
    (row,) = read(CORPUS, write(tmp_path, {f"Data/case_{number}.txt": content}))
    return row


@pytest.mark.parametrize("content", [SLEEP, SLEEP + "\n", SLEEP.replace("\n", "\r\n")])
def test_a_line_is_a_turn_whatever_the_line_ends(tmp_path, content):
    assert one(tmp_path, content).turns == (
        Turn("client", "搬家以后我总睡不好。"),
        Turn("counselor", "听起来换了环境让你不太安稳。"),
    )


def test_other_lines_go_on_with_the_turn_and_stage_directions_go(tmp_path):
    row = one(tmp_path, SLEEP + "\n（停顿片刻）\n\n你可以试试：\n1. 固定起床的时间。\n(微笑)")
    assert row.turns[1].text == "听起来换了环境让你不太安稳。\n你可以试试：\n1. 固定起床的时间。"


@pytest.mark.parametrize("role", ["来访者（小王）", "来访者1", "来访者2"])
def test_a_role_may_be_named_more_closely(tmp_path, role):
    assert one(tmp_path, SLEEP.replace("来访者", role)).turns[0] == Turn("client", "搬家以后我总睡不好。")


def test_turns_of_one_role_are_one_and_a_last_word_that_nobody_answers_goes(tmp_path):
    row = one(tmp_path, f"来访者：你好。\n\n{SLEEP}\n\n来访者：嗯。")
    assert [turn.text for turn in row.turns] == ["你好。\n搬家以后我总睡不好。", "听起来换了环境让你不太安稳。"]


def test_a_turn_without_text_is_rejected_with_its_file(tmp_path):
    row = one(tmp_path, SLEEP + "\n\n来访者：\n\n心理咨询师：再见。")
    assert isinstance(row, Rejected)
    assert (row.reason, row.row.splitlines()[0]) == ("a turn without text", "来访者：搬家以后我总睡不好。")


def test_the_case_that_is_told_again_stays_once(tmp_path):
    rows = read(CORPUS, write(tmp_path, {f"Data/case_{n}.txt": SLEEP for n in (38, 182, 3050)}))
    assert [getattr(row, "reason", "kept") for row in rows] == ["kept", *["it tells case 38 again"] * 2]
    assert len(RETOLD) == 86


def test_files_stand_in_the_order_of_their_numbers_and_are_split_one_by_one(tmp_path):
    rows = read(CORPUS, write(tmp_path, {f"Data/case_{n}.txt": SLEEP for n in range(4000, 4060)}))
    assert [row.id.rpartition("/")[2] for row in rows] == [str(n) for n in range(4000, 4060)]
    assert {row.split for row in rows} == {"train", "validation", "test"}


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("case_8.txt", "你好。\n" + SLEEP, "expected a turn, which starts with 来访者 or 心理咨询师"),
        ("case_8.txt", "\n（开场）\n", "a file without a turn"),
        ("case_x.txt", SLEEP, "expected a whole number as number of the case"),
        ("case_8.txt", SLEEP.encode("gbk"), "not valid utf-8"),
    ],
)
def test_a_broken_file_is_refused(tmp_path, name, content, problem):
    error = failure(CORPUS, write(tmp_path, {"Data/case_7.txt": SLEEP, f"Data/{name}": content}))
    assert error.path.name == name
    assert problem in str(error)
