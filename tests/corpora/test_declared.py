"""Declared datasets: each format as docs/datasets.md shows it, and the files that people really have."""

from __future__ import annotations

import gzip
import json
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pica.cleaning.clean import clean_conversation
from pica.cleaning.language import in_another_language
from pica.corpora import catalogue, corpus, declared_at, views
from pica.corpora.declaration import load
from pica.corpora.declared import corpus_of
from pica.errors import DataError
from pica.prompts import render
from pica.schema import Conversation, Rejected, Turn
from pica.tasks import examples
from tests.corpora.declared import EXAMPLES, declared, example
from tests.corpora.support import failure, parquet, read, write

ENGLISH = "The train did not come again today, and so I stood at the station in the rain for more than an hour."
CSV = "text,label\nThe bus came.,glad\nNo letter.,gloomy\n"


def said(rows: list) -> list[str]:
    return [row.turns[0].text for row in rows if isinstance(row, Conversation)]


def chat(*pairs: tuple[str, str], key: str = "messages", names: tuple[str, str] = ("role", "content"), **more) -> str:
    return json.dumps({key: [dict(zip(names, pair, strict=True)) for pair in pairs], **more}) + "\n"


@pytest.mark.parametrize("format", EXAMPLES)
def test_each_example_of_the_page_is_read_in_ten_lines_and_less(tmp_path, format):
    path = example(format, tmp_path)
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 10
    made = corpus_of(load(path))
    rows = read(made, tmp_path)
    assert sum(isinstance(row, Conversation) for row in rows) >= 1
    # The chat that calls a tool is there to be rejected.
    assert [row.reason for row in rows if isinstance(row, Rejected)] == ["a call of a tool"] * (format == "messages")
    kept = [row for row in rows if isinstance(row, Conversation)]
    assert all(any(list(examples(row, view, 5)) for row in kept) for view in made.views)


def test_the_catalogue_has_what_is_declared_until_it_is_told_otherwise(tmp_path, monkeypatch):
    monkeypatch.setenv("PICA_DECLARED", "")
    example("texts", tmp_path)
    before = set(catalogue())
    declared_at(tmp_path)
    assert set(catalogue()) == before | {"diary"}
    assert views()["diary-classification"].rows is None
    assert corpus("diary").languages == ("de",)
    monkeypatch.setenv("PICA_DECLARED", "")
    assert set(catalogue()) == before


def test_other_yaml_in_the_folder_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("PICA_DECLARED", "")
    example("texts", tmp_path)
    write(tmp_path, {"compose.yaml": "services: {web: {image: nginx}}\n"})
    declared_at(tmp_path)
    assert "diary" in catalogue()
    write(tmp_path / "b", {"broken.yaml": "format: texts\n"})
    declared_at(tmp_path / "b")
    with pytest.raises(DataError, match=r"broken\.yaml has 4 mistakes"):
        catalogue()


def test_a_name_that_is_taken_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("PICA_DECLARED", "")
    write(tmp_path, {"meld.yaml": EXAMPLES["texts"]["diary.yaml"]})
    declared_at(tmp_path)
    with pytest.raises(DataError, match="there is a dataset 'meld' in the catalogue already"):
        catalogue()


@pytest.mark.parametrize(
    ("content", "more"),
    [
        (b"\xef\xbb\xbf" + CSV.encode(), {}),
        (CSV.replace("\n", "\r\n").encode(), {}),
        (CSV.replace(",", ";").encode(), {"delimiter": ";"}),
        (CSV.encode("utf-16"), {"encoding": "utf-16"}),
        (CSV.replace("glad", " GLAD ").encode(), {}),
        (CSV.partition("\n")[2].encode(), {"columns": {"text": 1, "label": 2}}),
        (CSV.replace("text,label", "label,text,n").replace("The bus came.,glad", "glad,The bus came.,1")
         .replace("No letter.,gloomy", "gloomy,No letter.,2").encode(), {}),
    ],
)  # fmt: skip
def test_tables_of_all_kinds_are_read_alike(tmp_path, content, more):
    rows = read(declared("texts", "a.csv", **more), write(tmp_path, {"a.csv": content}))
    assert said(rows) == ["The bus came.", "No letter."]
    assert [row.emotion for row in rows] == ["glad", "gloomy"]


