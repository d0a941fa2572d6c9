"""`pica export`: what `datasets` loads back is the instruction set, row for row, and its card is true."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
import yaml

from pica.cli import main
from pica.corpora import corpus
from pica.errors import DataError
from pica.export import FORMATS, SEED, export
from pica.params import Source
from pica.prompts import render
from pica.schema import INSTRUCTION, SPLITS, Conversation
from pica.sources.raw import sample_folder
from pica.store import read_rows, write_rows
from pica.tasks import examples

SAMPLE = Source("sample", "", {})
# Texts, dialogues, replies of several turns, causes, in two languages.
CORPORA = ("emotion_stimulus", "meld", "smilechat", "empatheticdialogues")
PER_VIEW = 3


@pytest.fixture(scope="module")
def instructions(tmp_path_factory) -> Path:
    """data/instructions with a few rows of each view and split of some samples."""
    rows, seen = {split: [] for split in SPLITS}, Counter()
    for name in CORPORA:
        for conversation in corpus(name).read(sample_folder(corpus(name))):
            if not isinstance(conversation, Conversation):
                continue
            for view in corpus(name).views:
                for example in examples(conversation, view, history=3):
                    seen[view.name, example.split] += 1
                    if seen[view.name, example.split] <= PER_VIEW:
                        rows[example.split].append(render(example))
    folder = tmp_path_factory.mktemp("instructions")
    for split in SPLITS:
        assert write_rows(folder / f"{split}.parquet", rows[split], INSTRUCTION)
    return folder


def stands(instructions: Path, split: str) -> list[dict]:
    return list(read_rows(instructions / f"{split}.parquet", INSTRUCTION))


@pytest.fixture(scope="module")
def loaded(instructions, tmp_path_factory):
    """Format → its folder, and what `datasets` makes of it."""
    from datasets import load_dataset

    made = {}
    for format in FORMATS:
        out = tmp_path_factory.mktemp("exports") / format
        export(instructions, format, out, SAMPLE)
        made[format] = out, load_dataset(str(out), cache_dir=str(tmp_path_factory.mktemp("cache")))
    return made


def card(folder: Path) -> tuple[dict, str]:
    """The card's metadata and its text."""
    _, metadata, text = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(metadata), text


