"""ECPE's reader on made-up files with every quirk of the real ones."""

import pytest

from pica.corpora import split_by_group
from pica.corpora.ecpe import CORPUS
from pica.schema import Cause
from pica.tasks import examples
from tests.corpora.support import failure, read, write

BIKE = "3077 3\n (3,2)\n1,null,null,周一 早上\n2,null,null,他 发现 自行车 不 见 了\n3,sadness,难过,心里 很 难过\n"
TESTED = "3080 2\n (2,1)\n1,null,null,井里 传来 歌声\n2,surprise,惊讶,大家 都 很 惊讶\n"


def rows(tmp_path, *documents: str):
    files = {"all_data_pair.txt": "".join((*documents, TESTED)), "fold1_test.txt": TESTED}
    return {row.id.rpartition("/")[2]: row for row in read(CORPUS, write(tmp_path, files))}


def test_a_document_is_a_text_of_clauses_without_the_blanks_between_words(tmp_path):
    row = rows(tmp_path, BIKE)["3077"]
    assert row.turns[0].text == "周一早上，他发现自行车不见了，心里很难过。"
    assert (row.emotion, row.causes) == ("sadness", (Cause(0, "sadness", 0, "他发现自行车不见了"),))


def test_blanks_stay_between_latin_words_and_numbers(tmp_path):
    row = rows(tmp_path, BIKE.replace("周一 早上", "他 在 New York 买 了 3 台 iPhone 12 手机"))["3077"]
    assert row.turns[0].text.startswith("他在New York买了3台iPhone 12手机，")


def test_the_first_fold_is_the_test_set_and_near_copies_share_a_split(tmp_path):
    found = rows(tmp_path, BIKE.replace("3077", "887"), BIKE.replace("3077", "2056"), BIKE)
    assert found["3080"].split == "test"
    assert found["887"].split == found["2056"].split == split_by_group("ecpe/887", test=0)


def test_an_emotion_joined_to_itself_counts_once_and_so_do_its_pairs(tmp_path):
    twice = BIKE.replace(" (3,2)", " (3,2), (3,2)").replace("sadness", "sadness&sadness")
    assert rows(tmp_path, twice)["3077"].causes == rows(tmp_path, BIKE)["3077"].causes


def test_each_of_two_emotions_is_asked_about_and_none_of_the_text_as_a_whole(tmp_path):
    both = BIKE.replace(" (3,2)", " (3,1), (3,2)").replace("sadness", "sadness&anger")
    row = rows(tmp_path, both)["3077"]
    classification, cause = CORPUS.views
    assert row.emotion == "sadness|anger"
    assert list(examples(row, classification, 5)) == []
    asked = list(examples(row, cause, 5))
    assert [example.emotion for example in asked] == ["悲伤", "愤怒"]
    assert [example.answer for example in asked] == ["周一早上\n他发现自行车不见了"] * 2


@pytest.mark.parametrize(
    ("change", "line", "problem"),
    [
        (("3077 3", "3077"), 1, "expected the id of a document"),
        (("(3,2)", "3,2"), 2, "expected pairs of clauses"),
        (("(3,2)", "(1,2)"), 1, "the pair (1,2) does not name a clause with an emotion"),
        (("(3,2)", "(3,4)"), 1, "the pair (3,4)"),
        (("1,null", "2,null"), 3, "expected clause 1, found clause 2"),
        (("sadness", "gloom"), 5, "unknown emotion 'gloom'"),
        (("周一 早上", "周一, 早上"), 3, "expected 4 cells"),
        (("周一 早上", " "), 3, "an empty clause"),
        (("3077 3", "3099 3"), 6, "document 3080 after document 3099"),
        (("3077 3", "3077 9"), 6, "expected 4 cells"),
    ],
)
def test_a_broken_file_is_refused(tmp_path, change, line, problem):
    files = {"all_data_pair.txt": BIKE.replace(*change) + TESTED, "fold1_test.txt": TESTED}
    error = failure(CORPUS, write(tmp_path, files))
    assert (error.path.name, error.line) == ("all_data_pair.txt", line)
    assert problem in str(error)


def test_a_file_that_is_cut_is_refused(tmp_path):
    files = {"all_data_pair.txt": BIKE.rpartition("3,sad")[0], "fold1_test.txt": TESTED}
    assert "end before all of its clauses have come" in str(failure(CORPUS, write(tmp_path, files)))
