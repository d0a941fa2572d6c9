"""`pica …`: parameters written as DVC writes them, and mistakes as one message."""

from __future__ import annotations

import signal
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from pica.cli import main, parsed
from pica.params import load, to_yaml
from tests.defaults import composed

PARAMS = Path("params.yaml")


def stopped(capsys, *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    return caught.value.code, capsys.readouterr().err


def test_the_command_is_installed():
    (command,) = entry_points(group="console_scripts", name="pica")
    assert command.load() is main


@pytest.mark.parametrize(
    "given",
    [
        ["One day.", "Another day.", "--view", "meld-classification"],
        ["One day.", "--view", "meld-classification", "Another day."],
        ["--view", "meld-classification", "One day.", "Another day."],
    ],
)
def test_words_stand_before_and_behind_options(given):
    options = parsed(["ask", "text_emotion", *given])
    assert (options.text, options.view) == (["One day.", "Another day."], "meld-classification")
    assert parsed(["compose", "seed=7", "--check", "model=tiny"]).overrides == ["seed=7", "model=tiny"]


def test_a_text_behind_an_option_may_begin_with_a_dash():
    assert parsed(["ask", "text_emotion", "--view", "meld-classification", "- and then?", "-"]).text == [
        "- and then?",
        "-",
    ]


@pytest.mark.parametrize(
    "given", [["ask", "text_emotion", "--veiw", "x"], ["merge", "--out", "x", "y"], ["doctor", "x"]]
)
def test_what_no_command_knows_is_named(capsys, given):
    code, said = stopped(capsys, *given)
    assert code == 2
    assert f"unrecognized arguments: {given[-2] if given[0] == 'ask' else given[-1]}" in said


def test_compose_writes_what_conf_composes(workspace, capsys):
    PARAMS.unlink()
    main(["compose"])
    assert PARAMS.read_text(encoding="utf-8") == to_yaml(composed())
    assert capsys.readouterr().out == "params.yaml is what conf/ composes.\n"


def test_compose_takes_overrides_and_says_them(workspace, capsys):
    main(["compose", "seed=7", "mixture=all"])
    assert (load(PARAMS).seed, load(PARAMS).mixture.caps) == (7, "none")
    assert "seed=7 mixture=all" in capsys.readouterr().out


@pytest.mark.parametrize("override", ["seed=now", "sed=7", "mixture=al", "train.lr"])
def test_a_wrong_override_is_one_message_and_changes_nothing(workspace, capsys, override):
    before = PARAMS.read_bytes()
    code, said = stopped(capsys, "compose", override)
    assert code == 1
    assert said.startswith("error: ")
    assert override.partition("=")[0] in said
    assert PARAMS.read_bytes() == before
    assert not list(workspace.glob(".params*"))


def test_check_writes_nothing_and_says_what_differs(workspace, capsys):
    main(["compose", "--check"])
    assert capsys.readouterr().err == ""
    main(["compose", "seed=7"])
    before = PARAMS.read_bytes()
    capsys.readouterr()
    main(["compose", "--check"])
    assert "seed: 7 (conf/: " in capsys.readouterr().err
    assert PARAMS.read_bytes() == before


def test_outside_a_repository_is_one_message(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code, said = stopped(capsys, "compose")
    assert (code, list(tmp_path.iterdir())) == (1, [])
    assert "conf" in said


@pytest.mark.parametrize("arguments", [[], ["compse"], ["compose", "--chek"]])
def test_a_command_that_is_none_shows_the_usage(capsys, arguments):
    code, said = stopped(capsys, *arguments)
    assert code == 2
    assert said.startswith("usage: pica")


def test_ctrl_c_is_one_message(workspace, capsys, monkeypatch):
    monkeypatch.setattr("pica.cli.compose.compose", lambda *arguments: signal.raise_signal(signal.SIGINT))
    code, said = stopped(capsys, "compose")
    assert (code, said.count("\n")) == (130, 1)
    assert said.startswith("error: stopped by Ctrl-C")


def test_doctor_fails_when_something_is_missing(workspace, capsys):
    main(["compose", "source=mirror"])
    code, _ = stopped(capsys, "doctor")
    assert code == 1
