from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pica.errors import DataError, ParamsError
from pica.evaluation import asking
from pica.evaluation.general import Answers
from pica.evaluation.systems import answers, examples, named
from pica.params import Baseline, Encoder, ModelSystem, compose, validated
from pica.schema import INSTRUCTION
from pica.store import write_rows
from tests.defaults import CONF, composed, defaults
from tests.evaluation.test_baselines import instruction, reviews

TRAIN = Path("train.parquet")


@pytest.fixture
def train(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = reviews(["good", "bad", "bad"] * 5)
    chat = ({"role": "user", "content": "Which?"}, {"role": "assistant", "content": "bad"})
    rows = [replace(row, messages=chat) for row in rows]
    write_rows(TRAIN, rows, INSTRUCTION)
    return rows


def ask(system, rows):
    return answers("mine", system, rows, TRAIN, defaults().evaluate, seed=1, launcher=Path("ddp.yaml")).predictions


@pytest.mark.parametrize("kind", ["majority", "tfidf", "retrieval"])
def test_a_baseline_answers_under_the_name_that_conf_gives_it(train, kind):
    predictions = ask(Baseline(kind, str(TRAIN), "code.py"), reviews(["bad"] * 3))
    assert [(p.system, p.label) for p in predictions] == [("mine", "bad")] * 3


def test_an_encoder_that_is_not_installed_has_no_answers_and_says_how_to_get_it(train, capsys):
    assert ask(Encoder("encoder", str(TRAIN), "code.py", "no_such_encoder", 0, 0), reviews(["bad"])) == []
    said = capsys.readouterr().err
    assert "no_such_encoder is not installed" in said
    assert "evaluate@mine" in said


def test_what_a_model_learnt_from_must_be_an_adapter_the_rows_or_itself(train, tmp_path):
    (tmp_path / "other").mkdir()
    with pytest.raises(DataError, match=r"systems\.mine\.learns_from"):
        ask(ModelSystem("model", "other", "base", 0), reviews(["bad"]))


@pytest.mark.parametrize(("learns_from", "adapter"), [("base", None), ("tuned", Path("tuned"))])
def test_a_model_is_asked_with_its_adapter_and_its_examples(train, tmp_path, monkeypatch, learns_from, adapter):
    (tmp_path / "tuned").mkdir()
    (tmp_path / "tuned/adapter_config.json").write_text("{}", "utf-8")
    given = []
    monkeypatch.setattr(asking, "ask", lambda question, launcher: given.append(question) or Answers([], {}))
    ask(ModelSystem("model", learns_from, "base", 2), reviews(["bad"]))
    assert (given[0].base, given[0].adapter) == (Path("base"), adapter)
    assert {view: len(shots) for view, shots in given[0].shots.items()} == {"imdb-classification": 2}


def test_examples_follow_from_seed_and_ids_and_are_of_the_view(train):
    other = instruction(0, "esconv-generation", "dialogue_generation", "A: Hi", "Hello")
    shown = examples([*train, other], 3, seed=1)
    assert shown == examples([other, *train[::-1]], 3, seed=1)
    assert {view: len(shots) for view, shots in shown.items()} == {"imdb-classification": 3, "esconv-generation": 1}


def test_an_unknown_system_is_said_with_those_there_are():
    with pytest.raises(ParamsError, match=r"no system tund.*majority, tfidf"):
        named(defaults().systems, "tund")


def test_the_systems_of_conf_are_of_every_kind():
    assert {system.kind for system in defaults().systems.values()} == {
        "majority",
        "tfidf",
        "retrieval",
        "encoder",
        "model",
    }


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("+systems.five={kind: model, learns_from: a, model: b, shot: 5}", "systems.five.shot"),
        ("+systems.five={kind: model, learns_from: a, model: b, shots: -1}", "systems.five.shots: Input should be"),
        ("+systems.five={kind: bert}", "majority"),
        ("+systems.filter={kind: majority, learns_from: a, model: b}", "a system's name"),
        ("+systems.My_One={kind: majority, learns_from: a, model: b}", "a system's name"),
    ],
)
def test_a_system_that_does_not_fit_is_named(override, said):
    with pytest.raises(ParamsError) as error:
        validated(compose(CONF, [override]), Path("params.yaml"))
    assert said in str(error.value)


def test_a_system_is_one_line():
    line = "+systems.base-8-shot={kind: model, learns_from: train.parquet, model: models/base, shots: 8}"
    assert validated(compose(CONF, [line]), Path("params.yaml")).systems["base-8-shot"].shots == 8
    assert "base-8-shot" not in composed().systems
