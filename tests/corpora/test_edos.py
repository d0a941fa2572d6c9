"""EDOS's reader on made-up files with every quirk of the real ones."""

import json
import re

import pytest

from pica.corpora.edos import CORPUS
from pica.schema import Conversation, Rejected, Turn
from tests.corpora.support import failure, read, write

MTURK, SIMILAR = "1. MTurk_groundtruth_labels_9K.csv", "2. Similar_dialogs_3K.csv"
SELF_LABELED, SIMILAR_TO_THOSE = "3. Self-labeled_dialogs_4K.csv", "4. Similar_self-labeled_dialogs_2K.csv"
HEADERS = {
    MTURK: "Count,Index,DialogID,Dialog,Agreed emotion (2/3 vote),Worker 1 answer,Worker 2 answer,Worker 3 answer\n",
    SIMILAR: ",emotion,cos_sim,amt_dialog_id,amt_dialog,os_dialog_id,os_dialog\n",
    SELF_LABELED: ",Unnamed: 0,os_dialog_id,emotion,confidence,os_dialog\n",
    SIMILAR_TO_THOSE: ",emotion,cos_sim,high_dialog_id,high_dialog,os_dialog_id,os_dialog\n",
}


def by_people(dialogue: str, label: str) -> str:
    return f'12,0.7-415,83120,"{dialogue}",{label},Guilty,Ashamed,nobody knows (Other)\n'


def similar(dialogue: str, label: str) -> str:
    return f'7,{label},0.93,83120,"- Who let the goat in ?\n- Me .",5001,"{dialogue}"\n'


GOAT = 'Who let the goat in ?\nI \'m so ""sorry"" , it was me .'
FILES = {
    MTURK: HEADERS[MTURK] + by_people(GOAT, "Guilty") + by_people("A goat !", "Neutral"),
    SIMILAR: HEADERS[SIMILAR] + similar("- Is the gate open ?\n- - My fault .\n- Never mind .", "Consoling"),
    SELF_LABELED: HEADERS[SELF_LABELED] + '558,558,6002,wishing,0.99,"- So late .\n- Sleep well ."\n',
    SIMILAR_TO_THOSE: HEADERS[SIMILAR_TO_THOSE] + similar("- Run !\n- I can 't .", "terrified"),
}


def turns_of(tmp_path, files=FILES) -> dict[str, tuple[Turn, ...]]:
    return {row.id.rpartition("/")[2]: row.turns for row in read(CORPUS, write(tmp_path, files))}


def test_a_row_is_a_conversation_whose_last_turn_has_the_label(tmp_path):
    turns = turns_of(tmp_path)
    assert list(turns) == ["1-1", "1-2", "2-1", "3-1", "4-1"]
    assert turns["1-1"] == (Turn("A", "Who let the goat in ?"), Turn("B", 'I \'m so "sorry" , it was me .', "guilty"))
    assert turns["1-2"] == (Turn("A", "A goat !", "neutral"),)
    assert turns["4-1"] == (Turn("A", "Run !"), Turn("B", "I can 't .", "terrified"))


def test_an_intent_is_an_act(tmp_path):
    assert turns_of(tmp_path)["3-1"][-1] == Turn("B", "Sleep well .", act="wishing")


def test_dashes_before_utterances_go(tmp_path):
    assert turns_of(tmp_path)["2-1"] == (
        Turn("A", "Is the gate open ?"),
        Turn("B", "My fault ."),
        Turn("A", "Never mind .", act="consoling"),
    )


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("-", "annotators disagree"),
        ("Bleating (Other)", "label not in the set: Bleating (Other)"),
        ("Could be a goat (Other)", "label not in the set: Could be a goat (Other)"),
    ],
)
def test_a_row_without_a_label_of_the_set_is_rejected(tmp_path, label, reason):
    files = {**FILES, MTURK: HEADERS[MTURK] + by_people(GOAT, label)}
    row = read(CORPUS, write(tmp_path, files))[0]
    assert isinstance(row, Rejected)
    assert row.reason == reason
    assert json.loads(row.row)["Worker 3 answer"] == "nobody knows (Other)"


@pytest.mark.parametrize(("label", "emotion"), [("Neutral (Other)", "neutral"), ("Annoyed (Other)", "annoyed")])
def test_a_label_of_the_set_counts_when_it_was_written_by_hand(tmp_path, label, emotion):
    files = {**FILES, MTURK: HEADERS[MTURK] + by_people(GOAT, label)}
    assert read(CORPUS, write(tmp_path, files))[0].turns[-1].emotion == emotion