def test_other_files_are_read_like_tables(tmp_path):
    rows = [{"text": "The bus came.", "label": "glad"}, {"text": "No letter.", "label": "gloomy"}]
    write(
        tmp_path,
        {
            "a.jsonl": "".join(json.dumps(row) + "\n" for row in rows),
            "b.json": b"\xef\xbb\xbf" + json.dumps(rows).encode(),
            "c.parquet": parquet(rows),
            "d.csv.gz": gzip.compress(CSV.encode()),
            "e.tsv": CSV.replace(",", "\t"),
            "f.jsonl.gz": gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()),
        },
    )
    names = sorted(path.name for path in tmp_path.iterdir())
    assert said(read(declared("texts", names), tmp_path)) == ["The bus came.", "No letter."] * 6
    assert said(read(declared("texts", ["*.jsonl", "?.json"]), tmp_path)) == ["The bus came.", "No letter."] * 2


def test_text_keeps_its_letters_quotes_and_line_breaks(tmp_path):
    text = 'Ö „ja“ 🙂 "quoted",\nsecond line'
    quoted = text.replace('"', '""')
    write(tmp_path, {"a.csv": f'text,label\n"{quoted}",glad\n'})
    assert said(read(declared("texts", "a.csv"), tmp_path)) == [text]
    write(tmp_path, {"b.csv": "text,label\nGrün,glad\n".encode("cp1252")})
    assert said(read(declared("texts", "b.csv", encoding="cp1252"), tmp_path)) == ["Grün"]


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (CSV + "One,two,three\n", 4, "expected 2 cells (text, label), found 3"),
        (CSV + "Only one\n", 4, "expected 2 cells (text, label), found 1"),
        (CSV + "A new one.,cross\n", 4, "unknown label 'cross'; known are glad, gloomy"),
        ("Satz,label\nA.,glad\n", 1, "no column 'text'; there are Satz, label"),
        ("text;label\nA.;glad\n", 1, "no column 'text'; there are text;label. Are they parted by ';'? Say `delimiter"),
        ("text,text,label\nA,B,glad\n", 1, "the column 'text' stands twice"),
        ("text,label\n", 1, "no rows after the header"),
        ("", None, "the file is empty"),
        (CSV.encode("utf-16"), None, "text in UTF-16. Say `encoding: utf-16`"),
        ("text,label\nGrün,glad\n".encode("cp1252"), 2, "Say which encoding it has: `encoding: cp1252`"),
        ('text,label\n"never closed,glad\n', 2, "not a valid delimited row"),
    ],
)
def test_what_is_wrong_in_a_table_is_told_with_the_users_own_file_and_line(tmp_path, content, line, problem):
    error = failure(declared("texts", "data/a.csv"), write(tmp_path, {"data/a.csv": content}))
    assert (str(error.path), error.line) == ("data/a.csv", line)
    assert problem in error.problem
    assert "or what mine.yaml says of it" in str(error)


@pytest.mark.parametrize(
    ("format", "name", "content", "problem"),
    [
        ("texts", "a.jsonl", '{"txt": "A.", "label": "glad"}\n', "no key 'text'; there are txt, label"),
        ("texts", "a.jsonl", '{"text": ["A."], "label": "glad"}\n', "'text' should be a text, found ['A.']"),
        ("texts", "a.jsonl", '["A.", "glad"]\n', "expected an object with the keys text, label"),
        ("texts", "a.jsonl", "\n\n", "no row in it"),
        ("texts", "a.csv.gz", b"no gzip", "not a whole gzip file"),
        ("texts", "a.csv.gz", gzip.compress(CSV.encode() + b"A.,glad\n" * 50, mtime=0)[:-20], "not a whole gzip file"),
        ("texts", "a.parquet", b"no Parquet", "not readable as Parquet"),
        ("texts", "b.csv", CSV, "there is no such file"),
        ("turns", "a.csv", "dialogue,speaker,text\nd1,Ann,Hi.\nd2,Bo,No.\nd1,Ann,Yes.\n", "goes on after another one"),
        ("turns", "a.csv", "dialogue,speaker,text\nd1,,Hi.\n", "an empty 'speaker': who says it"),
        ("dialogues", "a.jsonl", '{"turns": ["Hi."]}\n', "a turn should be an object, found 'Hi.'"),
        ("sharegpt", "a.jsonl", chat(("robot", "Hi."), key="conversations", names=("from", "value")),
         "Say who that is: `roles: {…: assistant}`"),
        ("messages", "a.jsonl", '{"messages": "Hi."}\n', "'messages' should be a list"),
    ],
)  # fmt: skip
def test_what_is_wrong_elsewhere_is_told_in_the_same_way(tmp_path, format, name, content, problem):
    given = name if problem != "there is no such file" else "a.csv"
    error = failure(declared(format, given), write(tmp_path, {name: content}))
    assert error.path.name == given
    assert problem in error.problem


