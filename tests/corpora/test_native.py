"""The strict readers of raw files: what they take, what they refuse, and that every refusal says where."""

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pica.corpora import native
from pica.errors import CorpusError
from tests.corpora.support import parquet, write


@pytest.fixture
def raw(tmp_path):
    def write(content: bytes | str):
        path = tmp_path / "raw.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def failure(rows) -> CorpusError:
    with pytest.raises(CorpusError) as caught:
        list(rows)
    return caught.value


def test_lines_are_cut_at_line_feeds_only(raw):
    path = raw(b"\xef\xbb\xbfone\r\ntw\xe2\x80\xa8o\x0c\n\nfour")
    assert [(at.line, text) for at, text in native.lines(path)] == [
        (1, "one"),
        (2, "tw\u2028o\x0c"),
        (3, ""),
        (4, "four"),
    ]


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (b"", None, "empty"),
        (b"a\nb\xff\n", 2, "not valid utf-8: invalid start byte .byte 0xff"),
        ("a\nb\n".encode("utf-16-le"), 1, "NUL"),
        (b"a\nb", 2, "no line end"),
    ],
)
def test_lines_refuse(raw, content, line, problem):
    error = failure(native.lines(raw(content), terminated=True))
    assert error.line == line
    with pytest.raises(CorpusError, match=problem):
        raise error


def test_lines_take_another_decoder(raw):
    path = raw(b"caf\xe9 \x93so\x94\n")
    assert [text for _, text in native.lines(path, lambda data: data.decode("cp1252"))] == ["café “so”"]
    assert "not valid charmap" in str(failure(native.lines(raw(b"\x81\n"), lambda data: data.decode("cp1252"))))


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    assert "raw.txt: the file is missing" in str(failure(native.lines(tmp_path / "raw.txt")))
    assert "cannot be read" in str(failure(native.lines(tmp_path)))


def test_a_table_keeps_quotes_and_line_breaks_inside_cells(raw):
    path = raw('id,text\r\n1,"a ""b"", c"\r\n2,"two\r\nlines"\r\n')
    rows = [(at.line, row["text"]) for at, row in native.table(path, ("id", "text"))]
    assert rows == [(2, 'a "b", c'), (4, "two\nlines")]


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        ("id;text\n1;a\n", 1, "expected the header 'id,text', found 'id;text'"),
        ("id,text\n", 1, "no rows"),
        ("id,text\n1\n", 2, "expected 2 cells (id, text), found 1"),
        ("id,text\n\n1,a\n", 2, "expected 2 cells (id, text), found 0"),
        ('id,text\n1,"a\n2,b\n', 3, "unexpected end of data"),
        ('id,text\n1,"a\n2,"b"\n', 3, "not a valid delimited row"),
        ('id,text\n1,"a\n2,b"\n', 3, "a quote that is not closed on its line"),
    ],
)
def test_a_table_refuses(raw, content, line, problem):
    error = failure(native.table(raw(content), ("id", "text"), one_line=True))
    assert error.line == line
    assert problem in str(error)


def test_a_lost_quote_does_not_eat_the_memory(raw):
    path = raw('id,text\n1,"' + "a\n" * 600_000)
    assert "field larger than field limit" in str(failure(native.table(path, ("id", "text"))))


def test_two_tables_at_once_keep_the_long_cells(raw, tmp_path):
    long = tmp_path / "long.csv"
    long.write_text("id\n" + "a" * 200_000 + "\nb\n")
    short = native.table(raw("id\n1\n"), ("id",))
    next(short)
    longs = native.table(long, ("id",))
    assert len(list(short)) == 0
    assert [len(row["id"]) for _, row in longs] == [200_000, 1]


