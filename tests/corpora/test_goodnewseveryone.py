"""GoodNewsEveryone's reader on made-up files with every quirk of the real ones."""

import json

import pytest

from pica.corpora.goodnewseveryone import CORPUS
from pica.schema import Cause, Rejected, Turn
from tests.corpora.support import failure, read, write

COLUMNS = (
    "id",
    "headline",
    "url",
    "bias_horizontal",
    "bias_vertical",
    "country",
    "source",
    "dominant_emotion",
    "intensity",
    "cause",
    "experiencer",
    "target",
    "cue",
    "other_emotions",
    "reader_emotions",
)
ALTERED = "altered_copy/gne-release-v1.0.tsv"


def native(headline: str, emotion: str, causes: list) -> str:
    annotations = {"dominant_emotion": {"raw": {}, "gold": emotion}, "cause": {"raw": {}, "gold": causes}}
    row = {"id": "0d5e21aa", "headline": headline, "url": "", "meta": {}, "annotations": annotations}
    return json.dumps(row, ensure_ascii=False) + "\n"


def altered(headline: str, emotion: str, causes: str, **others: str) -> str:
    row = {"id": "0d5e21aa", "headline": headline, "dominant_emotion": emotion, "cause": causes, **others}
    return "\t".join('"{}"'.format(row.get(name, "-").replace('"', '""')) for name in COLUMNS) + "\n"


HEADER = "\t".join(COLUMNS) + "\n"
TORTOISE = "Village Cheers as Lost Tortoise Walks Home"
FILES = {
    "gne_fix.jsonl": native(TORTOISE, "joy", [["lost tortoise walks home"]])
    + native("Bakers “Furious” Over Price of Butter", "anger", [["price of butter", "butter"], ["bakers"]])
    + native("Bridge to Open in May", "positive_anticipation_including_optimism", [[]]),
    ALTERED: HEADER
    + altered(TORTOISE, "joy", '[["tortoise"]]')
    + altered("Mayor Calls New Bench 'Too Blue'", "annoyance", r'[["bench \\"too blue\\""]]')
    + altered("Bakerand#039;s Dog Wins Race", "pride", '[["bakerand#039","s dog wins"]]')
    + altered("Choir Sings and#039;Homeand#039;", "trust", '[["homeand#039"]]')
    + altered("Egyptn Chess Team Loses", "sadness", '[["loses"]]')
    + altered("Team Loses", "sadness", '[["loses"]]', url="https://paper.example/Petr")
    + altered("Snow Closes School", "negative_surprise", '[["the snow0"]]')
    + altered("Snow Closes Road", "negative_surprise", '[["snow"]]'),
}


def rows(folder, files=FILES):
    return {row.id.rpartition("/")[2]: row for row in read(CORPUS, write(folder, files))}


def spans(row):
    return [cause.span for cause in row.causes]


def test_a_headline_is_a_conversation_of_one_turn_and_no_split_is_official(tmp_path):
    found = rows(tmp_path)
    assert found["fix-1"].turns == (Turn("headline", TORTOISE),)
    assert found["fix-1"].emotion == "joy"
    assert found["fix-1"].causes == (Cause(0, "joy", 0, "Lost Tortoise Walks Home"),)
    assert spans(found["fix-2"]) == ["Price of Butter", "Bakers"]
    assert spans(found["fix-3"]) == []


def test_spans_are_found_whatever_their_case_punctuation_and_escapes(tmp_path):
    found = rows(tmp_path)
    assert spans(found["altered-3"]) == ["Bench 'Too Blue"]
    assert spans(found["altered-4"]) == ["Baker's Dog Wins"]
    assert spans(found["altered-5"]) == ["Home'"]
    assert found["altered-5"].turns[0].text == "Choir Sings 'Home'"


def test_what_was_altered_repeated_or_not_found_is_rejected(tmp_path):
    rejected = {key: row.reason for key, row in rows(tmp_path).items() if isinstance(row, Rejected)}
    assert rejected == {
        "altered-2": "the headline stands in an earlier row",
        "altered-6": "altered in this copy",
        "altered-7": "altered in this copy",
        "altered-8": "a cause that is not in the headline",
    }
    assert json.loads(rows(tmp_path)["altered-7"].row)["url"] == "https://paper.example/Petr"


def test_the_release_is_read_instead_of_the_altered_copy(tmp_path):
    release = native(TORTOISE, "joy", [["tortoise"]]) + native("Russian Chess Team Loses", "sadness", [["loses"]])
    found = rows(tmp_path, {**FILES, "gne-release-v1.0.jsonl": release})
    assert list(found) == ["fix-1", "fix-2", "fix-3", "release-1", "release-2"]
    assert isinstance(found["release-1"], Rejected)
    assert spans(found["release-2"]) == ["Loses"]


@pytest.mark.parametrize(
    ("name", "line", "number", "problem"),
    [
        ("gne_fix.jsonl", native("Hm", "bored", [[]]), 4, "unknown dominant_emotion 'bored'"),
        ("gne_fix.jsonl", native(" ", "joy", [[]]), 4, "an empty headline"),
        ("gne_fix.jsonl", native("Hm", "joy", ["hm"]), 4, "list of lists of texts"),
        ("gne_fix.jsonl", native("Hm", "joy", [[1]]), 4, "list of lists of texts"),
        ("gne_fix.jsonl", '{"headline": "Hm"}\n', 4, "the key 'annotations' is missing"),
        ("gne_fix.jsonl", native("Hm", "joy", [[]])[:-1], 4, "no line end"),
        (ALTERED, altered("Hm", "joy", '[["hm]]'), 10, "lists of causes in JSON"),
        (ALTERED, altered("Hm", "joy", '{"hm": 1}'), 10, "list of lists of texts"),
        (ALTERED, altered("Hm", "joy", "[[]]").replace('"-"\t', "", 1), 10, "expected 15 cells"),
    ],
)
def test_a_broken_row_is_refused(tmp_path, name, line, number, problem):
    error = failure(CORPUS, write(tmp_path, {**FILES, name: FILES[name] + line}))
    assert (error.path, error.line) == (tmp_path / name, number)
    assert problem in str(error)
