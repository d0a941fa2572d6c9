"""The page itself, built once and asked through its events; skipped where gradio is not installed."""

from __future__ import annotations

import copy
import json
import re
import socket

import pytest

from pica.chat.session import load_session
from pica.cli import main
from pica.demo import server
from pica.errors import ChatError

gradio = pytest.importorskip("gradio")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    from tests.chat.conftest import write_tables

    return write_tables(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="module")
def built(root):
    """The page and its chat tab, on one scripted model."""
    from pica.chat.chatbot import Chatbot
    from pica.demo.tasks import Asker
    from tests.demo.conftest import Batched

    model = Batched(emotions=[{"sadness": 0.8}], replies=["I hear you. Go on."], situations=["I failed."])
    bot = Chatbot(model, root, 5)
    page = server.make(bot, Asker(model, root, 5), server.Page(7860, root / "chats", "en"))
    return page, model


def tab(page):
    """The chat tab, by one of its handlers."""
    return next(f.fn.__self__ for f in page.fns.values() if getattr(f.fn, "__name__", "") == "answer")


def shown(page, values) -> dict:
    names = tab(page).SHOWN
    return dict(zip(names, values, strict=False)) | {"controls": values[len(names) :]}


def controls(page, values) -> list:
    """What the controls of a browser hold after these values."""
    return [update.get("value") for update in shown(page, values)["controls"]]


def test_a_chat_on_the_page_and_a_control_that_changes_its_prompt(built, root):
    page, _ = built
    chat = tab(page)
    start = chat.fresh("en")
    session, held = shown(page, start)["session"], controls(page, start)
    *steps, last, _ = chat.answer("I failed.", session, "en", *held)
    assert [shown(page, step)["history"][-1]["content"] for step in steps][-1] == "I hear you. Go on."
    after = shown(page, last)
    assert len(after["session"].exchanges) == 1
    held = controls(page, last)
    names = ["seen", *(f"mode {part}" for part in chat.modes), *chat.values]
    assert dict(zip(names, held, strict=True))["emotion"] == "sadness"
    held[names.index("situation")] = "I moved to Lyon."
    *_, last, _ = chat.answer("So it goes.", after["session"], "en", *held)
    assert "I moved to Lyon." in shown(page, last)["prompt"]
    assert controls(page, last)[names.index("mode situation")] == "hand"
    saved = chat.saved("", shown(page, last)["session"], "en", *controls(page, last))
    (path,) = (root / "chats").iterdir()
    assert str(path) in shown(page, saved)["status"]
    assert load_session(path) == shown(page, last)["session"]


@pytest.mark.parametrize(("said", "says"), [("", "no text"), (" ", "no text"), ("x" * 4_001, "4,001")])
def test_a_message_that_cannot_be_answered_is_a_line_and_stays_in_its_box(built, said, says):
    page, _ = built
    start = tab(page).fresh("en")
    (values,) = tab(page).answer(said, shown(page, start)["session"], "en", *controls(page, start))
    assert says in shown(page, values)["status"]
    assert shown(page, values)["message"] == gradio.skip()


def test_a_reply_that_was_stopped_leaves_the_chat_and_gives_the_message_back(built):
    page, model = built
    chat, before = tab(page), model.closed
    start = chat.fresh("en")
    reply = chat.answer("I failed.", shown(page, start)["session"], "en", *controls(page, start))
    first = shown(page, next(reply))
    while shown(page, next(reply))["history"][-1]["role"] == "user":
        pass
    reply.close()
    assert model.closed == before + 1
    halted = shown(page, chat.halted(first["session"], first["draft"], "", "en"))
    assert (halted["message"], halted["history"]) == ("I failed.", [])


def talked(page, *turns: str):
    """The last values of a chat in which this was said, with its session."""
    values = tab(page).fresh("en")
    for said in turns:
        *_, values, _ = tab(page).answer(said, shown(page, values)["session"], "en", *controls(page, values))
    return values, shown(page, values)["session"]


def test_the_message_box_is_emptied_once_and_not_for_a_reply_drawn_anew_or_an_edit(built):
    page, _ = built
    values, session = talked(page, "Hi.")
    given = ("typed meanwhile", session, "en", *controls(page, values))
    first, *others = (shown(page, step)["message"] for step in tab(page).answer("I failed.", *given[1:]))
    assert first == ""
    edit = gradio.EditData(None, {"index": 0, "value": "Hello.", "previous_value": "Hi."})
    for reply in (tab(page).again(*given), tab(page).edited(edit, *given)):
        others += [shown(page, step)["message"] for step in reply]
    assert others == [gradio.skip()] * len(others)


def test_controls_and_language_cannot_be_changed_while_a_reply_is_written(built):
    page, _ = built
    values, session = talked(page, "Hi.")
    interactive = set()
    *steps, last = tab(page).answer("I failed.", session, "en", *controls(page, values))
    for step in steps:
        step = shown(page, step)
        interactive |= {update.get("interactive") for update in [step["switch"], *step["controls"][1:]]}
    first, last = shown(page, steps[0]), shown(page, last)
    assert {update["interactive"] for update in [first["switch"], *first["controls"][1:]]} == {False}
    assert interactive == {False, None}
    assert {update["interactive"] for update in [last["switch"], *last["controls"][1:]]} == {True}


