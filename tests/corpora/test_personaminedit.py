"""PersonaMinEdit's reader on made-up files with every quirk of the real ones."""

import json

import pytest

from pica.corpora.personaminedit import CORPUS
from pica.schema import Conversation, Persona, Rejected
from tests.corpora.support import failure, read, write

TRAIN, VALID, TEST = "train.json", "valid.json", "test.json"
PERSONA = ["i am allergic to cats ."]
EDITS = ["in a house without a cat .", "in a house with my dog .", "in a house with my dog ."]


def edit(*context: str, original: str = "in a house with my cat .", persona=PERSONA, references=EDITS) -> dict:
    return {
        "context": list(context),
        "original_response": original,
        "intervening_persona": persona,
        "references": references,
    }


TENT = edit("hi , where do you live ?", "in a tent . you ?")
FILES = {
    VALID: json.dumps([TENT, edit("hi .", original="hello .", persona=["i sing .", "i dance ."])]),
    TEST: json.dumps([edit("do you like cats ?")]),
}


def by_native_id(folder) -> dict[str, Conversation | Rejected]:
    return {row.id.rpartition("/")[2]: row for row in read(CORPUS, folder)}


def test_every_different_reference_is_a_conversation(tmp_path):
    rows = by_native_id(write(tmp_path, FILES))
    assert list(rows) == ["valid-0-0", "valid-0-1", "valid-1-0", "valid-1-1", "test-0-0", "test-0-1"]
    assert [(turn.speaker, turn.text) for turn in rows["valid-0-1"].turns] == [
        ("B", "hi , where do you live ?"),
        ("A", "in a tent . you ?"),
        ("B", "in a house with my dog ."),
    ]
    assert rows["valid-0-0"].personas == (Persona("B", "i am allergic to cats ."),)
    assert rows["valid-1-0"].personas == (Persona("B", "i sing ."), Persona("B", "i dance ."))


def test_the_reply_is_always_bs(tmp_path):
    contexts = [[f"turn {n} of {length}" for n in range(length)] for length in range(1, 19)]
    files = {**FILES, VALID: json.dumps([edit(*context) for context in contexts])}
    for row in read(CORPUS, write(tmp_path, files)):
        speakers = [turn.speaker for turn in reversed(row.turns)]
        assert speakers == ["BA"[position % 2] for position in range(len(speakers))]


def test_validation_is_cut_by_dialogue(tmp_path):
    # A row of a dialogue, and one of the same dialogue after its reply.
    pairs = [(edit(f"hi {n}", original="me ."), edit(f"hi {n}", "me .", "good ?")) for n in range(60)]
    files = {**FILES, VALID: json.dumps([row for pair in pairs for row in pair])}
    rows = by_native_id(write(tmp_path, files))
    splits = [rows[f"valid-{n}-0"].split for n in range(120)]
    assert splits[::2] == splits[1::2]
    assert set(splits) == {"train", "validation"}


def test_no_dialogue_of_the_test_set_is_trained_on(tmp_path):
    held = [edit(f"hi {n}", original="me .") for n in range(40)]
    later = [edit(f"hi {n}", "me .", "good ?") for n in range(40)]
    unpaired = [{"context": [f"hi {n}", "me ."], "response": "good .", "persona": "i am good ."} for n in range(40)]
    files = {TEST: json.dumps(held), VALID: json.dumps(later), TRAIN: json.dumps(unpaired)}
    rows = by_native_id(write(tmp_path, files))
    assert {row.split for key, row in rows.items() if not key.startswith("test")} == {"validation"}


def test_the_unpaired_training_file_is_read_where_it_lies(tmp_path):
    unpaired = [
        {"context": ["hi , where do you live ?"], "response": "by the sea .", "persona": "i live on the coast ."},
        {"context": ["hi , where do you live ?"], "response": "guess .", "persona": []},
    ]
    rows = by_native_id(write(tmp_path, {**FILES, TRAIN: json.dumps(unpaired)}))
    assert rows["train-0"].personas == (Persona("B", "i live on the coast ."),)
    assert rows["train-0"].turns[-1].text == "by the sea ."
    assert (rows["train-1"].reason, json.loads(rows["train-1"].row)) == ("no persona", unpaired[1])


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"context": []}, "'context' should be a list of texts, found []"),
        ({"context": [3]}, "'context' should be a list of texts, found [3]"),
        ({"context": "hi ."}, "'context' should be a list"),
        ({"context": [" "]}, "an empty context"),
        ({"references": EDITS[:2]}, "expected 3 references, found 2"),
        ({"intervening_persona": []}, "'intervening_persona' should be a list of texts"),
        ({"original_response": None}, "the key 'original_response' is missing"),
    ],
)
def test_a_broken_row_is_refused(tmp_path, change, problem):
    error = failure(CORPUS, write(tmp_path, {**FILES, VALID: json.dumps([TENT, {**TENT, **change}])}))
    assert (error.path.name, error.line, error.unit) == (VALID, 2, "item")
    assert problem in str(error)


@pytest.mark.parametrize("persona", [None, " ", ["i sing ."]])
def test_a_broken_unpaired_row_is_refused(tmp_path, persona):
    row = {"context": ["hi ."], "response": "hello .", "persona": persona}
    assert failure(CORPUS, write(tmp_path, {**FILES, TRAIN: json.dumps([row])})).path.name == TRAIN
