"""`pica corpora show`: one row from its raw line to the tokens that are trained."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from pica.cli import main, trace
from pica.corpora import catalogue, corpus
from pica.params import load
from pica.schema import Rejected
from pica.sources.raw import sample_folder
from tests.defaults import defaults

NAMES = [name for name, corpus in catalogue().items() if sample_folder(corpus).is_dir()]


def said(capsys, *arguments: str) -> str:
    main(["corpora", "show", *arguments])
    return capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_every_dataset_shows_a_row_with_its_raw_lines_and_all_its_views(workspace, name):
    found = trace.trace_row(corpus(name), load(Path("params.yaml")), None)
    assert found.reason is None
    assert [view for view, _, _ in found.views] == list(corpus(name).views)
    assert any(example for _, example, _ in found.views)
    folder = sample_folder(corpus(name))
    assert found.raw
    assert all((folder / place.file).is_file() for place in found.raw)


def test_a_csv_row_is_shown_as_it_stands(workspace):
    found = trace.trace_row(corpus("meld"), load(Path("params.yaml")), "meld/test/1")
    texts = {turn.text for turn in found.row.turns}
    lines = (sample_folder(corpus("meld")) / "test_sent_emo.csv").read_text(encoding="utf-8").split("\n")
    assert [place.text for place in found.raw] == [lines[place.line - 1].rstrip() for place in found.raw]
    assert len(found.raw) >= len(texts)


def test_json_escapes_do_not_hide_a_row(tmp_path, monkeypatch):
    shutil.copytree(sample_folder(corpus("smilechat")), tmp_path / "smilechat")
    for path in (tmp_path / "smilechat").rglob("*.json"):
        path.write_text(path.read_text(encoding="utf-8").encode("ascii", "backslashreplace").decode(), encoding="ascii")
    monkeypatch.setattr(trace, "sample_folder", lambda corpus: tmp_path / corpus.name)
    found = trace.trace_row(corpus("smilechat"), defaults(), None)
    assert found.row.turns[0].text[:8] in "".join(place.text for place in found.raw)


def test_the_answer_is_marked_where_there_is_no_tokenizer(workspace, capsys):
    text = said(capsys, "meld")
    assert "`dvc repro base_model` makes it" in text
    assert re.search(r"^assistant: ⟦.+⟧$", text, re.MULTILINE)
    assert "\x1b" not in text


def test_the_answer_and_its_end_are_the_trained_tokens(workspace, capsys, tokenizer):
    tokenizer.save_pretrained("models/base")
    text = said(capsys, "meld", "--id", "meld/test/1")
    assert re.findall(r"⟦(.+?)⟧", text)[0].endswith("<|im_end|>")
    assert "<|im_start|>user" in text.partition("⟦")[0]
    assert "dvc repro base_model" not in text


@pytest.mark.parametrize("name", ["meld", "smilechat"])
def test_the_pieces_are_the_chat_and_no_character_is_broken(workspace, tokenizer, name):
    from pica.prompts import render
    from pica.training.encode import encode
    from pica.training.segments import segments

    found = trace.trace_row(corpus(name), load(Path("params.yaml")), None)
    row = render(next(example for _, example, _ in found.views if example))
    made = segments(row, tokenizer, "last_reply")
    assert "".join(piece.text for piece in made) == tokenizer.decode(encode(row.messages, tokenizer).ids)
    answer = "".join(piece.text for piece in made if piece.trained)
    assert answer == row.messages[-1]["content"] + "<|im_end|>"


@pytest.mark.parametrize(
    ("variables", "colour"), [({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)]
)
def test_no_color_is_respected(workspace, capsys, monkeypatch, variables, colour):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert bool(re.search(r"\x1b\[[0-9;]*3\d", said(capsys, "meld"))) == colour


def test_a_rejected_row_says_why(workspace, capsys):
    rejected = next(r for r in corpus("cams").read(sample_folder(corpus("cams"))) if isinstance(r, Rejected))
    assert f"rejected: {rejected.reason}" in said(capsys, "cams", "--id", rejected.id)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["mled"], "unknown dataset 'mled'"),
        (["meld", "--id", "meld/train/x"], "Its ids look like meld/train/"),
    ],
)
def test_what_is_not_there_is_one_message(workspace, capsys, arguments, words):
    with pytest.raises(SystemExit) as caught:
        said(capsys, *arguments)
    assert caught.value.code == 1
    assert words in capsys.readouterr().err


def test_files_that_are_not_here_are_said_with_what_fetches_them(workspace, capsys, monkeypatch):
    monkeypatch.setenv("PICA_HOME", str(workspace / "cache"))
    main(["compose", "source=web"])
    with pytest.raises(SystemExit):
        said(capsys, "meld")
    assert "`dvc repro download` fetches them" in capsys.readouterr().err


@pytest.mark.parametrize(("mask", "shown"), [("true", "[EMAIL]"), ("false", "me@b.example")])
@pytest.mark.parametrize("max_chars", [8000, 3])  # kept, and rejected with the row as it was read
def test_personal_data_is_shown_as_the_filter_leaves_it(workspace, monkeypatch, capsys, mask, shown, max_chars):
    folder = workspace / "goemotions"
    shutil.copytree(sample_folder(corpus("goemotions")), folder)
    rows = (folder / "train.tsv").read_text(encoding="utf-8").splitlines(keepends=True)
    _, labels, comment = rows[0].split("\t")
    (folder / "train.tsv").write_text(f"Mail me@b.example\t{labels}\t{comment}{''.join(rows[1:])}", encoding="utf-8")
    monkeypatch.setattr(trace, "sample_folder", lambda corpus: folder)
    main(["compose", f"filter.mask={mask}", f"filter.max_chars={max_chars}"])
    capsys.readouterr()
    text = said(capsys, "goemotions", "--id", f"goemotions/train/{comment.strip()}")
    assert shown in text
    assert ("me@b.example" in text) == (mask == "false")
    assert ("rejected: a turn longer" in text) == (max_chars == 3)
