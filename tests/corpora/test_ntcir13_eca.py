"""NTCIR-13 ECA's reader on made-up files with every quirk that is known of the real ones."""

import pytest

from pica.corpora.ntcir13_eca import CORPUS
from pica.schema import Cause, Rejected, Turn
from tests.corpora.support import failure, read, write

TRAIN, TEST = "emotion_cause_english_train.xml", "emotion_cause_english_test.xml"
PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>\n'
BAKERY = """<emotion id="1">
<category name="sadness" value="2"/>
<clause id="1" cause="N" keywords="N"><text> Ms Orlow had kept the bakery for thirty years</text></clause>
<clause id="2" cause="Y" keywords="N"><text> and when the lease was not renewed</text>
<cause id="1" begin="10" lenth="25">the lease was not renewed</cause></clause>
<clause id="4" cause="N" keywords="Y"><text> she wept</text>
<keywords keywords-begin="5" keywords-lenth="4">wept</keywords></clause>
<clause id="5" cause="N" keywords="N"></clause>
</emotion>
"""


def passage(text: str, cause: str = "", emotion: str = "anger") -> str:
    words = f'<cause id="1" begin="0" lenth="1">{cause}</cause>' if cause else ""
    return (
        f'<emotion id="7"><category name="{emotion}" value="1"/>'
        f'<clause id="1" cause="{"Y" if cause else "N"}" keywords="N"><text>{text}</text>{words}</clause></emotion>\n'
    )


def root(*passages: str) -> str:
    return f'<emotionml xmlns="http://www.w3.org/2009/10/emotionml">\n{"".join(passages)}</emotionml>\n'


FILES = {TRAIN: PROLOGUE + root(BAKERY), TEST: PROLOGUE + root(passage("The bus was late", "the bus"))}


def rows(folder, train: str):
    return read(CORPUS, write(folder, {**FILES, TRAIN: train}))


def test_a_passage_is_a_conversation_of_one_turn(tmp_path):
    bakery, bus = read(CORPUS, write(tmp_path, FILES))
    text = "Ms Orlow had kept the bakery for thirty years and when the lease was not renewed she wept"
    assert bakery.turns == (Turn("writer", text),)
    assert bakery.emotion == "sadness"
    assert bakery.causes == (Cause(0, "sadness", 0, "the lease was not renewed"),)
    assert bus.id == "ntcir13_eca/test/1"
    assert bus.causes[0].span == "The bus"


def test_files_are_documents_one_after_another(tmp_path):
    train = PROLOGUE + root(BAKERY) + "\ufeff" + PROLOGUE + root(passage("Nobody rang"), "\ufeff", passage("It rained"))
    found = rows(tmp_path, train)
    assert [row.turns[0].text for row in found[1:3]] == ["Nobody rang", "It rained"]
    assert [row.id.rpartition("/")[2] for row in found] == ["1", "2", "3", "1"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (">the lease was not renewed<", "> ###the lease#1# was not  renewed <"),
        ("renewed</cause>", "renewed?/cause>"),
        ("she wept</text>", "she wept?/text>"),
        ("renewed</cause>", "renewed.</cause>"),
    ],
)
def test_marks_blanks_and_broken_tags_do_not_matter(tmp_path, old, new):
    assert rows(tmp_path, root(BAKERY.replace(old, new)))[0].causes[0].span == "the lease was not renewed"


def test_passages_of_one_text_share_a_split_and_train_gives_no_test(tmp_path):
    train = root(*(passage(f"Day {n} was long", emotion=emotion) for n in range(40) for emotion in ("fear", "anger")))
    splits = [row.split for row in rows(tmp_path, train)[:-1]]
    assert splits[::2] == splits[1::2]
    assert set(splits) == {"train", "validation"}


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (passage("The bus was late", "the tram"), "a cause that is not in its clause"),
        (passage("The bus was late", "###"), "a cause that is not in its clause"),
        (passage(" "), "no text"),
        (passage("", "the tram"), "no text"),
        ('<emotion id="7"><category name="fear"/></emotion>', "no text"),
    ],
)
def test_what_has_no_text_or_another_cause_is_rejected_whole(tmp_path, broken, reason):
    row = rows(tmp_path, root(broken))[0]
    assert isinstance(row, Rejected)
    assert row.reason == reason
    assert "category" in row.row


@pytest.mark.parametrize(
    ("train", "line", "problem"),
    [
        (PROLOGUE + root(BAKERY.replace("sadness", "boredom")), 11, "unknown category 'boredom'"),
        (PROLOGUE + root(BAKERY.replace('cause="N"', 'cause="?"')), 11, "unknown cause mark '?'"),
        (root(passage("Hm").replace('cause="N"', 'cause="Y"')), 2, "<clause> without <cause>"),
        (root('<emotion id="1"></emotion>'), 2, "<emotion> without <category>"),
        (root("<feeling/>"), None, "expected `emotion` elements"),
        (PROLOGUE + root(BAKERY)[:-30], 12, "not valid XML"),
        (root(passage("Tom & Ann")), 2, "not valid XML"),
        (root(passage("Tom &nbsp; Ann")), 2, "not valid XML"),
        (PROLOGUE + root(BAKERY) + "</emotionml>", 13, "not valid XML"),
    ],
)
def test_a_broken_file_is_refused(tmp_path, train, line, problem):
    error = failure(CORPUS, write(tmp_path, {**FILES, TRAIN: train}))
    assert (error.path.name, error.line) == (TRAIN, line)
    assert problem in str(error)


@pytest.mark.parametrize(
    "declared",
    ['<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">', '<!ENTITY b SYSTEM "file:///etc/hostname">', ""],
)
def test_a_document_type_and_its_entities_are_refused(tmp_path, declared):
    train = f"{PROLOGUE}<!DOCTYPE emotionml [{declared}]>\n" + root(passage("Tom &b; Ann"))
    error = failure(CORPUS, write(tmp_path, {**FILES, TRAIN: train}))
    assert error.line == 2
    assert "not valid XML" in str(error)
