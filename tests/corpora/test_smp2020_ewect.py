"""SMP2020-EWECT's reader on made-up files with every quirk of the real ones."""

import pytest

from pica.corpora.smp2020_ewect import CORPUS, PARTS, WORDS
from pica.tasks import examples
from tests.corpora.support import failure, read, write

HEAD = "label\ttext_a\n"
NAMES = ("train", "dev", "test")
FILES = {f"{part}/{name}.tsv": f"{HEAD}0\t{part}的{name}。\n" for part in PARTS for name in NAMES}


def test_rows_are_numbered_by_part_and_split(tmp_path):
    files = {**FILES, "virus/dev.tsv": f"{HEAD}1\t又停水了！\n5\t居然来水了。\n"}
    rows = {row.id: row for row in read(CORPUS, write(tmp_path, files))}
    assert len(rows) == 7
    assert rows["smp2020_ewect/validation/virus-2"].emotion == "surprise"
    assert rows["smp2020_ewect/test/usual-1"].turns[0].text == "usual的test。"


@pytest.mark.parametrize(
    "text",
    ['她说"好"', '"没有关上的引号', "又停水了//@小林:我们这边也是[怒]", "#早安#起床", "&gt;_&lt;", "只有;'逗号,"],
)
def test_nothing_in_a_post_is_layout(tmp_path, text):
    rows = read(CORPUS, write(tmp_path, {**FILES, "usual/train.tsv": f"{HEAD}3\t{text}\n"}))
    assert rows[0].turns[0].text == text


def test_each_part_has_its_view_and_the_organisers_words(tmp_path):
    row = next(row for row in read(CORPUS, write(tmp_path, FILES)) if "virus" in row.id)
    usual, virus = CORPUS.views
    assert list(examples(row, usual, 5)) == []
    (example,) = examples(row, virus, 5)
    assert (example.answer, example.candidates) == ("无情绪", tuple(WORDS.values()))


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        ("text_a\tlabel\n", 1, "expected the header"),
        (f"{HEAD}6\t多了一类\n", 2, "unknown label '6'"),
        (f"{HEAD}1\t \n", 2, "an empty text_a"),
        (f"{HEAD}1\t两个\t制表符\n", 2, "expected 2 cells"),
        (f"{HEAD}1\t断了", 2, "the last line has no line end"),
    ],
)
def test_a_broken_file_is_refused(tmp_path, content, line, problem):
    error = failure(CORPUS, write(tmp_path, {**FILES, "usual/dev.tsv": content}))
    assert (error.path.name, error.line) == ("dev.tsv", line)
    assert problem in str(error)