# `\r` ends a line for the csv module, NUL is refused, and no text file holds a lone surrogate.
cells = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=12)


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=5))
def test_a_table_returns_what_was_written(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("table") / "raw.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
    found = native.table(path, ("a", "b"), terminated=True, one_line=True)
    assert [(row["a"], row["b"]) for _, row in found] == rows


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        ('{"a": 1}\n{"a": \n', 2, "Expecting value"),
        ('{"a": 1}\n\n', 2, "Expecting value"),
        ('"\\ud83d!"\n', 1, "lone surrogate"),
        ("[" * 100_000 + "\n", 1, "not valid JSON"),
        ("1" * 5_000 + "\n", 1, "not valid JSON"),
    ],
)
def test_json_lines_refuse(raw, content, line, problem):
    error = failure(native.json_lines(raw(content)))
    assert error.line == line
    assert problem in str(error)


def test_an_escaped_pair_is_one_character(raw):
    assert [value for _, value in native.json_lines(raw('"\\ud83d\\ude00"\n'))] == ["😀"]


def test_json_streams_count_items(raw):
    assert [(at.line, value) for at, value in native.json_items(raw('[{"a": 1.5}, 2]'))] == [(1, {"a": 1.5}), (2, 2)]
    assert [(at.unit, pair) for at, pair in native.json_pairs(raw('{"x": [1], "y": 2}'))] == [
        ("item", ("x", [1])),
        ("item", ("y", 2)),
    ]


@pytest.mark.parametrize("content", ["", "[", '["a", tru', "[1] 2", '["\xff"]'.encode("latin-1"), "{}", "[]"])
def test_json_streams_refuse(raw, content):
    assert failure(native.json_items(raw(content))).path.name == "raw.txt"


def test_a_key_of_a_json_stream_stands_once(raw):
    error = failure(native.json_pairs(raw('{"x": 1, "y": 2, "x": 3}')))
    assert (error.line, error.unit) == (3, "item")
    assert "the key 'x' stands twice" in str(error)


def test_the_files_of_a_folder_come_by_name_without_hidden_ones(tmp_path):
    for name in ("b.talk", "a.talk", "._a.talk", "a.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in native.files(tmp_path, "*.talk")] == ["a.talk", "b.talk"]
    with pytest.raises(CorpusError, match=r"expected \*\.wav"):
        native.files(tmp_path, "*.wav")


def test_a_json_document_names_the_line(raw):
    assert native.json_document(raw("[1,\n2]"))[1] == [1, 2]
    error = failure(_documents(raw('[\n"a",\n"b" "c"]')))
    assert error.line == 3
    assert failure(_documents(raw(b'[\n"\xff"\n]'))).line == 2


def _documents(path):
    yield native.json_document(path)


def test_parquet_gives_the_rows_of_all_files_with_their_places(tmp_path):
    rows = [{"text": f"Row {number}", "label": number, "more": None} for number in range(5)]
    folder = write(tmp_path, {"a.parquet": parquet(rows[:3], row_group=2), "b.parquet": parquet(rows[3:])})
    found = list(native.parquet([folder / "a.parquet", folder / "b.parquet"], ("label", "text")))
    assert [row for _, row in found] == [{"label": row["label"], "text": row["text"]} for row in rows]
    assert [(at.path.name, at.line, at.unit) for at, _ in found] == [
        *(("a.parquet", line, "row") for line in (1, 2, 3)),
        *(("b.parquet", line, "row") for line in (1, 2)),
    ]


def test_parquet_refuses_what_it_cannot_read(tmp_path, raw):
    whole = parquet([{"text": "It rained. " * 20, "label": 1}] * 50)
    assert "not readable as Parquet" in str(failure(native.parquet([raw("text,label\n")], ("text",))))
    assert "not readable as Parquet" in str(failure(native.parquet([raw(whole[:-1])], ("text",))))
    assert "expected the columns stars, found text, label" in str(failure(native.parquet([raw(whole)], ("stars",))))
    assert "the file is missing" in str(failure(native.parquet([tmp_path / "absent.parquet"], ("text",))))
    assert "no rows" in str(failure(native.parquet([raw(parquet_of_nothing())], ("text",))))


def parquet_of_nothing() -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), buffer)
    return buffer.getvalue()


