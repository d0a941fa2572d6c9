"""A view's part of the instruction set: which rows, how often, and in which order."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pyarrow as pa
import pytest

from pica.corpora import views
from pica.errors import DataError
from pica.instructions import writing
from pica.instructions.counting import Counted, count, count_tokens
from pica.instructions.mixture import plan
from pica.instructions.writing import Part, mix_parts, write_part
from pica.params import Mixture
from pica.prompts import render, render_batch
from pica.sampling import sample
from pica.schema import EXAMPLE, INSTRUCTION, SPLITS, Example, Instruction, Turn, to_row
from pica.store import read_rows, write_rows
from tests.instructions.test_mixture import mixture

NAMES = ("meld-classification", "imdb-classification")
MELD, IMDB = NAMES
LABELS = views()[MELD].labels


def example(view: str, split: str, number: int) -> Example:
    labels = views()[view].labels
    return Example(
        id=f"{view}/{split}/{number}",
        view=view,
        task=views()[view].task,
        corpus=view.partition("-")[0],
        split=split,
        language="en",
        turns=(Turn("writer", f"The film was {number} hours long."),),
        speaker="writer",
        # The first label on every other row, so that labels are not even.
        answer=labels[number % len(labels) if number % 2 else 0],
        candidates=labels,
    )


def write(folder, name: str, size: int) -> None:
    rows = (to_row(example(name, split, number)) for number in range(size) for split in SPLITS)
    write_rows(folder / f"{name}.parquet", rows, EXAMPLE)


@pytest.fixture
def folder(tmp_path):
    """Files of two views with 40 examples a split, as reformat writes them."""
    for name in NAMES:
        write(tmp_path, name, 40)
    return tmp_path


def put_into_words(folder, name: str, rows, asked: Mixture, seed: int = 1, buckets: int = 1) -> Part:
    return write_part((count(name, folder, asked), rows), folder, folder / "parts", buckets, asked, seed)


def take(folder, name: str = MELD, train: int = 40, validation: int = 3, seed: int = 1, buckets: int = 1) -> Part:
    """So many rows of a view, whatever their labels."""
    rows = {"train": {"": train}, "validation": {"": validation}, "test": {"": 40}}
    return put_into_words(folder, name, rows, mixture(balance=False), seed, buckets)


def mixed(folder, split: str, *names: str, buckets: int = 1) -> list[Instruction]:
    """What the parts of these views make of a split."""
    mix_parts(split, names, folder / "parts", buckets, folder)
    return [Instruction.from_row(row) for row in read_rows(folder / f"{split}.parquet", INSTRUCTION)]


def drawn(folder, split: str = "train", **asked: int) -> list[Instruction]:
    """The rows of a split when so many are taken, in the order of their ids."""
    take(folder, **asked)
    return sorted(mixed(folder, split, MELD), key=lambda row: row.id)


def ids(rows: list[Instruction]) -> list[str]:
    return [row.id for row in rows]


# Counting


def test_labels_are_counted_where_they_are_balanced(folder):
    balanced, plain = count(MELD, folder, mixture()), count(MELD, folder, mixture(balance=False))
    assert sum(balanced.examples["train"].values()) == 40
    assert set(balanced.examples["train"]) == set(LABELS)
    assert balanced.examples["train"][LABELS[0]] > 20
    assert balanced.examples["validation"] == balanced.examples["test"] == {"": 40}
    assert plain.examples == {split: {"": 40} for split in SPLITS}


@pytest.mark.parametrize(("language", "there"), [("all", 30), ("en", 20), ("zh", 10)])
def test_of_a_view_in_two_languages_only_the_rows_of_the_mixture_are_taken(tmp_path, language, there):
    name, asked = "general-generation", mixture(language=language, replay=0.5)
    rows = [
        replace(example(MELD, "train", n), view=name, language="en" if n % 3 else "zh", candidates=())
        for n in range(30)
    ]
    write_rows(tmp_path / f"{name}.parquet", map(to_row, rows), EXAMPLE)
    pool = count(name, tmp_path, asked).pool(asked)
    assert (pool.language, pool.total) == ("en+zh" if language == "all" else language, there)
    assert plan([replace(pool, view=MELD), pool], asked) == {MELD: {"": there}, name: {"": there}}
    for number in (there, there - 3, there + 3):
        found = put_into_words(tmp_path, name, {"train": {"": number}, "validation": {}, "test": {}}, asked)
        written = mixed(tmp_path, "train", name)
        assert found.rows["train"] == len(written) == number
        assert {row.language for row in written} == ({"en", "zh"} if language == "all" else {language})


def test_free_answers_are_no_labels(tmp_path):
    name = "dailydialog-cause"
    rows = [replace(example(MELD, "train", n), view=name, answer=f"span {n}", candidates=()) for n in range(5)]
    write_rows(tmp_path / f"{name}.parquet", map(to_row, rows), EXAMPLE)
    assert count(name, tmp_path, mixture()).examples["train"] == {"": 5}


def test_a_view_counts_with_its_language_and_cap(folder):
    counted = count(MELD, folder, mixture(caps="pica"))
    pool = counted.pool(mixture(caps="pica"))
    assert (pool.view, pool.language, pool.cap, pool.total) == (MELD, "en", views()[MELD].rows, 40)


def test_every_test_row_is_taken_and_some_validation_rows():
    counted = Counted(MELD, {"train": {"joy": 9}, "validation": {"": 5}, "test": {"": 7}})
    planned = {"joy": 4}
    for most, taken in ((3, 3), (9, 5)):
        rows = counted.rows(planned, mixture(validation_rows=most))
        assert rows == {"train": planned, "validation": {"": taken}, "test": {"": 7}}
    assert Counted(MELD, {"train": {}, "validation": {}, "test": {}}).rows({}, mixture())["validation"] == {"": 0}


# Drawing


def test_all_rows_in_words_and_in_the_order_of_the_file(folder):
    found = take(folder, validation=40)
    for split in ("validation", "test"):
        assert mixed(folder, split, MELD) == [render(example(MELD, split, number)) for number in range(40)]
    train = mixed(folder, "train", MELD)
    assert {row.id: row for row in train} == {
        one.id: render(one) for one in (example(MELD, "train", number) for number in range(40))
    }
    assert found.tokens == count_tokens(pa.array([message["content"] for row in train for message in row.messages]))


def test_as_many_as_asked_for(folder):
    assert take(folder, train=7).rows == {"train": 7, "validation": 3, "test": 40}
    assert [len(mixed(folder, split, MELD)) for split in SPLITS] == [7, 3, 40]
    found = take(folder, train=0)
    assert found.rows == {"train": 0, "validation": 3, "test": 40}
    assert found.tokens == len(mixed(folder, "train", MELD)) == 0


def test_as_many_of_each_label(folder):
    asked = {LABELS[0]: 2, LABELS[1]: 3, LABELS[2]: 0}
    put_into_words(folder, MELD, {"train": asked, "validation": {}, "test": {}}, mixture())
    answers = Counter(row.instances[0]["output"] for row in mixed(folder, "train", MELD))
    assert answers == {LABELS[0]: 2, LABELS[1]: 3}


def test_a_row_is_repeated_under_ids_of_their_own(folder):
    found = drawn(folder, train=100)
    repeats = Counter(id.partition("~")[0] for id in ids(found))
    assert len(set(ids(found))) == 100
    assert Counter(repeats.values()) == {2: 20, 3: 20}
    assert ids(found)[:2] == [f"{MELD}/train/0", f"{MELD}/train/0~2"]
    assert len({row.instances[0]["input"] for row in found}) == 40


def test_a_repeat_may_come_in_other_words(folder):
    asked = {row.id: row.instruction for row in drawn(folder, train=80)}
    assert any(asked[id] != asked[f"{id}~2"] for id in asked if "~" not in id)


def test_the_seed_draws(folder):
    first, again, other = (ids(drawn(folder, train=7, seed=seed)) for seed in (1, 1, 2))
    assert first == again != other


def test_one_row_more_moves_no_other(folder):
    fewer, more = set(ids(drawn(folder, train=9))), set(ids(drawn(folder, train=10)))
    assert fewer < more


def test_new_examples_take_few_places(folder, tmp_path):
    before = set(ids(drawn(folder, train=20)))
    write(tmp_path, MELD, 44)
    after = set(ids(drawn(tmp_path, train=20)))
    assert len(after - before) <= 4
    assert all(int(id.rpartition("/")[2]) >= 40 for id in after - before)


def test_a_missing_view_is_said(tmp_path):
    with pytest.raises(DataError, match="missing"):
        take(tmp_path)


# Mixing


def test_training_rows_are_shuffled_over_views_whatever_their_order(folder):
    for name in NAMES:
        take(folder, name)
    rows = mixed(folder, "train", *NAMES)
    assert Counter(row.name for row in rows) == dict.fromkeys(NAMES, 40)
    assert ids(rows) == sample(ids(rows), None, 1)
    assert rows == mixed(folder, "train", *NAMES[::-1])
    # Not one view after the other.
    assert len({row.name for row in rows[:40]}) == len({row.name for row in rows[40:]}) == 2


def test_the_order_does_not_depend_on_buckets_and_chunks(folder, monkeypatch):
    take(folder, train=100)
    whole = mixed(folder, "train", MELD)
    monkeypatch.setattr(writing, "_BATCH", 10)
    monkeypatch.setattr(writing, "_CHUNK", 30)
    monkeypatch.setattr(writing, "_PIECE", 1)
    take(folder, train=100, buckets=7)
    assert mixed(folder, "train", MELD, buckets=7) == whole


def test_pieces_do_not_get_smaller_with_more_buckets(folder, monkeypatch):
    monkeypatch.setattr(writing, "_CHUNK", 10)
    monkeypatch.setattr(writing, "_PIECE", 4)
    for buckets in (2, 10, 25):
        take(folder, train=400, buckets=buckets)
        with pa.ipc.open_file(str(folder / f"parts/train/{MELD}.arrow")) as file:
            assert 400 / file.num_record_batches >= 4


def test_few_rows_are_put_into_words_at_a_time_however_often_they_are_taken(folder, monkeypatch):
    sizes = []
    monkeypatch.setattr(writing, "_BATCH", 10)
    monkeypatch.setattr(writing, "render_batch", lambda rows: sizes.append(rows.num_rows) or render_batch(rows))
    assert take(folder, train=1_234).rows["train"] == 1_234
    assert max(sizes) < 2 * 10


def test_other_rows_stay_view_by_view(folder):
    for name in NAMES:
        take(folder, name)
    assert [row.name for row in mixed(folder, "test", *NAMES)] == [name for name in NAMES for _ in range(40)]
    assert mixed(folder, "test") == []


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("I don't know.", 6),
        ("今天很好。", 5),
        ("他说OK，走吧!", 7),
        ("  \n", 0),
        ("naïve 3.5", 4),
        ("カレー", 3),
    ],
)
def test_tokens_are_words_marks_and_chinese_characters(text, length):
    assert count_tokens(pa.array([text])) == length
    # Words of two texts stay two, and part of an array has but its own.
    assert count_tokens(pa.array([text, "joy", "", text])) == 2 * length + 1
    assert count_tokens(pa.array([text, "joy", "", text])[1:]) == length + 1
