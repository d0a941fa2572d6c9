"""MPDD's reader on made-up files with every quirk of the real ones."""

import json

import pytest

from pica.corpora.mpdd import CORPUS, FIELDS, RELATIONS
from pica.schema import Persona, Turn
from pica.tasks import examples
from tests.corpora.support import failure, read, write


def said(speaker: str, text: str, emotion: str = "neutral", **listeners: str) -> dict:
    heard = [{"name": name, "relation": relation} for name, relation in listeners.items()]
    return {"speaker": speaker, "utterance": text, "listener": heard, "emotion": emotion}


MOTHER = said("林母", "林曉，這盆花是誰澆的？", "surprise", 林曉="parent")
ALONE = [MOTHER, said("林曉", "是我，澆多了嗎？", "fear", 林母="child")]


def rows(tmp_path, **dialogues: list[dict]):
    content = json.dumps({key.strip("n"): talk for key, talk in dialogues.items()})
    return read(CORPUS, write(tmp_path, {"dialogue.json": content}))


def test_two_people_alone_are_called_by_letters_and_have_a_relation(tmp_path):
    (row,) = rows(tmp_path, n7=ALONE)
    assert row.turns == (Turn("甲", "乙，這盆花是誰澆的？", "surprise"), Turn("乙", "是我，澆多了嗎？", "fear"))
    assert row.situation == "parent|child"
    assert row.personas == (Persona("甲", "我是对方的父母。"), Persona("乙", "我是对方的子女。"))


def test_of_more_people_no_relation_is_told_and_one_who_only_listens_is_called_too(tmp_path):
    talk = [said("林母", "老林，看。", "neutral", 林曉="parent", 老林="spouse"), ALONE[1]]
    (row,) = rows(tmp_path, n7=talk)
    assert (row.turns[0].text, row.situation, row.personas) == ("丙，看。", None, ())


def test_a_name_in_another_one_and_a_name_of_one_character(tmp_path):
    talk = [said("林", "林曉和林家的事。", 林曉="friend"), said("林曉", "林，你說。", 林="friend")]
    (row,) = rows(tmp_path, n7=talk)
    assert [turn.text for turn in row.turns] == ["乙和林家的事。", "林，你說。"]


def test_the_series_are_the_splits(tmp_path):
    found = rows(tmp_path, **{f"n{key}": ALONE for key in (1, 1385, 1386, 1840, 1841, 2154, 2155, 3056, 3057)})
    assert [row.split for row in found] == [
        *("train", "train", "validation", "validation", "train", "train", "test", "test", "train")
    ]


def test_the_field_is_asked_for_where_both_relations_are_of_one(tmp_path):
    view = next(view for view in CORPUS.views if view.asks == "relation")
    family, mixed = rows(tmp_path, n7=ALONE, n8=[MOTHER, said("林曉", "是我。", 林母="student")])
    (example,) = examples(family, view, 5)
    assert (example.answer, example.candidates) == ("家庭", ("家庭", "学校", "公司", "其他"))
    assert list(examples(mixed, view, 5)) == []


def test_a_reply_is_told_what_its_speaker_is_to_the_other(tmp_path):
    (row,) = rows(tmp_path, n7=ALONE)
    (reply,) = examples(row, CORPUS.views[2], 5)
    assert (reply.personas, reply.emotion) == (("我是对方的子女。",), "害怕")


def test_every_relation_has_a_field():
    assert set(FIELDS) == set(RELATIONS)


@pytest.mark.parametrize(
    ("talk", "problem"),
    [
        ([], "expected the utterances of dialogue 7"),
        ([said("林母", "看。")], "an utterance without a listener"),
        ([said("林母", "看。", 林曉="aunt")], "unknown relation 'aunt'"),
        ([said("林母", "看。", "glum", 林曉="parent")], "unknown emotion 'glum'"),
        ([said("林母", " ", 林曉="parent")], "an empty utterance"),
        ([said("林母", "看。", 林母="parent")], "talks to themselves"),
        ([MOTHER, said("林母", "看。", 林曉="boss")], "林母 is two things to 林曉"),
        ([{"speaker": "林母"}], "the key 'listener' is missing"),
        ([said("林母", "看。", **{f"人{n}": "friend" for n in range(10)})], "more than 10 people"),
    ],
)
def test_a_broken_dialogue_is_refused(tmp_path, talk, problem):
    error = failure(CORPUS, write(tmp_path, {"dialogue.json": json.dumps({"7": talk})}))
    assert (error.path.name, error.line, error.unit) == ("dialogue.json", 1, "item")
    assert problem in str(error)


@pytest.mark.parametrize("keys", [("8", "7"), ("7", "x")])
def test_ids_ascend(tmp_path, keys):
    content = json.dumps({key: ALONE for key in keys})
    assert failure(CORPUS, write(tmp_path, {"dialogue.json": content})).line == 2
