"""CPED's reader on made-up files with every quirk of the real ones."""

import pytest

from pica.corpora.cped import CORPUS, TRAITS
from pica.prompts import render
from pica.schema import Persona, Turn
from pica.tasks import examples
from tests.corpora.support import failure, read, write

HEAD = (
    "TV_ID,Dialogue_ID,Utterance_ID,Speaker,Gender,Age,Neuroticism,Extraversion,Openness,Agreeableness,"
    "Conscientiousness,Scene,FacePosition_LU,FacePosition_RD,Sentiment,Emotion,DA,Utterance\n"
)
ZHOU = "小周,male,young,low,high,high,low,unknown"
OTHERS = "其他,unknown,unknown" + ",unknown" * 5


def line(number: int, who: str, said: str, emotion="negative,worried", act="question", scene="office", key="99_001"):
    return f"99,{key},{key}_{number:03},{who},{scene},0_0,12_40,{emotion},{act},{said}\n"


TALK = line(0, ZHOU, "那 我们怎么办") + line(2, ZHOU, "你说") + line(3, OTHERS, "等", "neutral,neutral", "answer")
FILES = {
    "valid_split.csv": ("\ufeff" + HEAD + TALK).replace("\n", "\r\n"),
    "test_split.csv": "\ufeff" + HEAD + TALK.replace("99", "98"),
}


def rows(tmp_path, talk: str = TALK):
    return list(read(CORPUS, write(tmp_path, {**FILES, "test_split.csv": "\ufeff" + HEAD + talk})))[1:]


def test_a_line_is_a_turn_and_a_blank_a_pause(tmp_path):
    (row,) = rows(tmp_path)
    assert row.turns == (
        Turn("小周", "那，我们怎么办", "worried", "question"),
        Turn("小周", "你说", "worried", "question"),
        Turn("旁人", "等", "neutral", "answer"),
    )


def test_a_blank_beside_latin_letters_and_a_line_break(tmp_path):
    (row,) = rows(tmp_path, line(0, ZHOU, "叫 Tom 来") + line(1, ZHOU, '"他\n来了"'))
    assert [turn.text for turn in row.turns] == ["叫 Tom 来", "他，来了"]


def test_who_speaks_is_told_in_words_but_for_what_is_unknown(tmp_path):
    (row,) = rows(tmp_path)
    assert row.personas == (
        Persona("小周", "男，青年。"),
        Persona("小周", "情绪稳定，性格外向，乐于尝新，待人强硬。"),
    )


def test_a_scene_that_changes_is_none(tmp_path):
    (same,) = rows(tmp_path)
    (other,) = rows(tmp_path / "b", TALK + line(4, ZHOU, "走", scene="car"))
    assert (same.situation, other.situation) == ("office", None)


def test_without_the_training_file_upstreams_validation_is_for_training(tmp_path):
    talks = "".join(line(0, ZHOU, f"第{n}句", key=f"99_{n:03}") for n in range(80))
    validation = "\ufeff" + HEAD + talks
    splits = [row.split for row in read(CORPUS, write(tmp_path / "a", {**FILES, "valid_split.csv": validation}))]
    assert {"train", "validation"} == set(splits[:80])
    files = {**FILES, "train_split.csv": "\ufeff" + HEAD + TALK.replace("99", "97"), "valid_split.csv": validation}
    splits = [row.split for row in read(CORPUS, write(tmp_path / "b", files))]
    assert splits == ["train", *["validation"] * 80, "test"]


def test_a_reply_is_told_all_controls_in_chinese(tmp_path):
    (row,) = rows(tmp_path, line(0, OTHERS, "喂") + TALK.replace("_000", "_001").replace("answer", "reject"))
    view = next(view for view in CORPUS.views if view.task == "dialogue_generation")
    first, second = examples(row, view, 5)
    assert render(first).instruction.startswith(
        "你是小周。关于你：男，青年。情绪稳定，性格外向，乐于尝新，待人强硬。场景：办公室。回复的情绪：担忧。回复的类型：提问。"
    )
    assert first.answer == "那，我们怎么办，你说"
    assert "回复的类型：拒绝。" in render(second).instruction


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ((f"98_001_003,{OTHERS}", f"98_001_002,{OTHERS}"), "utterance 2 after utterance 2 of dialogue 98_001"),
        (("98_001_003", "98_002_003"), "expected a whole number as utterance of dialogue 98_001"),
        (("negative,worried", "positive,worried"), "unknown sentiment of worried 'positive'"),
        (("worried", "glum"), "unknown emotion 'glum'"),
        (("question", "shout"), "unknown act 'shout'"),
        (("office", "moon"), "unknown scene 'moon'"),
        (("male,young", "male,ancient"), "unknown age 'ancient'"),
        (("小周,male", "小周,female"), "小周 has two profiles in one dialogue"),
        ((",98_001,", ",x,"), "rows of dialogue 'x' stand apart"),
        (("Emotion", "Feeling"), "expected the header"),
    ],
)
def test_a_broken_file_is_refused(tmp_path, change, problem):
    content = FILES["test_split.csv"].replace(*change, 1)
    error = failure(CORPUS, write(tmp_path, {**FILES, "test_split.csv": content}))
    assert error.path.name == "test_split.csv"
    assert problem in str(error)


def test_each_trait_has_two_words_of_its_own():
    words = [word for pair in TRAITS.values() for word in pair]
    assert len(set(words)) == 10