@pytest.mark.parametrize("split", SPLITS)
def test_seed_is_picas_six_columns(loaded, instructions, split):
    out, data = loaded["seed"]
    assert data[split].column_names == list(SEED)
    assert data[split].to_list() == [{column: row[column] for column in SEED} for row in stands(instructions, split)]
    first = (out / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()[0]
    assert list(json.loads(first)) == list(SEED)


@pytest.mark.parametrize("split", SPLITS)
def test_alpaca_is_instruction_input_and_output(loaded, instructions, split):
    assert loaded["alpaca"][1][split].to_list() == [
        {"id": row["id"], "instruction": row["instruction"], **row["instances"][0]}
        for row in stands(instructions, split)
    ]


@pytest.mark.parametrize("split", SPLITS)
def test_messages_are_the_chat(loaded, instructions, split):
    rows = stands(instructions, split)
    assert loaded["messages"][1][split].to_list() == [{"id": row["id"], "messages": row["messages"]} for row in rows]


@pytest.mark.parametrize("split", SPLITS)
def test_sharegpt_says_the_same_by_human_and_gpt_in_turn(loaded, instructions, split):
    for row, was in zip(loaded["sharegpt"][1][split], stands(instructions, split), strict=True):
        said = row["conversations"]
        assert [turn["from"] for turn in said] == ["human", "gpt"] * (len(said) // 2)
        assert [turn["value"] for turn in said] == [message["content"] for message in was["messages"]]


def test_there_are_chats_of_several_turns(instructions):
    assert max(len(row["messages"]) for row in stands(instructions, "train")) > 3


def test_trl_takes_the_messages(loaded, tokenizer):
    utils = pytest.importorskip("trl.data_utils")
    for row in loaded["messages"][1]["train"]:
        assert utils.is_conversational(row)
        text = utils.apply_chat_template({"messages": row["messages"]}, tokenizer)["text"]
        assert row["messages"][-1]["content"] in text


@pytest.mark.parametrize("format", ["alpaca", "sharegpt", "messages"])
def test_llama_factory_finds_every_column_and_role_it_is_told_of(loaded, format):
    out, data = loaded[format]
    described = json.loads((out / "dataset_info.json").read_text(encoding="utf-8"))
    assert {name: about["file_name"] for name, about in described.items()} == {
        f"pica_{split}": f"{split}.jsonl" for split in SPLITS
    }
    for split in SPLITS:
        about = described[f"pica_{split}"]
        assert about["formatting"] == ("alpaca" if format == "alpaca" else "sharegpt")
        assert set(about["columns"].values()) == set(data[split].column_names) - {"id"}
        if format != "alpaca":
            tags = about["tags"]
            for row in data[split]:
                for index, turn in enumerate(row[about["columns"]["messages"]]):
                    assert turn[tags["role_tag"]] == tags["assistant_tag" if index % 2 else "user_tag"]
                    assert turn[tags["content_tag"]]


def test_llama_factory_is_told_nothing_of_a_format_it_cannot_read(loaded):
    assert not (loaded["seed"][0] / "dataset_info.json").exists()


@pytest.mark.parametrize("format", FORMATS)
def test_the_card_counts_what_is_there(loaded, instructions, format):
    metadata, text = card(loaded[format][0])
    assert metadata["language"] == ["en", "zh"]
    assert set(metadata["license_details"].split("; ")) == {corpus(name).licence for name in CORPORA}
    for name in CORPORA:
        counts = [sum(row["dataset"] == name for row in stands(instructions, split)) for split in SPLITS]
        (line,) = (line for line in text.splitlines() if f"(`{name}`) |" in line)
        assert [cell.strip() for cell in line.split("|")[2:5]] == [str(count) for count in counts]
        terms = "yes" if corpus(name).redistributable else "no", "yes" if corpus(name).commercial else "no"
        assert line.endswith(f"| {corpus(name).licence} | {' | '.join(terms)} |")
        assert corpus(name).citation in text
    views = Counter(row["name"] for split in SPLITS for row in stands(instructions, split))
    assert all(f"| `{view}` | {rows} |" in text for view, rows in views.items())


def test_the_card_says_which_rows_are_made_up(instructions, tmp_path):
    export(instructions, "seed", tmp_path / "sample", SAMPLE)
    export(instructions, "seed", tmp_path / "web", Source("web", "", {}))
    assert "Made-up rows" in card(tmp_path / "sample")[1]
    assert "Made-up rows" not in card(tmp_path / "web")[1]


def test_a_split_without_rows_is_left_out(instructions, tmp_path):
    from datasets import load_dataset

    few = tmp_path / "few"
    few.mkdir()
    write_rows(few / "train.parquet", stands(instructions, "train")[:2], INSTRUCTION)
    for split in ("validation", "test"):
        write_rows(few / f"{split}.parquet", [], INSTRUCTION)
    counts = export(few, "messages", tmp_path / "out", SAMPLE)
    assert {split for _, split in counts} == {"train"}
    assert list(json.loads((tmp_path / "out/dataset_info.json").read_text())) == ["pica_train"]
    data = load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in data.items()} == {"train": 2}


def test_a_folder_with_something_in_it_is_left_alone(instructions, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="is there already"):
        export(instructions, "seed", tmp_path, SAMPLE)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_without_instructions_it_says_what_makes_them_and_leaves_nothing(workspace, capsys):
    with pytest.raises(SystemExit):
        main(["export", "--format", "alpaca", "--out", "exports/alpaca"])
    assert "data/instructions/train.parquet is missing. Run `dvc repro`" in capsys.readouterr().err
    assert not [path for path in Path("exports").iterdir()]


def test_the_command_says_how_many_rows_it_wrote(workspace, instructions, capsys):
    Path("data").mkdir()
    Path("data/instructions").symlink_to(instructions)
    main(["export", "--format", "alpaca", "--out", "exports/alpaca"])
    total = sum(len(stands(instructions, split)) for split in SPLITS)
    assert f"{total:,} rows in exports/alpaca" in capsys.readouterr().out
