"""The one reader and writer: what goes in comes out, the same bytes each time, and never half a file."""

from __future__ import annotations

import csv
import os
import resource
import struct
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pica import store
from pica.errors import DataError
from pica.schema import CONVERSATION, EXAMPLE, REJECTED, Conversation, Example, Rejected, Turn, to_row
from tests.strategies import conversations

LIMIT = 50_000  # bytes


def rejected(number: int) -> dict[str, str]:
    return to_row(Rejected(f"imdb/train/{number}", "imdb", "train", "an empty turn", "{}"))


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """Writing fails in the middle, as on a disk that is full. pytest writes files, too, so only around the write."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


# Rows


@settings(max_examples=30)
@given(st.lists(conversations, max_size=4))
def test_any_conversation_comes_back_as_it_was(rows):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.parquet"
        assert store.write_rows(path, map(to_row, rows), CONVERSATION) == len(rows)
        assert [Conversation.from_row(row) for row in store.read_rows(path, CONVERSATION)] == rows


def test_an_example_comes_back_as_it_was(tmp_path):
    example = Example(
        id="meld/train/4#classification-1",
        view="meld-classification",
        task="dialogue_emotion",
        corpus="meld",
        split="train",
        language="en",
        turns=(Turn("Ruth", "You sold it?"), Turn("Tom", "No.")),
        speaker="Tom",
        answer="fear",
        candidates=("fear", "joy"),
        personas=("I sail.",),
    )
    store.write_rows(tmp_path / "a.parquet", [to_row(example)], EXAMPLE)
    assert [Example.from_row(row) for row in store.read_rows(tmp_path / "a.parquet", EXAMPLE)] == [example]


def test_many_rows_keep_their_order(tmp_path):
    rows = [rejected(number) for number in range(store._ROW_GROUP * 2 + 1)]
    assert store.write_rows(tmp_path / "a.parquet", rows, REJECTED) == len(rows)
    assert list(store.read_rows(tmp_path / "a.parquet", REJECTED)) == rows


def test_the_same_rows_are_the_same_bytes(tmp_path):
    rows = [rejected(number) for number in range(20)]
    for name in ("a", "b", "c"):
        store.write_rows(tmp_path / name, rows if name != "c" else rows[::-1], REJECTED)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() != (tmp_path / "c").read_bytes()


def test_no_rows_are_a_file_too(tmp_path):
    store.write_rows(tmp_path / "a.parquet", [], REJECTED)
    assert list(store.read_rows(tmp_path / "a.parquet", REJECTED)) == []


def test_some_columns_can_be_read_alone(tmp_path):
    store.write_rows(tmp_path / "a.parquet", map(rejected, range(2)), REJECTED)
    found = list(store.read_rows(tmp_path / "a.parquet", REJECTED, columns=("id", "split")))
    assert found == [{"id": f"imdb/train/{number}", "split": "train"} for number in range(2)]


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(DataError, match=r"a\.parquet is missing"):
        next(store.read_rows(tmp_path / "a.parquet", REJECTED))


def test_other_columns_are_refused(tmp_path):
    store.write_rows(tmp_path / "a.parquet", [rejected(1)], REJECTED)
    with pytest.raises(DataError, match="another version"):
        next(store.read_rows(tmp_path / "a.parquet", CONVERSATION))


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> tuple[Path, bytes, list[dict[str, str]]]:
    """A file, its bytes, and its rows."""
    path = tmp_path_factory.mktemp("whole") / "a.parquet"
    rows = [rejected(number) for number in range(30)]
    store.write_rows(path, rows, REJECTED)
    return path, path.read_bytes(), rows


@settings(max_examples=120)
@given(data=st.data())
def test_a_damaged_file_is_refused_or_harmless(whole, data):
    path, intact, rows = whole
    footer = struct.unpack("<I", intact[-8:-4])[0]
    place = data.draw(st.integers(0, len(intact) - footer - 9))
    damaged = bytearray(intact)
    damaged[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(damaged)
    try:
        assert list(store.read_rows(path, REJECTED)) == rows
    except DataError as error:
        assert str(path) in str(error)  # noqa: PT017 - either is right


@settings(max_examples=30)
@given(data=st.data())
def test_a_cut_file_is_refused(whole, data):
    path, intact, _ = whole
    path.write_bytes(intact[: data.draw(st.integers(0, len(intact) - 1))])
    with pytest.raises(DataError, match="not a readable Parquet file"):
        list(store.read_rows(path, REJECTED))


# Whole or not at all


def half_written(
    block: AbstractContextManager[Path], write: Callable[[Path], object], stop: type[BaseException]
) -> None:
    """A block that stops after it has written something."""
    with block as path:
        write(path)
        raise stop


@pytest.mark.parametrize("stop", [ValueError, OSError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("old", [None, "old"])
def test_a_write_that_fails_leaves_the_old_file(tmp_path, stop, old):
    path = tmp_path / "deep" / "a.txt"
    if old:
        path.parent.mkdir()
        path.write_text(old)
    with pytest.raises(stop):
        half_written(store.atomic_path(path), lambda temporary: temporary.write_text("half"), stop)
    assert [p.name for p in path.parent.iterdir()] == (["a.txt"] if old else [])
    assert not old or path.read_text() == old


@pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt])
def test_a_folder_that_fails_leaves_the_old_one(tmp_path, stop):
    path = tmp_path / "out"
    with store.atomic_folder(path) as out:
        (out / "old").touch()
    with pytest.raises(stop):
        half_written(store.atomic_folder(path), lambda out: (out / "new").touch(), stop)
    assert [p.name for p in tmp_path.rglob("*")] == ["out", "old"]


def test_a_folder_is_replaced_whole(tmp_path):
    for name in ("old", "new"):
        with store.atomic_folder(tmp_path / "out") as out:
            (out / name).touch()
    assert [p.name for p in tmp_path.rglob("*")] == ["out", "new"]


def test_nothing_made_is_a_fault_and_leaves_the_old_folder(tmp_path):
    with store.atomic_folder(tmp_path / "out") as out:
        (out / "old").touch()
    with pytest.raises(FileNotFoundError), store.atomic_path(tmp_path / "out"):
        pass
    assert [p.name for p in tmp_path.rglob("*")] == ["out", "old"]


def test_a_link_to_a_folder_is_replaced_and_what_it_names_is_left(tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "kept").touch()
    (tmp_path / "out").symlink_to(tmp_path / "cache")
    with store.atomic_folder(tmp_path / "out"):
        pass
    assert not (tmp_path / "out").is_symlink()
    assert (tmp_path / "cache" / "kept").exists()


def test_files_can_be_read_by_whom_the_user_lets(tmp_path):
    (tmp_path / "plain").touch()
    store.write_json(tmp_path / "a.json", 1)
    store.write_rows(tmp_path / "a.parquet", [], REJECTED)
    assert len({path.stat().st_mode for path in tmp_path.iterdir()}) == 1


@pytest.mark.parametrize(
    "write",
    [
        lambda path: store.write_rows(
            path, ({**rejected(n), "row": os.urandom(999).hex()} for n in range(999)), REJECTED
        ),
        lambda path: store.write_json(path, list(range(LIMIT))),
        lambda path: store.write_table(path, ({"a": number} for number in range(LIMIT)), ["a"]),
    ],
    ids=["rows", "json", "table"],
)
def test_a_full_disk_leaves_the_old_file(tmp_path, write):
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(OSError, match="File too large"), no_file_beyond(LIMIT):
        write(path)
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
    assert path.read_text() == "old"


def test_a_writer_whose_rows_fail_leaves_nothing(tmp_path):
    def rows():
        yield rejected(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.write_rows(tmp_path / "a.parquet", rows(), REJECTED)
    assert not list(tmp_path.iterdir())


# Tables and records that people read

cells = st.one_of(st.none(), st.integers(-999, 999), st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])))


@settings(max_examples=20)
@given(rows=st.lists(st.tuples(cells, cells), max_size=4))
def test_a_table_can_be_read_by_any_csv_reader(rows):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        store.write_table(path, [{"one": one, "two": two} for one, two in rows], ["two", "one"])
        with path.open(encoding="utf-8", newline="") as file:
            found = list(csv.reader(file))
    shown = [["" if cell is None else str(cell) for cell in (two, one)] for one, two in rows]
    assert found == [["two", "one"], *shown]


def test_json_is_readable_sorted_and_comes_back(tmp_path):
    store.write_json(tmp_path / "a.json", {"b": "情绪", "a": [1, 0.5, None]})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert text.index('"a"') < text.index('"b": "情绪"')
    assert text.endswith("}\n")
    assert store.read_json(tmp_path / "a.json") == {"b": "情绪", "a": [1, 0.5, None]}


@pytest.mark.parametrize(("content", "said"), [(None, "is missing"), (b'{"a": 1', "not valid"), (b"\xff", "not valid")])
def test_json_that_cannot_be_read_is_said(tmp_path, content, said):
    if content is not None:
        (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(DataError, match=said):
        store.read_json(tmp_path / "a.json")


def test_a_signal_right_after_the_folder_is_made_leaves_nothing(tmp_path, monkeypatch):
    made = Path.mkdir

    def mkdir(self, *arguments, **options):
        made(self, *arguments, **options)
        if self.name.startswith(".out."):
            raise KeyboardInterrupt

    monkeypatch.setattr(Path, "mkdir", mkdir)
    with pytest.raises(KeyboardInterrupt), store.atomic_folder(tmp_path / "out"):
        pass
    assert not list(tmp_path.iterdir())


def test_no_number_that_json_does_not_know_is_written(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        store.write_json(tmp_path / "metrics.json", {"macro_f1": float("nan")})
    assert not list(tmp_path.iterdir())
