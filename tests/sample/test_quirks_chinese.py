"""Every quirk that the tables in the modules of the seven Chinese samples list stands in the committed files."""

import csv
import json
import re
from itertools import groupby, pairwise

import pytest

from pica.corpora import corpus
from pica.sample.__main__ import FILES
from pica.schema import Rejected


def text(name: str) -> str:
    return (FILES / name).read_bytes().decode()


@pytest.mark.parametrize("part", ["usual", "virus"])
def test_posts_have_quotes_topics_emoticons_and_two_labels(part):
    posts = [line.split("\t") for line in text(f"smp2020_ewect/{part}/train.tsv").splitlines()[1:]]
    for sign in ('"', "#", "[心]", "//@小林:" if part == "virus" else "&gt;"):
        assert any(sign in post for _, post in posts), sign
    labels = {}
    for label, post in posts:
        labels.setdefault(post, set()).add(label)
    assert any(len(found) > 1 for found in labels.values())
    assert len(labels) < len(posts)


def test_posts_of_the_epidemic_have_personal_data():
    virus = text("smp2020_ewect/virus/train.tsv")
    assert re.search(r"电话1\d{10}，@", virus)
    assert "https://" in virus


def test_news_are_cut_into_words_and_one_emotion_is_doubled():
    documents = text("ecpe/all_data_pair.txt")
    ids = [int(line.split()[0]) for line in documents.splitlines() if re.fullmatch(r"\d+ \d+", line)]
    assert any(b - a > 1 for a, b in pairwise(ids))
    assert re.search(r",([a-z]+)&\1,", documents)
    assert re.search(r"\n (\(\d+,\d+\)), \1\n", documents)
    assert re.search(r",[\u4e00-\u9fff]+ [\u4e00-\u9fff]+", documents)
    assert any("|" in (row.emotion or "") for row in corpus("ecpe").read(FILES / "ecpe"))


def test_tv_lines():
    valid = text("cped/valid_split.csv")
    assert valid.startswith("\ufeff")
    assert "\r\n" in valid
    assert "\r" not in text("cped/train_split.csv")
    rows = list(csv.DictReader(valid.removeprefix("\ufeff").splitlines(keepends=True)))
    assert any("\n" in row["Utterance"] for row in rows)
    train = list(csv.DictReader(text("cped/train_split.csv").removeprefix("\ufeff").splitlines()))
    assert any(" " in row["Utterance"] for row in train)
    assert {row["Gender"] for row in train if row["Speaker"] == "其他"} == {"unknown"}
    assert any(a["Speaker"] == b["Speaker"] for a, b in pairwise(train))
    scenes = [{row["Scene"] for row in group} for _, group in groupby(train, key=lambda row: row["Dialogue_ID"])]
    assert {1, 2} == set(map(len, scenes))


def test_clips():
    said = list(csv.DictReader(text("emotiontalk/transcription.csv").splitlines()))
    seen = list(csv.DictReader(text("emotiontalk/mm.csv").splitlines()))
    assert any(a["emotion"] != b["emotion"] for a, b in zip(said, seen, strict=True))
    for mark in ("[over/]", "[/over]", "[laughing]", "[interrupted]", "[[/over]", "[/over/]", "[Sobbing]"):
        assert any(mark in row["chinese"] for row in said), mark
    turns = [int(row["name"][-3:]) for row in said]
    assert any(b < a for a, b in pairwise(turns))
    speakers = {row["name"].split("/")[1]: set() for row in said}
    for row in said:
        speakers[row["name"].split("/")[1]].add(row["name"].split("/")[2])
    assert {1, 2} == set(map(len, speakers.values()))


def test_series():
    raw = text("mpdd/dialogue.json")
    assert raw.isascii()
    dialogues = json.loads(raw)
    assert any(int(b) - int(a) == 2 for a, b in pairwise(dialogues))
    listeners = {len(row["listener"]) for rows in dialogues.values() for row in rows}
    assert listeners == {1, 2}
    names = {row["speaker"] for rows in dialogues.values() for row in rows}
    assert any(name in row["utterance"] for rows in dialogues.values() for row in rows for name in names)
    assert any(a["speaker"] == b["speaker"] for rows in dialogues.values() for a, b in pairwise(rows))


def test_small_talk():
    raw = text("xpersona_zh/Zh_persona_train_corrected.json")
    assert "\n" not in raw
    assert " 。" in raw
    assert " ？" in raw
    files = (raw, text("xpersona_zh/Zh_persona_split_test_human_annotated.json"))
    train, test = ({tuple(row["persona"]) for row in json.loads(content)} for content in files)
    assert train & test


def test_counselling():
    files = {path.stem: path.read_bytes().decode() for path in (FILES / "cpsycound/Data").iterdir()}
    assert any("\r\n" in content for content in files.values())
    assert any("\r" not in content for content in files.values())
    everything = "\n".join(files.values())
    for quirk in ("（沉默了一会儿）", "来访者（小禾）：", "来访者：您在听吗？", "来访者：好的，我回去想一想。"):
        assert quirk in everything
    assert any(re.search(r"[^\r\n]\r?\n(?!来访者|心理咨询师|（|\r?\n|$)", content) for content in files.values())
    rows = corpus("cpsycound").read(FILES / "cpsycound")
    assert {row.reason for row in rows if isinstance(row, Rejected)} == {
        "it tells case 38 again",
        "a turn without text",
    }
