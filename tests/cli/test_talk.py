"""`pica ask`, `pica chat` and `pica transcripts`: what goes wrong is one message, and the input's faults come first."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest

from pica.cli import main, parser
from pica.cli.chat import talk


def stopped(capsys, *arguments: str) -> str:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 1
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said


@pytest.mark.parametrize("command", [("ask", "text_emotion", "The bread burnt."), ("chat",)])
def test_a_model_that_is_not_there_is_said(workspace, capsys, command):
    said = stopped(capsys, *command, "--base", "nowhere")
    assert "nowhere holds no config.json" in said
    assert "--base" in said


def test_a_wrong_line_is_named_before_a_model_is_loaded(workspace, capsys, monkeypatch):
    lines = b'{"text": "The bread burnt."}\n\n{"text": 3}\n'
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(lines)))
    assert "stdin, line 3: text should be a text, found 3" in stopped(
        capsys, "ask", "text_emotion", "--base", "nowhere"
    )


def test_a_file_that_is_not_utf_8_is_named(workspace, capsys):
    (workspace / "in.txt").write_bytes(b"fine\n\xff\xfe\n")
    said = stopped(capsys, "ask", "text_emotion", "--input", "in.txt", "--base", "nowhere")
    assert "in.txt, line 2: not UTF-8" in said


def test_the_mark_before_utf_8_is_no_part_of_the_first_line(workspace, capsys):
    (workspace / "in.jsonl").write_bytes(b'\xef\xbb\xbf{"words": "fine"}\r\n')
    said = stopped(capsys, "ask", "text_emotion", "--input", "in.jsonl", "--base", "nowhere")
    assert "in.jsonl, line 1: unknown key words" in said


@pytest.mark.parametrize(
    "option", [("--temperature", "-1"), ("--temperature", "nan"), ("--temperature", "inf"), ("--seed", "-1")]
)
def test_a_number_that_no_reply_can_be_drawn_with_is_refused(workspace, capsys, option):
    with pytest.raises(SystemExit) as caught:
        main(["chat", "=".join(option)])
    assert caught.value.code == 2
    assert f"argument {option[0]}: {option[1]}: " in capsys.readouterr().err


def test_a_view_of_another_task_is_refused_with_those_there_are(workspace, capsys):
    said = stopped(capsys, "ask", "text_emotion", "x", "--view", "meld-classification")
    assert "no view of text_emotion in 'en'" in said
    assert "emotion_stimulus-classification" in said


def test_no_input_is_no_answer(workspace, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"\n\n")))
    main(["ask", "text_emotion", "--base", "nowhere"])
    assert capsys.readouterr().out == ""


def test_a_missing_file_of_dialogues_is_said(workspace, capsys):
    assert "nowhere.yaml is missing" in stopped(capsys, "transcripts", "nowhere.yaml")


@pytest.mark.parametrize("command", ["chat", "demo", "serve"])
def test_a_country_without_help_lines_is_not_passed_over(workspace, capsys, command):
    with pytest.raises(SystemExit) as caught:
        main([command, "--country", "Atlantis"])
    assert caught.value.code == 2
    assert "no help lines are known of 'Atlantis'. There are: " in capsys.readouterr().err


def test_a_country_may_be_in_small_letters():
    assert parser().parse_args(["chat", "--country", "gb"]).country == "GB"
    assert parser().parse_args(["chat"]).country == ""


@pytest.mark.parametrize(
    "command", [("transcripts", "in.yaml", "--out"), ("results", "--page"), ("judge", "a", "b", "--sheet")]
)
def test_a_folder_is_not_written_over_by_a_file(workspace, capsys, command):
    (workspace / "kept").mkdir()
    with pytest.raises(SystemExit) as caught:
        main([*command, "kept"])
    assert caught.value.code == 2
    assert "kept is no file, and nothing was written to it" in capsys.readouterr().err
    assert (workspace / "kept").is_dir()


def test_a_line_that_ctrl_c_ends_is_not_the_end_of_the_chat(monkeypatch, capsys):
    lines = iter([KeyboardInterrupt, EOFError])

    def line(_: str) -> str:
        raise next(lines)

    monkeypatch.setattr("builtins.input", line)
    session = object()
    assert talk(None, session) is session
    assert "/quit ends the chat" in capsys.readouterr().out
