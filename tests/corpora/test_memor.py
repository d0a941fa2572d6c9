"""MEmoR's reader on made-up files with every quirk that is known of the real ones."""

import json

import pytest

from pica.corpora.memor import CORPUS
from pica.schema import Persona, Rejected, Turn
from tests.corpora.support import failure, read, write

LEONARD, SHELDON, PENNY, OTHERS = 0, 1, 4, 7
PLANT, SOFA, LIFT = "S99E01_000", "S99E01_001", "S99E02_000"


def clip(*segments: tuple[float, int, str]) -> dict:
    return {
        "seg_start": [start for start, _, _ in segments],
        "seg_end": [start + 3 for start, _, _ in segments],
        "speakers": [speaker for _, speaker, _ in segments],
        "sentences": [sentence for _, _, sentence in segments],
        "on_character": [LEONARD],
        "moment": 7.5,
    }


def label(clip: str, moment: float, character: int, emotion: str) -> dict:
    return {"clip": clip, "moment": moment, "character": character, "emotion": emotion}


MOVED, SCULPTURE = "I moved your plant to the balcony.", "It was a sculpture."
DATA = {
    PLANT: clip((0.0, LEONARD, MOVED), (3.2, -1, ""), (6.1, SHELDON, SCULPTURE), (9, PENNY, "It had leaves!")),
    SOFA: clip((0.0, OTHERS, "Delivery for you."), (3.0, SHELDON, "Finally!")),
    LIFT: clip((2.0, -1, "")),
}
PRIMARY = [
    label(PLANT, 7.5, SHELDON, "anger"),
    label(PLANT, 7.5, PENNY, "joy"),
    label(SOFA, 3.0, SHELDON, "anticipation"),
    label(SOFA, 0, LEONARD, "neutral"),
    label(LIFT, 2.5, PENNY, "fear"),
    label(LIFT, 2.5, LEONARD, "fear"),
]
FINE = [{**row, "emotion": "boredom"} for row in PRIMARY]
CHARACTER = ["0.5"] * 118
FEATURES = [",".join(CHARACTER) for _ in range(8)]
FEATURES[SHELDON] = ",".join([*CHARACTER[:18], "0.1", "0.9", "0.5", *CHARACTER[21:]])
FILES = {
    "anno.json": json.dumps({"primary": PRIMARY, "fine_grained": FINE}),
    "data.json": json.dumps(DATA),
    "train_id.txt": "0\n1\n3\n4\n",
    "test_id.txt": "2\n",
    "features/character_features.csv": "\n".join(FEATURES) + "\n",
}


def rows(folder):
    return {row.id.rpartition("/")[2]: row for row in read(CORPUS, write(folder, FILES))}


def test_a_label_is_a_conversation_that_ends_with_its_person(tmp_path):
    found = rows(tmp_path)
    assert found["primary-0"].turns == (Turn("Leonard", MOVED), Turn("Sheldon", SCULPTURE, "anger"))
    assert found["fine_grained-0"].turns[-1] == Turn("Sheldon", SCULPTURE, "boredom")


def test_who_is_silent_has_a_turn_that_says_so(tmp_path):
    assert rows(tmp_path)["primary-1-silent"].turns == (
        Turn("Leonard", MOVED),
        Turn("Sheldon", SCULPTURE),
        Turn("Penny", "(silent)", "joy"),
    )


def test_a_clip_is_a_conversation_with_the_persona_of_its_first_speaker(tmp_path):
    found = rows(tmp_path)
    assert [turn.speaker for turn in found[f"clip-{PLANT}"].turns] == ["Leonard", "Sheldon", "Penny"]
    assert all(turn.emotion is None for turn in found[f"clip-{PLANT}"].turns)
    assert found[f"clip-{PLANT}"].personas == (
        Persona("Leonard", "Openness: low."),
        Persona("Leonard", "Conscientiousness: low."),
        Persona("Leonard", "Extraversion: high."),
        Persona("Leonard", "Agreeableness: low."),
        Persona("Leonard", "Neuroticism: low."),
    )
    assert [persona.text for persona in found["primary-0"].personas[2:4]] == [
        "Extraversion: low.",
        "Agreeableness: high.",
    ]
    assert {persona.speaker for persona in found["primary-0"].personas} == {found["primary-0"].turns[-1].speaker}


def test_no_clip_of_the_test_set_is_trained_on(tmp_path):
    found = rows(tmp_path)
    assert found["primary-2"].split == found["fine_grained-2"].split == "test"
    assert found["primary-3-silent"].reason == "its clip is in test"
    assert found["primary-3-silent"].split != "test"
    assert json.loads(found["primary-3-silent"].row) == PRIMARY[3]