@given(st.randoms(use_true_random=False))
def test_damaged_parquet_ends_in_rows_or_in_one_error(tmp_path_factory, rng):
    damaged = bytearray(parquet([{"text": f"It rained on day {day}.", "label": day} for day in range(40)]))
    damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
    path = tmp_path_factory.mktemp("parquet") / "raw.parquet"
    path.write_bytes(damaged)
    try:
        count = len(list(native.parquet([path], ("text", "label"))))
    except CorpusError as error:
        count, named = 40, error.path
    else:
        named = path
    assert (count, named) == (40, path)


def test_shards_are_all_there_and_in_order(tmp_path):
    names = [f"train-{index:05}-of-00011.parquet" for index in range(11)]
    write(tmp_path, dict.fromkeys([*names[::-1], "test-00000-of-00001-0123456789abcdef.parquet"], b"x"))
    assert [path.name for path in native.shards(tmp_path, "train")] == names
    assert len(native.shards(tmp_path, "test")) == 1
    (tmp_path / names[4]).unlink()
    for split, found in (("train", "found train-00000-of-00011.parquet, train-00001"), ("validation", "found none")):
        with pytest.raises(CorpusError, match=f"expected every {split}-NNNNN-of-NNNNN.parquet, {found}"):
            native.shards(tmp_path, split)


AT = native.At("raw.txt", 7)


def test_fields_are_checked():
    row = {"text": "a", "number": 3, "flag": True, "none": None}
    assert AT.field(row, "text", str) == "a"
    assert AT.field(row, "none", str, optional=True) is None
    for key, kind, problem in (
        ("text", int, "'text' should be a whole number, found 'a'"),
        ("flag", int, "'flag' should be a whole number, found True"),
        ("none", str, "the key 'none' is missing"),
        ("absent", list, "the key 'absent' is missing"),
    ):
        with pytest.raises(CorpusError, match=problem):
            AT.field(row, key, kind)
    with pytest.raises(CorpusError, match="expected an object with the key 'a', found"):
        AT.field(["a"], "a", str)


def test_a_broken_value_is_shown_in_short():
    deep = []
    for _ in range(5_000):
        deep = [deep]
    with pytest.raises(CorpusError) as caught:
        AT.field({"a": deep}, "a", str)
    assert len(str(caught.value)) < 400


def test_labels_map_and_unknown_ones_fail():
    assert AT.label(" JOY ", ("joy", "Anger")) == "joy"
    assert AT.label("anger", ("joy", "Anger")) == "Anger"
    assert AT.label("happy", {"happy": "happiness"}) == "happiness"
    with pytest.raises(CorpusError, match=r"raw.txt, line 7: unknown emotion 'hapy'; known are happy"):
        AT.label("hapy", {"happy": "happiness"}, "emotion")


def test_whole_numbers_and_texts():
    assert AT.integer(" -12 ") == -12
    assert AT.text(" a b\n") == "a b"
    for raw in ("", "1.0", "٣", "1" * 5_000, "--1"):
        with pytest.raises(CorpusError, match="expected a whole number as year"):
            AT.integer(raw, "year")
    with pytest.raises(CorpusError, match="an empty speaker"):
        AT.text(" \t", "speaker")


@given(st.recursive(st.none() | st.booleans() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)))
def test_json_lines_return_what_was_written(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("json") / "raw.jsonl"
    path.write_text(json.dumps(value) + "\n")
    assert [found for _, found in native.json_lines(path, terminated=True)] == [value]


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("the oven, again", "The Oven, Again"),
        (" the oven ", "The Oven"),
        ("the oven--again", "The Oven, Again"),
        ("'bread' burnt", "Bread_Burnt"),
        ("(again", "Again"),
        ("the stove", None),
        ("--", None),
        ("", None),
    ],
)
def test_a_quote_is_found_whatever_its_case_and_then_whatever_its_punctuation(quote, found):
    assert native.quoted("“Bread_Burnt in The Oven, Again”", quote) == found
