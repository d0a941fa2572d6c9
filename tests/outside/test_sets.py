from __future__ import annotations

import json
import os
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from pica.errors import CorpusError, SourceError
from pica.outside.question import load, write
from pica.outside.sets import SETS, questions
from pica.sources.outside import fetch, sample_folder
from tests.defaults import defaults

EQBENCH = "eq_bench_v2_questions_171.json"


def of_set(name):
    return list(SETS[name].read(sample_folder() / name))


def test_the_sample_has_made_up_questions_of_every_set():
    assert {q.id.partition("/")[0] for q in questions(sample_folder())} == SETS.keys()


def test_tombench_asks_in_two_languages_and_about_emotions_alone():
    asked = of_set("tombench")
    assert Counter(q.language for q in asked) == {"en": 8, "zh": 8}
    english, chinese = asked[0], asked[1]
    assert english.options[english.answer] == "Disappointed"
    assert chinese.options == ("失望", "好笑", "骄傲", "无聊"), "without their letters"
    assert not any("buttons" in q.story for q in asked)


def test_cpsyexam_asks_what_has_one_published_answer():
    asked = of_set("cpsyexam")
    assert {q.id: len(q.options) for q in asked} == {
        "cpsyexam/zh/s1": 4,
        "cpsyexam/zh/s2": 4,
        "cpsyexam/zh/s3": 4,
        "cpsyexam/zh/s4": 5,
    }
    assert asked[1].options[asked[1].answer] == "情感反映"


def test_eqbench_gives_dialogue_person_and_reference():
    first = of_set("eqbench2")[0]
    assert first.dialogue.startswith("Mo: You sold the piano")
    assert (first.person, first.emotions[0], first.reference) == ("Mo", "Wistful", (8.0, 1.0, 7.0, 0.0))


def test_the_other_way_of_asking_who_feels(tmp_path):
    text = (sample_folder() / "eqbench2/eq_bench_v2_questions_171.json").read_text("utf-8")
    said = text.replace("dialogue, Mo would feel...", "dialogue, Mo's emotional state could be best described as...")
    (tmp_path / "eq_bench_v2_questions_171.json").write_text(said, "utf-8")
    assert next(iter(SETS["eqbench2"].read(tmp_path))).person == "Mo"


@pytest.mark.parametrize(
    ("name", "file", "old", "new", "said"),
    [
        ("tombench", "Moral Emotions.jsonl", '"B"}', '"E"}', "expected one of the letters"),
        ("tombench", "Hidden Emotions.jsonl", '"STORY"', '"STORE"', "the key 'STORY' is missing"),
        (
            "eqbench2",
            "eq_bench_v2_questions_171.json",
            '"emotion1_score": "8"',
            '"emotion1_score": "11"',
            "from 0 to 10",
        ),
        ("eqbench2", "eq_bench_v2_questions_171.json", "[End dialogue]", "[End]", "no dialogue"),
    ],
)
def test_what_does_not_fit_is_said_with_its_file(tmp_path, name, file, old, new, said):
    for other in (sample_folder() / name).iterdir():
        text = other.read_text("utf-8")
        assert other.name != file or old in text
        (tmp_path / other.name).write_text(text.replace(old, new) if other.name == file else text, "utf-8")
    with pytest.raises(CorpusError, match=said) as error:
        list(SETS[name].read(tmp_path))
    assert file in str(error.value)


@pytest.mark.parametrize("content", [b"no zip", None])
def test_a_broken_zip_is_said(tmp_path, content):
    path = tmp_path / "cpsyexam.zip"
    if content:
        path.write_bytes(content)
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("dev/心理学-单项选择题.json", json.dumps([{"options": {"A": "甲"}, "answer": "B"}]))
    with pytest.raises(CorpusError, match=r"cpsyexam\.zip"):
        list(SETS["cpsyexam"].read(tmp_path))


def test_questions_survive_their_file(tmp_path):
    asked = questions(sample_folder())
    write(tmp_path / "outside.json", asked)
    assert load(tmp_path / "outside.json") == asked


def test_the_sample_comes_by_itself_and_a_mirror_needs_a_folder(tmp_path, capsys):
    source = defaults().source
    for name in ("sample", "mirror"):
        (tmp_path / name).mkdir()
    fetch(source, tmp_path / "sample")
    assert questions(tmp_path / "sample") == questions(sample_folder())
    fetch(replace(source, kind="mirror"), tmp_path / "mirror")
    assert questions(tmp_path / "mirror") == []
    assert "source.outside" in capsys.readouterr().err
    with pytest.raises(SourceError, match=r"source\.outside"):
        fetch(replace(source, outside="/no/such/folder"), tmp_path)


def test_a_folder_is_held_to_the_pinned_files(tmp_path):
    with pytest.raises(SourceError, match="is not the pinned file"):
        fetch(replace(defaults().source, outside=str(sample_folder())), tmp_path)


@pytest.mark.skipif("PICA_OUTSIDE" not in os.environ, reason="PICA_OUTSIDE names no folder of the real outside sets")
def test_the_real_files_have_as_many_questions_as_their_authors_say(tmp_path):
    fetch(replace(defaults().source, outside=os.environ["PICA_OUTSIDE"]), tmp_path)
    groups = Counter(q.group for q in questions(Path(tmp_path)))
    assert groups == {"tombench-en": 380, "tombench-zh": 380, "cpsyexam-zh": 768, "eqbench2": 171}
