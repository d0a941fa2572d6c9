"""EmoryNLP's reader on made-up files with every quirk of the real ones."""

import json

import pytest

from pica.corpora.emorynlp import CORPUS
from pica.schema import Turn
from tests.corpora.support import failure, read, write

TRAIN, DEV, TEST, CONVERTED = (
    "emotion-detection-trn.json",
    "emotion-detection-dev.json",
    "emotion-detection-tst.json",
    "train_data.json",
)


def utterance(number: int, text: str, emotion: str, *speakers: str) -> dict:
    return {
        "utterance_id": f"s09_e02_c07_u{number:03}",
        "speakers": list(speakers),
        "transcript": text,
        "tokens": [text.split()],
        "emotion": emotion,
    }


def official(split: str, *scenes: tuple[str, list[dict]]) -> str:
    rows = [{"scene_id": key, "utterances": utterances} for key, utterances in scenes]
    return json.dumps({"season_id": split, "episodes": [{"episode_id": "s09_e02", "scenes": rows}]})


GATE = [
    # The numbers start late and have gaps: what has no label was left out.
    utterance(3, "Not again!", "Mad", "Ada Quill", "Tom Reed", "Movers"),
    utterance(7, " It’s only the gate. ", "Peaceful", "Ida"),
]
FILES = {
    CONVERTED: json.dumps(
        [
            [
                {"text": "Not again!", "speaker": "Ada Quill Tom Reed", "label": "Mad"},
                {"text": "Yes, again.", "speaker": "Ida", "label": "Neutral"},
            ],
            [{"text": "We won!", "speaker": "Ida", "label": "Powerful"}],
        ]
    ),
    DEV: official("dev", ("s09_e02_c07", GATE), ("s09_e02_c08", GATE[1:])),
    TEST: official("tst", ("s09_e03_c01", [utterance(1, "Who is there?", "Scared", "Ida")])),
}


def test_a_scene_is_a_conversation(tmp_path):
    rows = read(CORPUS, write(tmp_path, FILES))
    assert [row.id for row in rows] == [
        "emorynlp/train/0",
        "emorynlp/train/1",
        "emorynlp/validation/s09_e02_c07",
        "emorynlp/validation/s09_e02_c08",
        "emorynlp/test/s09_e03_c01",
    ]
    assert rows[0].turns[0] == Turn("Ada Quill Tom Reed", "Not again!", "Mad")
    assert rows[2].turns == (
        Turn("Ada Quill and Tom Reed and Movers", "Not again!", "Mad"),
        Turn("Ida", "It’s only the gate.", "Peaceful"),
    )


def test_the_official_training_file_is_taken_when_it_is_there(tmp_path):
    files = {**FILES, TRAIN: official("trn", ("s01_e01_c01", GATE)), CONVERTED: "not read"}
    assert read(CORPUS, write(tmp_path, files))[0].id == "emorynlp/train/s01_e01_c01"


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        (DEV, official("dev", ("s09_e02_c07", [])), "has no utterance"),
        (DEV, official("dev", ("s9_e2_c7", GATE)), "scene id such as s01_e02_c03, found 's9_e2_c7'"),
        (DEV, official("dev", ("s09_e02_c07", GATE), ("s09_e02_c07", GATE)), "expected a new scene id"),
        (DEV, official("dev", ("s09_e02_c07", [utterance(1, "Hm.", "Calm", "Ida")])), "unknown emotion 'Calm'"),
        (DEV, official("dev", ("s09_e02_c07", [utterance(1, " ", "Sad", "Ida")])), "an empty utterance"),
        (DEV, official("dev", ("s09_e02_c07", [utterance(1, "Hm.", "Sad")])), "a list of names as speakers"),
        (DEV, official("dev", ("s09_e02_c07", [utterance(1, "Hm.", "Sad", " ")])), "an empty speaker"),
        (DEV, official("dev", ("s09_e02_c07", ["Hm."])), "expected an object with the key 'speakers'"),
        (DEV, FILES[DEV][:-10], "not valid JSON"),
        (DEV, "{}", "at least one element"),
        (CONVERTED, "[{}]", "expected a list of utterances"),
        (CONVERTED, "[[]]", "has no utterance"),
        (CONVERTED, '[[{"text": "Hm.", "speaker": "Ida"}]]', "the key 'label' is missing"),
    ],
)
def test_a_broken_file_is_refused(tmp_path, name, content, problem):
    error = failure(CORPUS, write(tmp_path, {**FILES, name: content}))
    assert error.path.name == name
    assert problem in str(error)