def test_rows_that_lack_something_are_rejected_with_the_reason(tmp_path):
    write(tmp_path, {"a.csv": 'text,label\n,glad\nNo letter.,\n"  ",gloomy\nThe bus came.,glad\n'})
    rows = read(declared("texts", "a.csv"), tmp_path)
    assert [getattr(row, "reason", None) for row in rows] == ["no text", "no label", "no text", None]


def test_several_turns_of_one_role_and_other_names_of_roles_are_read(tmp_path):
    pairs = [("human", "Hi."), ("human", "Is it raining?"), ("BOT", "Yes."), ("gpt", "Take a coat.")]
    write(tmp_path, {"a.jsonl": chat(*pairs, key="conversations", names=("from", "value"))})
    (row,) = read(declared("sharegpt", "a.jsonl"), tmp_path)
    assert [turn.speaker for turn in row.turns] == ["user", "user", "assistant", "assistant"]
    view = declared("sharegpt", "a.jsonl").views[0]
    (asked,) = examples(row, view, 5)
    assert (asked.answer, [turn.text for turn in asked.turns]) == ("Yes. Take a coat.", ["Hi.", "Is it raining?"])


def test_chats_that_begin_alike_are_not_all_in_one_split(tmp_path):
    rows = [chat(("system", "You are brief."), ("user", f"Question {n}?"), ("assistant", "Yes.")) for n in range(60)]
    found = read(declared("messages", "a.jsonl"), write(tmp_path, {"a.jsonl": "".join(rows)}))
    assert set(Counter(row.split for row in found)) == {"train", "validation", "test"}


def test_instructions_are_taken_as_they_are(tmp_path, monkeypatch):
    monkeypatch.setenv("PICA_DECLARED", "")
    path = example("alpaca", tmp_path)
    declared_at(tmp_path)
    rows = read(corpus("ask"), tmp_path)
    given, alone = (render(e) for row in rows for e in examples(row, corpus("ask").views[0], 5))
    want = [json.loads(line) for line in EXAMPLES["alpaca"]["ask.jsonl"].splitlines()]
    for made, row in zip((given, alone), want, strict=True):
        assert made.instruction == row["instruction"]
        assert made.instances == ({"input": row["input"], "output": row["output"]},)
    assert given.messages[0]["content"] == f"{want[0]['instruction']}\n\n{want[0]['input']}"
    assert alone.messages[0]["content"] == want[1]["instruction"]
    assert path.stem == "ask"


def test_a_question_put_to_many_inputs_is_no_leak_and_its_input_is(tmp_path):
    shared = {"instruction": "Name the feeling that this line of a diary has.", "output": "glad"}
    lines = [json.dumps({**shared, "input": f"Line {n} of the diary of a long summer."}) + "\n" for n in range(3)]
    write(tmp_path, {"a.jsonl": lines[0] + lines[1], "b.jsonl": lines[2]})
    from tests.cleaning.support import compare

    made = declared("alpaca", {"train": "a.jsonl", "test": "b.jsonl"})
    rows = read(made, tmp_path)
    # `compare` asks the catalogue for a dataset's views, so the rows go under another's name.
    named = [Conversation(f"smilechat/{r.split}/{n}", "smilechat", r.split, "en", r.turns, instruction=r.instruction)
             for n, r in enumerate(rows)]  # fmt: skip
    outcome = compare(tmp_path / "work", {"smilechat": named})
    assert [row.instruction for row in outcome.kept["smilechat"]] == [shared["instruction"]] * 3
    assert outcome.withheld("smilechat") == {}


