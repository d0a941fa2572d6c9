"""`pica corpora new` and `check`: from data to YAML, and from YAML to what a run would make of it."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest

from pica.cli import main, preview
from pica.corpora import catalogue
from pica.corpora.declaration import load
from pica.sources.raw import sample_folder
from tests.corpora.declared import EXAMPLES, example
from tests.corpora.support import parquet, write
from tests.sources.test_own import CARD, ROWS

# What only `new` has to find out; a dataset of the page is too small to guess from.
WORDS = {"froh": "Sonne Garten Lied", "traurig": "Regen Abschied Nacht", "wütend": "Lärm Stau Streit"}


@pytest.fixture(autouse=True)
def _alone(workspace, monkeypatch):
    """No dataset of the catalogue is here to be compared with, which would take seconds."""
    monkeypatch.setenv("PICA_DECLARED", "")
    monkeypatch.setenv("PICA_WORKERS", "1")
    own = preview.is_available
    monkeypatch.setattr(
        preview, "is_available", lambda corpus, source: corpus.name == "emocontext" and own(corpus, source)
    )


def diary(rows: int = 60, delimiter: str = ";") -> str:
    draw = random.Random(3)
    lines = [f"Satz{delimiter}Stimmung"]
    for number in range(rows):
        mood = list(WORDS)[number % 3]
        lines.append(f'"Am Tag {number} war wieder {draw.choice(WORDS[mood].split())} in der Straße."{delimiter}{mood}')
    return "\n".join(lines) + "\n"


def said(capsys, *arguments: str) -> str:
    capsys.readouterr()
    main(["corpora", *arguments])
    return capsys.readouterr().out


def failed(capsys, *arguments: str) -> str:
    with pytest.raises(SystemExit) as caught:
        said(capsys, *arguments)
    assert caught.value.code == 1
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "keys"),
    [
        ("diary.csv", diary(), {"delimiter": ";", "language": "de", "labels": ("froh", "traurig", "wütend")}),
        ("diary.csv", diary().encode("cp1252"), {"encoding": "cp1252", "labels": ("froh", "traurig", "wütend")}),
        ("diary.csv", diary(delimiter=",").encode("utf-16"), {"encoding": "utf-16", "delimiter": ","}),
        ("diary.csv", b"\xef\xbb\xbf" + diary(delimiter="|").encode(), {"encoding": "utf-8", "delimiter": "|"}),
        ("diary.csv", diary().partition("\n")[2], {"header": False, "columns": {"text": "1", "label": "2"}}),
        ("diary.tsv", diary(delimiter="\t"), {"format": "texts", "columns": {"text": "Satz", "label": "Stimmung"}}),
    ],
)
def test_a_table_is_declared_as_it_is_cut_and_written(workspace, capsys, name, content, keys):
    write(workspace, {name: content})
    said(capsys, "new", name)
    made = load(Path("diary.yaml"))
    assert {key: getattr(made, key) for key in keys} == keys


@pytest.mark.parametrize("format", [format for format in EXAMPLES if format not in ("texts", "sharegpt")])
def test_the_formats_of_the_page_are_told_apart_and_pass_the_check(workspace, capsys, format):
    example(format, workspace / "data")
    (yaml,) = (workspace / "data").glob("*.yaml")
    (file,) = (path for path in (workspace / "data").iterdir() if path != yaml)
    yaml.unlink()
    text = said(capsys, "new", str(file))
    assert f"format: {format}" in text
    assert all("#" in line for line in text.splitlines() if line.startswith(("language", "licence", "personal")))
    checked = said(capsys, "check", str(yaml))
    assert re.search(r"^kept +\d", checked, re.MULTILINE)
    assert "⟦" in checked


def test_names_of_roles_that_nobody_knows_are_guessed_and_said(workspace, capsys):
    write(workspace, {"chats.jsonl": EXAMPLES["sharegpt"]["chats.jsonl"]})
    assert "roles: {kitchenbot: assistant} # not known for certain" in said(capsys, "new", "chats.jsonl")
    assert re.search(r"^kept +\d", said(capsys, "check", "chats.yaml"), re.MULTILINE)


def test_labels_are_counted_and_copies_too(workspace, capsys):
    write(workspace, {"diary.csv": diary(30) + diary(3).partition("\n")[2]})
    text = said(capsys, "new", "diary.csv")
    assert "labels: [froh, traurig, wütend] # froh 11, traurig 11, wütend 11" in text
    assert "# 3 of 33 rows say what an earlier one says" in text


def test_files_called_by_their_splits_are_one_dataset(workspace, capsys):
    write(workspace / "moods", {"train.csv": diary(30), "dev.csv": diary(9), "notes.txt": "x"})
    said(capsys, "new", "moods/train.csv")
    assert load(workspace / "moods/moods.yaml").files == {"validation": ("dev.csv",), "train": ("train.csv",)}


def test_a_folder_of_the_hub_has_its_licence_and_labels_from_its_card(workspace, capsys):
    write(workspace, {"tree/data/train-0.parquet": parquet(ROWS), "tree/data/test-0.parquet": parquet(ROWS)})
    write(workspace, {"tree/README.md": CARD})
    text = said(capsys, "new", "tree")
    assert "hub: ./tree" in text
    assert "labels: [glad, gloomy] # glad 30, gloomy 30" in text
    assert "licence: cc0-1.0 # as its card says" in text
    assert re.search(r"^kept +\d", said(capsys, "check", "tree.yaml"), re.MULTILINE)


def test_a_column_that_stands_twice_is_told(workspace, capsys):
    write(workspace, {"dup.csv": "text,label,label\n" + "".join(f"Line {n}.,a,{n % 2}\n" for n in range(9))})
    assert "the column 'label' stands twice in the header" in failed(capsys, "new", "dup.csv")
    assert not (workspace / "dup.yaml").exists()


def test_rows_inside_an_object_are_told(workspace, capsys):
    rows = [{"text": f"Line {n}.", "label": "ab"[n % 2]} for n in range(9)]
    write(workspace, {"data.json": json.dumps({"version": 1, "data": rows})})
    assert "its rows are the list at 'data' in it: write that list by itself" in failed(capsys, "new", "data.json")


def test_what_the_data_does_not_say_is_said(workspace, capsys):
    lines = [json.dumps({"note": f"A line with the number {n} in it."}) + "\n" for n in range(30)]
    write(workspace, {"notes.jsonl": "".join(lines)})
    text = said(capsys, "new", "notes.jsonl")
    assert "# labels: not known, for no column looks like it. There are: note" in text
    assert "licence: unstated # the data does not say" in text
    assert "labels: missing" in failed(capsys, "check", "notes.yaml")


def test_nothing_is_written_over(workspace, capsys):
    write(workspace, {"diary.csv": diary(), "diary.yaml": "mine"})
    assert "diary.yaml is there already, and is not written over" in failed(capsys, "new", "diary.csv")
    assert Path("diary.yaml").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.xlsx", b"PK", "is a spreadsheet: save it as CSV in UTF-8"),
        ("a.txt", b"x", "should end with .csv"),
        ("a.csv", b"", "the file is empty"),
        ("a.parquet", b"x", "not readable as Parquet"),
        ("a.jsonl", b"{", "not valid JSON"),
        ("a.csv.gz", b"x", "not a whole gzip file"),
    ],
)
def test_a_file_that_is_none_is_one_message(workspace, capsys, name, content, words):
    write(workspace, {name: content})
    assert words in failed(capsys, "new", name).replace("cannot be read: Not a gzipped", "not a whole gzip file")


def test_check_tells_rows_reasons_examples_leaks_and_a_row(workspace, capsys):
    example("texts", workspace)
    write(workspace, {"diary.csv": diary(60) + ";froh\nOhne alles.;\n"})
    text = said(capsys, "check", "diary.yaml")
    assert re.search(r"^kept +\d+ +\d+ +\d+ +60$", text, re.MULTILINE)
    assert re.search(r"^rejected: no label +\d+ +\d+ +\d+ +1$", text, re.MULTILINE)
    assert re.search(r"^emotion wütend +\d+ +\d+ +\d+ +20$", text, re.MULTILINE)
    assert re.search(r"^diary-classification +\d+ +\d+ +\d+ +60$", text, re.MULTILINE)
    assert "compared with the test sets of 1 datasets (made-up rows of the sample)" in text
    assert re.search(r"^diary\.csv:\d+ ", text, re.MULTILINE)


def test_check_shows_the_lines_of_the_row_in_its_encoding(workspace, capsys):
    """However many others have its words, and however many lines it takes."""
    rows = "".join(f'"第{n}天。\n\n今天又下雨了，没有人来。","{"难过" if n % 2 else "生气"}"\r\n' for n in range(12))
    (workspace / "rain.csv").write_bytes(("内容,情绪\r\n" + rows).encode("gb18030"))
    said(capsys, "new", "rain.csv")
    shown = said(capsys, "check", "rain.yaml")
    raw = re.search(r"\nraw ─+\n(.+?)\nconversation ─", shown, re.DOTALL)[1].splitlines()
    assert raw == ['rain.csv:2 "第0天。', 'rain.csv:4 今天又下雨了，没有人来。","生气"']


def test_check_shows_all_lines_of_a_dialogue_and_the_row_of_a_parquet_file(workspace, capsys):
    talk = "dialogue,speaker,text,label\n" + "".join(
        f"d{n},{who},Is the soup warm?,{label}\n" for n in range(9) for who, label in (("Ann", "calm"), ("Bo", "angry"))
    )
    write(workspace, {"talk.csv": talk})
    said(capsys, "new", "talk.csv")
    shown = said(capsys, "check", "talk.yaml")
    found = re.findall(r"^talk\.csv:(\d+) (d\d),", shown, re.MULTILINE)
    assert len(found) == 2
    assert {name for _, name in found} == {re.search(r"\ntalk/\w+/(d\d)\n", shown)[1]}
    films = parquet([{"text": "The film was long.", "label": n % 3} for n in range(9)])
    (workspace / "films.parquet").write_bytes(films)
    said(capsys, "new", "films.parquet")
    assert re.search(
        r'\nfilms\.parquet:1 \{"text": "The film was long\.", "label": 0\}\n', said(capsys, "check", "films.yaml")
    )


def test_check_finds_a_leak_out_of_a_test_set_of_the_catalogue(workspace, capsys):
    other = catalogue()["emocontext"]
    held = (turn.text for row in other.read(sample_folder(other)) if row.split == "test" for turn in row.turns)
    leak = next(text for text in held if len(text.split()) > 7 and '"' not in text)
    write(workspace, {"moods.csv": f'text,label\n"{leak}",glad\nA quiet line of its own.,gloomy\n'})
    keys = "format: texts\nfiles: {train: moods.csv}\nlabels: [glad, gloomy]\nlanguage: en\nlicence: MIT\n"
    write(workspace, {"moods.yaml": keys})
    text = said(capsys, "check", "moods.yaml")
    assert "emocontext/test: 1 training rows go" in text
    assert "! there is no row for test" in text


def test_check_tells_all_undeclared_labels_with_their_counts(workspace, capsys):
    example("texts", workspace)
    write(workspace, {"diary.csv": diary(6) + "Eins.;Müde\nZwei.;müde\nDrei.;wach\nVier.;müde\n"})
    error = failed(capsys, "check", "diary.yaml")
    assert (
        "3 of the labels in the data are not declared, on 4 rows or turns: 'müde' (2), 'Müde' (1), 'wach' (1)" in error
    )
    assert "the first is in diary.csv, line 8" in error


def test_a_dataset_with_nothing_left_is_an_error(workspace, capsys):
    example("texts", workspace)
    write(workspace, {"diary.csv": "Satz;Stimmung\n;froh\n;wütend\n"})
    assert "no row of diary is left" in failed(capsys, "check", "diary.yaml")


def test_datasets_of_ones_own_stand_in_the_table_and_are_shown_and_counted(workspace, capsys):
    example("texts", workspace / "data")
    main(["compose", "source.own=data", "datasets=diary"])
    assert re.search(r"^diary +classification .+CC-BY-4.0 +here", said(capsys), re.MULTILINE)
    assert re.search(r"^emotion wütend +", said(capsys, "count", "diary"), re.MULTILINE)
    assert "diary.csv:" in said(capsys, "show", "diary")
