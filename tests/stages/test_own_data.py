"""Data of one's own, from a YAML of ten lines or less and one command to the report; and DVC sees a change of it."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.corpora.declared import EXAMPLES
from tests.corpora.support import parquet, write
from tests.defaults import defaults
from tests.sources.test_own import CARD, MOODS
from tests.stages.clone import Clone, clone

NAMES = ("ask", "chats", "diary", "help", "moods", "talk")
FORMATS = {"ask": "alpaca", "chats": "sharegpt", "diary": "texts", "help": "messages", "talk": "turns"}


def jsonl(rows: list) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def data(folder: Path, rows: int = 40) -> Path:
    """The YAMLs of docs/datasets.md and of a hub dataset, with data of some size."""
    draw = random.Random(1)

    words = ["tea", "bread", "rain", "train", "letter", "garden", "neighbour", "song", "key", "window"]

    def line(number: int) -> str:
        return f"{' '.join(draw.choices(words, k=9))} {number}"

    german = ["Regen", "Garten", "Bahnhof", "Nachbarn", "Straße", "Brief", "Küche", "Schlüssel"]
    diary = [
        f'"Heute war ich mit {" und ".join(draw.choices(german, k=4))} beschäftigt; Tag {n} geht vorbei.";'
        f"{('froh', 'traurig', 'wütend')[n % 3]}"
        for n in range(rows)
    ]
    talk = [
        f"d{n},{place},{'Ann' if place % 2 else 'Bo'},{line(n)} {place},{('angry', 'calm')[n % 2]},question"
        for n in range(rows)
        for place in (1, 2, 3)
    ]
    call = {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}
    help = [
        {"messages": [{"role": "user", "content": line(n)}, *([call] if n % 4 == 0 else ()),
                      {"role": "assistant", "content": line(n)}]}
        for n in range(rows)
    ]  # fmt: skip
    turns = [("human", "kitchenbot", "kitchenbot") for _ in range(rows)]
    chats = [{"conversations": [{"from": who, "value": line(n)} for who in names]} for n, names in enumerate(turns)]
    ask = [{"instruction": "Go on with this line.", "input": line(n), "output": line(n)} for n in range(rows)]
    moods = [{"text": line(n), "label": n % 2} for n in range(rows)]
    yamls = {f"{name}.yaml": EXAMPLES[format][f"{name}.yaml"] for name, format in FORMATS.items()}
    assert all(len(text.splitlines()) <= 10 for text in (*yamls.values(), MOODS))
    return write(
        folder,
        {
            **yamls,
            "moods.yaml": MOODS,
            "diary.csv": "Satz;Stimmung\n" + "\n".join(diary) + "\n",
            "talk.csv": "dialogue,order,speaker,text,label,act\n" + "\n".join(talk) + "\n",
            "help.jsonl": jsonl(help),
            "chats.jsonl": jsonl(chats),
            "ask.jsonl": jsonl(ask),
            "tree/README.md": CARD,
            "tree/data/train-0.parquet": parquet(moods[: rows // 2]),
            "tree/data/test-0.parquet": parquet(moods[rows // 2 :]),
        },
    )


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Clone:
    """A repository after one command on six datasets of somebody's own, in a folder with a blank in its name."""
    folder = tmp_path_factory.mktemp("own")
    data(folder / "my data")
    made = clone(folder / "pica")
    own = f'source.own="{folder / "my data"}"'
    # A baseline and the tuned model, of all systems: each is a stage, and takes its time.
    without = [f"-S=~systems.{name}" for name in defaults().systems if name not in ("majority", "tuned")]
    made.run("dvc", "exp", "run", "-S", "experiment=smoke", "-S", own, "-S", f"datasets={'+'.join(NAMES)}", *without)
    return made


def test_one_command_goes_from_the_files_to_the_report(repository):
    page = (repository.path / "reports/index.html").read_text(encoding="utf-8")
    assert all(name in page for name in NAMES)
    outcomes = pd.read_csv(repository.path / "tables/filter.csv").groupby(["corpus", "outcome"])["rows"].sum()
    assert {name: outcomes[name, "kept"] for name in ("ask", "chats", "diary", "talk")} == dict.fromkeys(
        ("ask", "chats", "diary", "talk"), 40
    )
    assert outcomes["help"].to_dict() == {"a call of a tool": 10, "kept": 30}
    card = (repository.path / "models/adapter/README.md").read_text(encoding="utf-8")
    assert "CC-BY-4.0" in card


def test_rows_in_german_are_asked_about_in_english(repository):
    rows = pq.read_table(repository.path / "data/instructions/test.parquet").to_pylist()
    (row, *_) = [row for row in rows if row["name"] == "diary-classification"]
    assert row["language"] == "de"
    assert "froh, traurig, wütend" in row["instruction"]


def test_an_export_has_the_terms_of_ones_own_data(repository):
    repository.run("pica", "export", "--format", "alpaca", "--out", "out")
    page = (repository.path / "out/README.md").read_text(encoding="utf-8")
    assert "CC-BY-4.0" in page
    assert "made up" not in page.partition("diary")[2][:200]


def test_a_changed_file_is_seen_and_read_again(repository):
    assert "up to date" in repository.run("dvc", "status")
    with (repository.path.parent / "my data/diary.csv").open("a", encoding="utf-8") as file:
        file.write("Und noch eine Zeile am Ende des Tages.;froh\n")
    assert "own" in repository.run("dvc", "status", "download")
    repository.run("dvc", "repro", "filter")
    outcomes = pd.read_csv(repository.path / "tables/filter.csv").groupby("corpus")["rows"].sum()
    assert outcomes["diary"] == 41


def test_a_mistake_in_the_data_stops_with_its_file_and_line(repository):
    diary = repository.path.parent / "my data/diary.csv"
    line = len(diary.read_text(encoding="utf-8").splitlines()) + 1
    with diary.open("a", encoding="utf-8") as file:
        file.write("Eine Zeile;mit;zu vielen Zellen\n")
    output = repository.run("dvc", "repro", "filter", code=None)
    said = f"diary.csv, line {line}: expected 2 cells (Satz, Stimmung), found 3. Correct it in your file"
    assert said in output, output
    assert "Traceback" not in output