def test_labels_with_coarser_ones_have_two_views(tmp_path):
    made = declared("texts", "a.csv", labels={"glad": "joy", "gloomy": "sadness", "cross": "anger"})
    coarse, fine = made.views
    (row, _) = read(made, write(tmp_path, {"a.csv": CSV}))
    assert [e.answer for view in (coarse, fine) for e in examples(row, view, 5)] == ["joy", "glad"]
    assert (coarse.labels, fine.groups["cross"]) == (("joy", "sadness", "anger"), "anger")


def test_a_view_that_is_asked_for_alone_and_capped():
    made = declared("pairs", "a.jsonl", views={"cause": 500})
    assert [(view.name, view.rows) for view in made.views] == [("mine-cause", 500)]


def test_turns_are_put_in_order_and_splits_hold(tmp_path):
    text = "dialogue,order,speaker,text,split\nd1,2,Bo,No.,dev\nd1,1,Ann,Is it?,dev\nd2,1,Ann,Hi.,train\n"
    made = declared("turns", "a.csv", columns={"order": "order", "split": "split"})
    first, second = read(made, write(tmp_path, {"a.csv": text}))
    assert first.turns == (Turn("Ann", "Is it?"), Turn("Bo", "No."))
    assert (first.id, second.id) == ("mine/validation/d1", "mine/train/d2")


def test_a_group_is_not_torn_apart(tmp_path):
    text = "text,label,author\n" + "".join(f"Line {n}.,glad,{n % 5}\n" for n in range(200))
    made = declared("texts", "a.csv", columns={"group": "author"})
    splits = {(n % 5, row.split) for n, row in enumerate(read(made, write(tmp_path, {"a.csv": text})))}
    assert len(splits) == 5


def test_text_in_another_language_is_asked_about_in_english_and_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("PICA_DECLARED", "")
    text = "Der Zug kam wieder nicht, und ich stand eine Stunde lang im Regen am Bahnhof."
    write(tmp_path, {"diary.yaml": EXAMPLES["texts"]["diary.yaml"], "diary.csv": f"Satz;Stimmung\n{text};traurig\n"})
    declared_at(tmp_path)
    (row,) = read(corpus("diary"), tmp_path)
    assert not in_another_language(row)
    (made,) = map(render, examples(row, corpus("diary").views[0], 5))
    assert made.language == "de"
    assert made.instances[0] == {"input": text, "output": "traurig"}
    assert "froh, traurig, wütend" in made.instruction
    # English text there would be another language, and so would German in an English dataset.
    other = Conversation("diary/train/x", "diary", "train", "de", (Turn("writer", ENGLISH),))
    assert in_another_language(other)


def test_chats_are_not_repaired_but_masked(tmp_path, monkeypatch):
    monkeypatch.setenv("PICA_DECLARED", "")
    code = "if a:\n\treturn  b &amp; c  # ask tom@example.org"
    write(
        tmp_path,
        {"help.yaml": EXAMPLES["messages"]["help.yaml"], "help.jsonl": chat(("user", "How?"), ("assistant", code))},
    )
    declared_at(tmp_path)
    (row,) = read(corpus("help"), tmp_path)
    clean = clean_conversation(row, True, Counter())
    assert clean.turns[1].text == code.replace("tom@example.org", "[EMAIL]")


cells = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\r"), max_size=12)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(cells, st.sampled_from(["glad", "GLOOMY ", ""])), min_size=1, max_size=8))
def test_any_text_is_kept_or_rejected_and_none_is_lost(tmp_path, rows):
    import csv
    import io

    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([("text", "label"), *rows])
    made = list(declared("texts", "a.csv").read(write(tmp_path, {"a.csv": file.getvalue()})))
    assert len(made) == len(rows)
    for row, (text, label) in zip(made, rows, strict=True):
        if text.strip() and label:
            assert (row.turns[0].text, row.emotion) == (text.strip(), label.strip().casefold())
        else:
            assert row.reason == ("no label" if text.strip() else "no text")
