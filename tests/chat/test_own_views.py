"""Views of datasets that somebody has declared: what a run knew of them, `pica ask` and `pica chat` know, too."""

from __future__ import annotations

import json

import pytest

from pica.chat import loading
from pica.cli import main
from pica.corpora import corpus, declared_at
from pica.sources.own import record
from pica.store import write_table
from tests.chat.scripted import Scripted
from tests.chat.test_asking import Answers
from tests.corpora.declared import example

# As many training rows as each view of the catalogue and of one's own had.
ROWS = {"diary-classification": 40, "talk-classification": 30, "talk-generation": 20, "dailydialog-cause": 10}


@pytest.fixture
def run(workspace, monkeypatch):
    """A repository after a run on two datasets of one's own, in German and in English, whose files are gone."""
    monkeypatch.setenv("PICA_DECLARED", "")
    folder = workspace / "mine"
    for format in ("texts", "turns"):
        example(format, folder)
    declared_at(folder)
    record([corpus("diary"), corpus("talk")], workspace / "data/declared.json")
    monkeypatch.setenv("PICA_DECLARED", "")
    table = [{"view": name, "rows": rows} for name, rows in ROWS.items()]
    write_table(workspace / "tables/mixture.csv", table, ["view", "rows"])
    return workspace


@pytest.fixture
def model(monkeypatch):
    answers = Answers("I see.")
    monkeypatch.setattr(loading, "load_model", lambda base, adapter: answers)
    return answers


def asked(capsys, *arguments: str) -> tuple[dict, str]:
    main(["ask", *arguments])
    out, err = capsys.readouterr()
    return json.loads(out), err


def test_a_view_of_ones_own_is_asked_by_name_in_its_language(run, model, capsys):
    row, said = asked(capsys, "text_emotion", "Der Zug kam nicht.", "--view", "diary-classification")
    assert said.startswith("diary-classification: 40 training rows")
    assert list(row["probabilities"]) == ["froh", "traurig", "wütend"]
    (question,) = model.asked
    assert (question.language, question.messages[0]["content"].endswith("\n\nDer Zug kam nicht.")) == ("de", True)


def test_of_a_language_the_view_with_most_rows_is_asked_whosever_it_is(run, model, capsys):
    assert asked(capsys, "dialogue_emotion", "Who took the ladder?")[0]["view"] == "talk-classification"
    assert asked(capsys, "text_emotion", "Regen.", "--language", "de")[0]["view"] == "diary-classification"
    reply, _ = asked(capsys, "dialogue_generation", "Who took the ladder?")
    assert (reply["view"], reply["text"]) == ("talk-generation", "I see.")


@pytest.mark.parametrize(
    ("language", "said"), [("fr", "no dataset has text_emotion in 'fr'"), ("de", "There are: diary-c")]
)
def test_a_language_or_a_view_that_is_not_there_is_said(run, model, capsys, language, said):
    view = () if language == "fr" else ("--view", "talk-classification")
    with pytest.raises(SystemExit):
        main(["ask", "text_emotion", "x", "--language", language, *view])
    assert said in capsys.readouterr().err


def test_a_chat_asks_the_views_that_were_trained(run, monkeypatch):
    model = Scripted(emotions=[{"angry": 0.9}], replies=["I did, sorry."])
    monkeypatch.setattr(loading, "load_model", lambda base, adapter: model)
    bot = loading.load_chatbot()
    known = bot.skills("en")
    assert (known["emotion"].view, known["reply"].view) == ("talk-classification", "talk-generation")
    *_, finished = bot.answer(bot.start("en"), "Who took the ladder?")
    assert finished.session.state.emotion.label == "angry"
    assert finished.session.exchanges[-1].reply == "I did, sorry."
    assert [question.name for kind, question in model.asked if kind == "replies"] == ["talk-generation"]
