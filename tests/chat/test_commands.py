"""The commands of `pica chat`, and its terminal's side: a mistake is one line, and the chat goes on."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from pica.chat.chatbot import Chatbot
from pica.chat.commands import _COMMANDS, HELP, describe, run_command
from pica.chat.session import load_session
from pica.chat.state import PARTS
from pica.cli import chat as terminal
from pica.errors import ChatError
from tests.chat.scripted import Scripted


@pytest.fixture
def bot(root) -> Chatbot:
    return Chatbot(Scripted(emotions=[{"sadness": 0.9}], replies=["I hear you. Go on."]), root, 5)


def talk(bot: Chatbot, monkeypatch, *lines: str, language: str = "en"):
    waiting = iter(lines)

    def answer(prompt: str) -> str:
        try:
            return next(waiting)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", answer)
    return terminal.talk(bot, bot.start(language))


def test_a_chat_in_a_terminal(bot, monkeypatch, capsys, tmp_path):
    file = tmp_path / "chat.json"
    session = talk(
        bot,
        monkeypatch,
        "I failed.",
        "/state",
        "/set situation I lost my keys.",
        "/off emotion",
        "Well.",
        f"/save {file}",
        "/quit",
        "never said",
    )
    said = capsys.readouterr()
    assert "I hear you. Go on.\n" in said.out
    assert "emotion: sadness (model, turn 1, p 0.90, dailydialog-classification)" in said.out
    assert "situation: I lost my keys. (hand, turn 1)" in said.out
    assert said.err == ""
    assert [exchange.said for exchange in session.exchanges] == ["I failed.", "Well."]
    assert load_session(file) == session
    assert json.loads(file.read_text(encoding="utf-8"))["state"]["off"] == ["emotion"]


def test_retry_and_edit(bot, monkeypatch, capsys):
    session = talk(bot, monkeypatch, "One.", "Two.", "/retry", "/edit 1 Uno.")
    assert [(exchange.said, exchange.tries) for exchange in session.exchanges] == [("Uno.", 1)]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("", "the message is empty"),
        ("/nothing", "/nothing is no command"),
        ("/retry", "no reply yet"),
        ("/edit", "/edit takes the number"),
        ("/edit 3 x", "no turn 3"),
        ("/set mood good", "'mood' is no part"),
        ("/set emotion sunny", "not one of no emotion, anger"),
        ("/off", "'' is no part"),
        ("/save", "/save takes a file"),
        ("/load nowhere.json", "nowhere.json is missing"),
        ("x" * 100_000, "100,000 characters"),
    ],
)
def test_a_mistake_is_one_line_and_changes_nothing(bot, monkeypatch, capsys, line, named):
    session = talk(bot, monkeypatch, line)
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert named in said
    assert session == bot.start("en")


def test_a_full_disk_is_one_line_and_leaves_no_file(bot, monkeypatch, capsys, tmp_path):
    def full(self, *given, **options):
        raise OSError(errno.ENOSPC, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_text", full)
    session = talk(bot, monkeypatch, "One.", f"/save {tmp_path / 'chat.json'}", "Two.")
    assert "error: no space left on the disk" in capsys.readouterr().err
    assert len(session.exchanges) == 2
    assert not list(tmp_path.glob("*chat.json*"))


def test_a_folder_is_not_saved_over(bot, monkeypatch, capsys, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/kept.txt").write_text("Kept.\n", encoding="utf-8")
    talk(bot, monkeypatch, "One.", f"/save {tmp_path / 'mine'}", "/save /dev/null", "Two.")
    assert capsys.readouterr().err.count("is no file, and nothing was written to it") == 2
    assert (tmp_path / "mine/kept.txt").read_text(encoding="utf-8") == "Kept.\n"
    assert not Path("/dev/null").is_file()


def test_a_file_that_cannot_be_written_is_named_as_it_was_given(bot, monkeypatch, capsys, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    session = talk(bot, monkeypatch, "One.", f"/save {tmp_path / 'file/chat.json'}", "Two.")
    assert f"{tmp_path / 'file/chat.json'} could not be written" in capsys.readouterr().err
    assert len(session.exchanges) == 2


def test_a_chat_of_another_program_is_said(bot, monkeypatch, capsys, tmp_path):
    (tmp_path / "chat.json").write_text('{"messages": []}', encoding="utf-8")
    talk(bot, monkeypatch, f"/load {tmp_path / 'chat.json'}")
    assert "messages: Unexpected keyword argument" in capsys.readouterr().err


def test_ctrl_c_ends_the_reply_and_not_the_chat(bot, capsys):
    def events():
        yield from list(bot.answer(bot.start("en"), "Hi."))[:2]
        raise KeyboardInterrupt

    assert terminal.show(events(), bot.start("en")) == bot.start("en")


def test_auto_gives_a_part_back(bot):
    session = run_command(bot, bot.start("en"), "/set emotion anger").session
    assert not session.state.infers("emotion")
    assert run_command(bot, session, "/set emotion auto").session.state.infers("emotion")


def test_facts_are_divided_by_semicolons(bot):
    session = run_command(bot, bot.start("en"), "/set persona I am a nurse.; I have a dog.").session
    assert [fact.text for fact in session.state.persona.facts] == ["I am a nurse.", "I have a dog."]


def test_what_no_view_asks_for_cannot_be_switched_on(bot):
    assert "situation" not in bot.skills("zh")
    with pytest.raises(ChatError, match="no view of the catalogue asks for it in 'zh'"):
        run_command(bot, bot.start("zh"), "/on situation")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_help_names_every_command(bot, language):
    assert all(name in HELP[language] for name in _COMMANDS if name != "/help")
    assert run_command(bot, bot.start(language), "/help").text == HELP[language]


def test_the_description_has_every_part(bot):
    lines = describe(bot.start("en").state).splitlines()
    assert [line.partition(":")[0] for line in lines] == list(PARTS)