def test_stop_gives_back_a_message_that_was_said_before_and_keeps_what_was_typed_since(built):
    page, _ = built
    values, session = talked(page, "ok")
    first = shown(page, next(tab(page).answer("ok", session, "en", *controls(page, values))))
    halted = shown(page, tab(page).halted(first["session"], first["draft"], "and then", "en"))
    assert (halted["message"], len(halted["session"].exchanges)) == ("ok\nand then", 1)
    assert "Stopped" in halted["status"]
    anew = shown(page, next(tab(page).again("", session, "en", *controls(page, values))))
    halted = shown(page, tab(page).halted(anew["session"], anew["draft"], "and then", "en"))
    assert (halted["message"], halted["session"]) == (gradio.skip(), session)
    assert "Stopped" in halted["status"]


def test_stop_after_the_reply_keeps_it_and_gives_the_controls_back(built):
    page, _ = built
    values, session = talked(page, "Hi.")
    halted = shown(page, tab(page).halted(session, shown(page, values)["draft"], "and then", "en"))
    assert (halted["message"], halted["history"], halted["session"]) == (gradio.skip(),) * 3
    assert {update["interactive"] for update in [halted["switch"], *halted["controls"][1:]]} == {True}


def test_a_control_that_is_changed_touches_nothing_of_a_reply_that_begins(built):
    page, _ = built
    values, session = talked(page, "Hi.")
    held = controls(page, values)
    held[-1] = "Information"
    changed = shown(page, tab(page).changed("", session, "en", *held))
    assert changed["session"].state.strategy.name == "Information"
    assert (changed["draft"], changed["history"], changed["message"]) == (gradio.skip(),) * 3
    assert {update.get("interactive") for update in changed["controls"]} == {None}


def test_html_stays_text_and_an_edited_message_has_the_words_alone(built):
    page, _ = built
    chat = tab(page)
    start = chat.fresh("en")
    *_, last, _ = chat.answer("<b>No</b> &lt; again", shown(page, start)["session"], "en", *controls(page, start))
    after = shown(page, last)
    assert after["session"].exchanges[0].said == "<b>No</b> &lt; again"
    content = after["history"][0]["content"]
    assert not re.search("<[a-z/]|&[a-z#]", content)
    event = gradio.EditData(None, {"index": 0, "value": content, "previous_value": ""})
    *_, last, _ = chat.edited(event, "", after["session"], "en", *controls(page, last))
    (exchange,) = shown(page, last)["session"].exchanges
    assert exchange.said == "<b>No</b> &lt; again"


def test_the_page_in_chinese(built):
    page, _ = built
    chat = tab(page)
    english = shown(page, chat.fresh("en"))["session"]
    values = chat.in_language(english, "zh")
    assert shown(page, values)["session"].state.language == "zh"
    assert {label for control in shown(page, values)["controls"][1:2] for label, _ in control["choices"]} == {
        "自动",
        "手动",
        "关闭",
    }


def test_a_visitor_s_chat_can_be_copied_and_the_page_keeps_none(built):
    page, _ = built
    chat = tab(page)
    start = chat.fresh("en")
    *_, last, _ = chat.answer("Mine alone.", shown(page, start)["session"], "en", *controls(page, start))
    session = shown(page, last)["session"]
    assert copy.deepcopy(session) == session
    assert "Mine alone." not in json.dumps(page.get_config_file(), default=str)
    assert shown(page, chat.fresh("en"))["session"].exchanges == ()


def test_the_page_is_on_this_machine_alone_and_calls_nobody(built):
    page, _ = built
    options = server.launch_options(7860)
    assert (options["server_name"], options["share"], options["run_history"]) == ("127.0.0.1", False, False)
    assert not page.analytics_enabled
    fonts = options["theme"]._font + options["theme"]._font_mono
    assert "http" not in fonts
    assert options["theme"]._stylesheets == []
    assert not any(f.api_visibility == "public" for f in page.fns.values()) or not page.api_open


def test_a_port_that_is_taken_is_one_line_before_a_model_is_loaded(capsys, monkeypatch):
    for name in server._QUIET:
        monkeypatch.setenv(name, "")  # what the command sets is gone after the test
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SystemExit):
            main(["demo", "--port", str(port)])
        assert capsys.readouterr().err.count("\n") == 1
        with pytest.raises(ChatError, match=f"--port {port + 1}"):
            server.check_port(port)
    with pytest.raises(ChatError, match="70000"):
        server.check_port(70_000)


def test_a_language_whose_replies_were_not_trained_is_named_above_the_chat(tmp_path, built):
    from pica.chat.chatbot import Chatbot
    from pica.chat.skills import MIXTURE

    page, model = built
    (tmp_path / MIXTURE).parent.mkdir()
    (tmp_path / MIXTURE).write_text("view,rows\nesconv-generation,80\n", encoding="utf-8")
    chat = copy.copy(tab(page))
    chat.bot = Chatbot(model, tmp_path, 5)
    assert "⚠️" in chat._notice("zh")
    assert "⚠️" not in chat._notice("en")
    chat.bot = Chatbot(model, tmp_path / "nothing is known of", 5)
    assert "⚠️" not in chat._notice("zh")
