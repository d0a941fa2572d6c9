"""A chat as the page shows it."""

from __future__ import annotations

import errno

import pytest

from pica.chat import safety
from pica.chat.session import load_session
from pica.demo import talk
from pica.errors import ChatError
from tests.demo.test_panel import talked


def test_a_reply_is_seen_while_it_is_written_and_then_the_chat_has_it(bot):
    session = bot.start("en")
    steps = list(talk.progress(bot.answer(session, "I failed."), session, "I failed.", "", "en"))
    written = [step.bubbles[-1]["content"] for step in steps]
    assert written[0] == "I failed."
    assert written[-3:] == ["I hear you. ", "I hear you. Go on.", "I hear you. Go on."]
    assert [step.session is None for step in steps[:-1]] == [True] * (len(steps) - 1)
    assert "I failed." in steps[-1].prompt
    assert steps[-1].status == "emotion: sadness · stage: explore · strategy: Question"
    assert steps[-1].bubbles == talk.bubbles(steps[-1].session, "")


def test_facts_that_are_asked_for_after_the_reply_are_in_the_chat(bot):
    session, said = bot.start("en"), "I am a nurse, and I failed my test."
    steps = list(talk.progress(bot.answer(session, said), session, said, "", "en"))
    whole, with_facts = [step for step in steps if step.session]
    assert [fact.text for fact in with_facts.session.state.persona.facts] == ["I am a nurse."]
    assert whole.session.state.persona.facts == ()
    assert (with_facts.bubbles, with_facts.prompt, with_facts.status) == (whole.bubbles, whole.prompt, whole.status)


def test_closing_the_page_stops_the_model(bot, model):
    session = bot.start("en")
    steps = talk.progress(bot.answer(session, "I failed."), session, "I failed.", "", "en")
    while next(steps).bubbles[-1]["role"] == "user":
        pass
    steps.close()
    assert model.closed == 1


@pytest.mark.parametrize("language", ["en", "zh"])
def test_help_and_pointers_stand_in_the_chat(bot, language):
    said = {
        "en": ("I want to kill myself tonight.", "I wish I was dead."),
        "zh": ("我今晚就想自杀。", "我真希望自己已经死了。"),
    }
    session = talked(bot, *said[language], language=language)
    shown = talk.bubbles(session, "GB")
    assert "116 123" in shown[1]["content"]
    assert safety.pointer(language, "GB") in shown[3]["content"] or session.exchanges[1].stopped == "help"


def test_the_curve_has_the_likeliest_labels_after_each_turn(bot):
    assert talk.curve(bot.start("en")) == []
    rows = talk.curve(talked(bot, "I failed.", "I passed!"))
    assert len(rows) == 8
    by = {(row["turn"], row["emotion"]): row["probability"] for row in rows}
    assert by[1, "sadness"] == pytest.approx(0.8)
    assert by[2, "happiness"] == pytest.approx(0.6 * 0.9 + 0.4 * 0.2 / 6, abs=1e-4)


def test_a_saved_chat_is_json_that_a_chat_goes_on_with(bot, tmp_path):
    session = talked(bot, "I failed <b>again</b>. 😀")
    first, second = (talk.save(session, tmp_path / "chats", "en") for _ in range(2))
    assert first != second
    assert load_session(first) == load_session(second) == session
    assert sorted(tmp_path.glob("chats/*")) == sorted([first, second])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_full_disk_is_one_line_and_leaves_nothing(bot, tmp_path, monkeypatch, language):
    session = talked(bot, "I failed.")

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(ChatError, match="chats") as error:
        talk.save(session, tmp_path / "chats", language)
    assert "\n" not in str(error.value)
    assert list((tmp_path / "chats").iterdir()) == []


def test_a_chat_without_a_turn_is_not_saved(bot, tmp_path):
    with pytest.raises(ChatError, match="nothing to save"):
        talk.save(bot.start("en"), tmp_path / "chats", "en")
    assert not (tmp_path / "chats").exists()


def test_a_folder_that_cannot_be_written_to_is_named(bot, tmp_path):
    (tmp_path / "chats").write_text("a file")
    with pytest.raises(ChatError, match="chats"):
        talk.save(talked(bot, "I failed."), tmp_path / "chats", "en")


@pytest.mark.parametrize(
    ("said", "says"), [("", "no text"), (" \n ", "no text"), ("\x00\u200b", "no text"), ("x" * 100_000, "100,000")]
)
def test_texts_that_cannot_be_asked_about(said, says):
    with pytest.raises(ChatError, match=says):
        talk.check(said, "en")


def test_the_views_are_named_with_rows_and_score(bot):
    assert "`dailydialog-classification`, 100 training rows, macro_f1 41.2 on test" in talk.views(
        bot, bot.start("en"), "en"
    )