def test_what_cannot_be_asked_is_rejected(tmp_path):
    found = rows(tmp_path)
    assert {key: row.reason for key, row in found.items() if isinstance(row, Rejected) and "fine" not in key} == {
        "primary-3-silent": "its clip is in test",
        "primary-4-silent": "nobody has spoken by the moment",
        "primary-5-silent": "in neither train_id.txt nor test_id.txt",
        f"clip-{SOFA}": "none of the seven speaks first",
        f"clip-{LIFT}": "nobody speaks",
    }
    assert json.loads(found[f"clip-{LIFT}"].row) == DATA[LIFT]


def test_a_clip_is_held_out_as_a_whole(tmp_path):
    data = {f"S99E{n:02}_000": DATA[PLANT] for n in range(60)}
    labels = [label(name, 7.5, person, "joy") for name in data for person in (SHELDON, PENNY)]
    anno = {"primary": labels, "fine_grained": labels}
    ids = {"train_id.txt": "".join(f"{n}\n" for n in range(119)), "test_id.txt": "119\n"}
    write(tmp_path, {**FILES, "data.json": json.dumps(data), "anno.json": json.dumps(anno), **ids})
    found = {row.id.rpartition("/")[2]: row for row in read(CORPUS, tmp_path)}
    splits = [found[f"clip-{name}"].split for name in data]
    assert [found[f"primary-{n}"].split for n in range(0, 118, 2)] == splits[:-1]
    assert [found[f"fine_grained-{n}-silent"].split for n in range(1, 118, 2)] == splits[:-1]
    assert splits[-1] == found["primary-119-silent"].split == "test"
    assert set(splits[:-1]) == {"train", "validation"}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"clip": "S00E00_000"}, "data.json has no clip 'S00E00_000'"),
        ({"moment": "7.5"}, "expected seconds, found '7.5'"),
        ({"character": 8}, "expected a character from 0 to 7, found 8"),
        ({"character": True}, "found True"),
        ({"emotion": "boredom"}, "unknown emotion 'boredom'"),  # of the fine-grained only
    ],
)
def test_a_broken_label_is_refused(tmp_path, change, problem):
    anno = {"primary": [*PRIMARY[:-1], {**PRIMARY[-1], **change}], "fine_grained": FINE}
    error = failure(CORPUS, write(tmp_path, {**FILES, "anno.json": json.dumps(anno)}))
    assert (error.path.name, error.line, error.unit) == ("anno.json", 6, "item")
    assert problem in str(error)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"speakers": [0]}, "should be of one length"),
        ({"speakers": [0, -1, 1, -1]}, "-1 says none; found -1"),
        ({"speakers": [0, 3, 1, 4]}, "found 3 and ''"),
        ({"speakers": [9, -1, 1, 4]}, "expected a character"),
        ({"sentences": None}, "the key 'sentences' is missing"),
        ({"seg_start": [0, "3", 6, 9]}, "expected seconds"),
    ],
)
def test_a_broken_clip_is_refused(tmp_path, change, problem):
    data = {**DATA, PLANT: {**DATA[PLANT], **change}}
    error = failure(CORPUS, write(tmp_path, {**FILES, "data.json": json.dumps(data)}))
    assert (error.path.name, error.line) == ("data.json", 1)
    assert problem in str(error)


@pytest.mark.parametrize(
    ("name", "content", "line", "problem"),
    [
        ("test_id.txt", "2\n3\n", None, "3 stands in train_id.txt too"),
        ("test_id.txt", "2\nx\n", 2, "expected a whole number"),
        ("features/character_features.csv", "\n".join(FEATURES[:7]), None, "expected a line for each of"),
        ("features/character_features.csv", "\n".join([*FEATURES[:7], "0.5"]), 8, "expected 118 numbers, found 1"),
        ("features/character_features.csv", "a,b\n", 1, "expected numbers"),
    ],
)
def test_another_broken_file_is_refused(tmp_path, name, content, line, problem):
    error = failure(CORPUS, write(tmp_path, {**FILES, name: content}))
    assert (error.path, error.line) == (tmp_path / name, line)
    assert problem in str(error)


def test_a_list_shorter_than_the_ids_is_refused(tmp_path):
    error = failure(CORPUS, write(tmp_path, {**FILES, "test_id.txt": "2\n6\n"}))
    assert "the list 'primary' ends before 6" in str(error)
