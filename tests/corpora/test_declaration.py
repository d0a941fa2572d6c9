"""What a YAML file may say of a dataset, and how all that is wrong in it is told."""

from __future__ import annotations

import re

import pytest

from pica.corpora.declaration import load, parsed
from pica.corpora.keys import COLUMNS, KEYS
from pica.errors import DataError
from tests.stages.imports import ROOT

PAGE = (ROOT / "docs/datasets.md").read_text(encoding="utf-8")
RIGHT = {
    "format": "texts",
    "files": "a.csv",
    "labels": ["glad", "gloomy"],
    "language": "en",
    "licence": "MIT",
}
# A mistake at every key, each by itself.
WRONG = """\
format: text
files: []
hub: a/b/c
config: 3
splits: {training: trian}
columns: {text: [1]}
delimiter: ";;"
encoding: utf9
labels: [glad]
acts: ask
asks: mood
roles: {bot: robot}
language: German
licence:
commercial: maybe
redistributable: 1
personal: 0
title: 5
homepage: []
citation: {}
views: 3
rows: 4
"""


def mistakes(**changes: object) -> str:
    values = {key: value for key, value in {**RIGHT, **changes}.items() if value is not None}
    with pytest.raises(DataError) as caught:
        parsed("moods", values, "moods.yaml")
    return str(caught.value)


def test_a_mistake_at_every_key_is_an_error_a_key_all_at_once(tmp_path):
    (tmp_path / "moods.yaml").write_text(WRONG, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load(tmp_path / "moods.yaml")
    told = re.findall(r"^  line (\d+), (\w+): (.+)$", str(caught.value), re.MULTILINE)
    keys = [line.partition(":")[0] for line in WRONG.splitlines()]
    assert set(KEYS) < set(keys)
    assert [(int(line), key) for line, key, _ in told] == list(enumerate(keys, start=1))
    assert "one of texts, turns, dialogues, messages, sharegpt, alpaca, pairs; found 'text'" in told[0][2]
    assert "unknown key. Did you mean" in told[-1][2]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"files": "moods.xlsx"}, "files: moods.xlsx is a spreadsheet: save it as CSV in UTF-8"),
        ({"files": "moods.pdf"}, "files: moods.pdf should end with .csv, .tsv"),
        ({"files": None}, "files: give either files or hub"),
        ({"hub": "a/b"}, "files: give either files or hub"),
        ({"config": "x"}, "config: belongs to a dataset of the hub"),
        ({"labels": None}, "labels: missing"),
        ({"labels": ["Glad", " glad"]}, "labels:  glad, Glad: case and blanks do not tell labels apart"),
        ({"labels": ["a|b", "c"]}, "labels: 'a|b': a label is not empty and has no '|'"),
        ({"labels": [True, False]}, "labels: should be a list of two labels"),
        ({"columns": {"lable": "x"}}, "columns: lable is nothing that texts has; it has text, label, id, split, group"),
        ({"columns": {"text": 1}}, "columns: numbers stand for columns without a header: give that of label"),
        ({"columns": {"text": 1, "label": "mood"}}, "columns: give all as names, or all as numbers"),
        ({"columns": {"split": "s"}, "files": {"train": "a.csv"}}, "files: a file a split and a column for the split"),
        ({"splits": {"one": "train"}}, "splits: says what the values of a column mean"),
        ({"files": "a.jsonl", "delimiter": ";"}, "delimiter: belongs to CSV files"),
        ({"files": "a.parquet", "encoding": "cp1252"}, "encoding: belongs to files of text"),
        ({"roles": {"bot": "assistant"}}, "roles: belongs to messages and sharegpt"),
        ({"acts": ["a", "b"]}, "acts: texts has none"),
        ({"views": ["cause"]}, "views: there is no view cause; with these keys there are classification"),
        ({"views": {"classification": 0}}, "views: should be a list of views, or a mapping of each to the most"),
        ({"format": "messages", "files": "a.jsonl"}, "labels: messages has none"),
        ({"format": "sharegpt", "files": "a.csv", "labels": None}, "files: a.csv should end with .json"),
    ],
)
def test_keys_that_do_not_fit_together_are_told(changes, said):
    assert said in mistakes(**changes)


def test_a_name_that_is_none_is_told_with_one_that_is():
    with pytest.raises(DataError, match=r"call the file my_2024_moods\.yaml"):
        parsed("2024-Moods", RIGHT, "2024-Moods.yaml")


@pytest.mark.parametrize("text", ["a: [", "- a\n", "", "format: texts\nformat: texts\n"])
def test_what_is_no_mapping_is_one_message(tmp_path, text):
    (tmp_path / "moods.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"moods\.yaml"):
        load(tmp_path / "moods.yaml")


def test_words_that_yaml_reads_otherwise_are_words(tmp_path):
    text = "format: texts\nfiles: a.csv\nlabels: [no, yes, on, 1]\nlanguage: no\nlicence: MIT\npersonal: no\n"
    (tmp_path / "moods.yaml").write_text(text, encoding="utf-8")
    made = load(tmp_path / "moods.yaml")
    assert (made.labels, made.language, made.personal) == (("no", "yes", "on", "1"), "no", False)


def test_the_page_has_every_key_as_the_code_has_it():
    table = re.search(r"-->\n(\| key .+?)\n<!-- end", PAGE, re.DOTALL)[1].splitlines()[2:]
    cells = {row[0].strip("`"): row for line in table for row in [line.strip("| ").split(" | ")]}
    assert list(cells) == list(KEYS)
    for name, key in KEYS.items():
        assert cells[name][1].strip() == key.allowed
        assert cells[name][-1].strip() == key.meaning
    for format, columns in COLUMNS.items():
        named = ", ".join(f"`{name}`" + "*" * needed for name, needed in columns.items())
        assert f"{format}: {named}" in PAGE


def test_a_default_is_what_the_page_says():
    made = parsed("moods", RIGHT, "moods.yaml")
    assert (made.delimiter, made.encoding, made.asks) == (",", "utf-8", "emotion")
    assert (made.commercial, made.redistributable, made.personal) == (False, False, True)