def test_copies_share_a_split_whatever_their_file_case_and_dashes(tmp_path):
    texts = [(f"Goat {n} ?", f"Yes , {n} .") for n in range(60)]
    rows = {
        MTURK: "".join(by_people(f"{one}\n{other}", "Joyful") for one, other in texts),
        SIMILAR: "".join(similar(f"- {one.upper()}\n- {other}", "Proud") for one, other in texts),
    }
    files = {**FILES, **{name: HEADERS[name] + text for name, text in rows.items()}}
    conversations = [row for row in read(CORPUS, write(tmp_path, files)) if isinstance(row, Conversation)]
    splits = [row.split for row in conversations]
    assert splits[:60] == splits[60:120]
    assert set(splits) == {"train", "validation", "test"}


@pytest.mark.parametrize(
    ("name", "row", "line", "problem"),
    [
        (MTURK, by_people("A goat !", "Hungry"), 2, "unknown emotion or intent 'Hungry'"),
        (MTURK, by_people("A goat !", ""), 2, "unknown emotion or intent ''"),
        (MTURK, by_people("A goat !\n\nMe .", "Joyful"), 4, "an empty utterance"),
        (SIMILAR, similar("- \n- Me .", "Joyful"), 4, "an empty utterance"),
        (SIMILAR, by_people("A goat !", "Joyful"), 2, "expected 7 cells"),
        (SELF_LABELED, "1,1,6002,sad,0.9,- Me .", 2, "no line end"),
        (SELF_LABELED, '1,1,6002,sad,0.9,"- Me .\n', 2, "not a valid delimited row"),
        (SIMILAR_TO_THOSE, "", 1, "no rows"),
    ],
)
def test_a_broken_row_is_refused(tmp_path, name, row, line, problem):
    error = failure(CORPUS, write(tmp_path, {**FILES, name: HEADERS[name] + row}))
    assert (error.path.name, error.line) == (name, line)
    assert problem in str(error)


MILLION = (
    ",dialogue_id,turn,uttr,eb+_emot,label_confidence\n"
    "0,7,1,Who let the goat in ?,Questioning,0.91\n"
    '1,7,2,"I \'m so ""sorry"" , it was me .",guilty,0.87\n'
    "2,9,1,A goat !,neutral,0.5\n"
)


def test_the_million_is_read_by_itself_or_beside_what_there_is_of_the_four(tmp_path):
    turns = turns_of(tmp_path, {"EDOS 1M.csv": MILLION})
    assert turns == {
        "1M-7": (
            Turn("A", "Who let the goat in ?", act="questioning"),
            Turn("B", 'I \'m so "sorry" , it was me .', "guilty"),
        ),
        "1M-9": (Turn("A", "A goat !", "neutral"),),
    }
    assert list(turns_of(tmp_path, {MTURK: FILES[MTURK]})) == ["1M-7", "1M-9", "1-1", "1-2"]


def test_a_dialogue_is_in_one_split_whichever_file_has_it(tmp_path):
    rows = [row for row in read(CORPUS, write(tmp_path, {"EDOS_1M.csv": MILLION, MTURK: FILES[MTURK]}))]
    assert rows[0].turns[0].text == rows[2].turns[0].text
    assert rows[0].split == rows[2].split


def test_a_dialogue_of_the_million_without_words_is_rejected(tmp_path):
    first, *_ = read(CORPUS, write(tmp_path, {"EDOS_1M.csv": MILLION.replace("Who let the goat in ?", " ")}))
    assert (first.reason, json.loads(first.row)[1]["eb+_emot"]) == ("a turn without text", "guilty")


@pytest.mark.parametrize(
    ("broken", "line", "problem"),
    [
        (MILLION.replace("uttr", "text"), 1, "expected the columns dialogue_id, turn, uttr, eb.*, found no uttr"),
        (MILLION.replace("guilty", "hungry"), 3, "unknown emotion or intent 'hungry'"),
        (MILLION.replace("1,7,2", "1,7,1"), 3, "turn 1 follows turn 1 of the dialogue '7'"),
        (MILLION.replace("1,7,2", "1,7,two"), 3, "expected a whole number as turn"),
        (MILLION + "3,7,3,Me .,sad,0.9\n", 5, "the dialogue '7' goes on after another one"),
    ],
)
def test_a_broken_million_is_refused(tmp_path, broken, line, problem):
    error = failure(CORPUS, write(tmp_path, {"EDOS_1M.csv": broken}))
    assert error.line == line
    assert re.search(problem, str(error))
    assert "Correct it in the folder of source.manual.edos" in str(error)


def test_the_coarse_view_has_an_emotion_for_every_one_but_neutral():
    coarse, fine, *_ = CORPUS.views
    assert set(coarse.relabel) == set(fine.labels) == set(CORPUS.emotions) - {"neutral"}
    assert set(coarse.relabel.values()) == set(coarse.labels)
