"""EmpatheticDialogues' reader on made-up files with every quirk of the real ones, in both layouts."""

import pytest

from pica.corpora.empatheticdialogues import CORPUS
from pica.corpora.labels import EMPATHETIC
from pica.schema import Rejected, Turn
from pica.tasks import examples
from tests.corpora.support import failure, read, write

COPY = "Dialog_ID,Type,Actor,Text\n"
VALID, TEST = "conv_id,utterance_idx,prompt,utterance,label\n", "conv_id,utterance_idx,prompt,utterance\n"
NATIVE = "conv_id,utterance_idx,context,prompt,speaker_idx,utterance,selfeval,tags\n"
FENCE = 'hit:7_conv:15,situation,none,"My neighbour, of all people, fixed my fence."\n' + (
    'hit:7_conv:15,utterance,speaker,"I came home, and the fence ""stood"" again!"\n'
    "hit:7_conv:15,utterance,listener,Who did that?\n"
    "hit:7_conv:15,utterance,speaker,Old Ida.\n"
)


def copied(number: int, situation: str, *utterances: str) -> str:
    rows = [("situation", "none", situation)]
    rows += [("utterance", ("speaker", "listener")[n % 2], text) for n, text in enumerate(utterances)]
    return "".join(f"hit:{number}_conv:{number},{','.join(row)}\n" for row in rows)


def fixed(number: int, situation: str, *utterances: str, label: str = "") -> str:
    """Upstream's rows as the copies of validation and test have them."""
    rows = enumerate(utterances, start=1)
    return "".join(f"hit:{number}_conv:{number},{n},{situation},{text}{label}\n" for n, text in rows)


def by_emotion(**rows: str) -> dict[str, str]:
    """All 32 files. Each has a conversation of its own, for none is empty."""
    ordinary = {word: copied(900 + n, f"I felt {word}.", "Oh!") for n, word in enumerate(EMPATHETIC)}
    return {f"{word}.csv": COPY + ordinary[word] + rows.get(word, "") for word in EMPATHETIC}


BY_EMOTION = by_emotion(
    grateful=FENCE + copied(21, "A stranger_ gave me a coat.", "I was cold.", "Poor you!"),
    lonely=copied(22, "Nobody came.", "I waited."),
)
FILES = {
    **BY_EMOTION,
    "fixed_valid.csv": VALID
    + fixed(21, "A stranger_ gave me a coat.", " I was cold.", "Poor you!", label=",27")
    + fixed(31, "The cat_comma_ gone.", "He left_comma_ too.", label=",0"),
    "fixed_test.csv": TEST + fixed(22, "Nobody came. ", "I waited.") + fixed(32, "It rained.", "On me_comma_ of all."),
}
FACEBOOK = {
    "train.csv": NATIVE
    + 'hit:7_conv:15,1,grateful, My neighbour_comma_ of all,210,"I came home_comma_ and ""stood""!",5|5|5_4|5|5,\n'
    + 'hit:7_conv:15,2,grateful, My neighbour_comma_ of all,211,Who did "that?,5|5|5_4|5|5,\n',
    "valid.csv": NATIVE + "hit:8_conv:16,1,sad,The cat.,3,He left.,5|5|5,<TAG>,One_pipe_two|Three\n",
    "test.csv": NATIVE + "hit:9_conv:18,1,proud,My bread.,4,It rose.,5|5|5,\n",
}


def by_native_id(folder) -> dict:
    return {row.id.rpartition("/")[2]: row for row in read(CORPUS, folder)}


def annotated(label: str = "questioning") -> dict[str, str]:
    """The same files with a label a row, all of the listener's the given one."""
    labels = {"situation,none": "neutral", "utterance,speaker": "joyful", "utterance,listener": label}

    def labelled(line: str) -> str:
        role = next((role for role in labels if f",{role}," in line), None)
        return f"{line},{labels[role] if role else 'Label'}\n"

    files = {f"annotated/{name}": "".join(map(labelled, text.splitlines())) for name, text in BY_EMOTION.items()}
    return {**files, **{name: text for name, text in FILES.items() if name.startswith("fixed")}}


def test_turns_have_the_classifiers_labels_where_the_folder_has_them(tmp_path):
    plain, labelled = by_native_id(write(tmp_path / "a", FILES)), by_native_id(write(tmp_path / "b", annotated()))
    assert list(plain) == list(labelled)
    fence = labelled["hit:7_conv:15"]
    assert [(turn.emotion, turn.act) for turn in fence.turns[:2]] == [("joyful", None), (None, "questioning")]
    assert fence.emotion == "grateful"
    assert {turn.emotion for turn in plain["hit:7_conv:15"].turns} == {None}


def test_each_version_of_a_turns_label_has_its_view_and_replies_are_told_intents(tmp_path):
    fence = by_native_id(write(tmp_path, annotated()))["hit:7_conv:15"]
    answers = {view.name.removeprefix("empatheticdialogues-"): [*examples(fence, view, 9)] for view in CORPUS.views}
    assert [e.answer for e in answers["turn-coarse-classification"]] == ["joy", "joy"]
    assert [e.answer for e in answers["turn-fine-classification"]] == ["joyful", "joyful"]
    assert [e.answer for e in answers["turn-classification"]] == ["joyful", "questioning", "joyful"]
    (reply,) = answers["generation"]
    assert (reply.emotion, reply.act) == ("grateful", "questioning")


def test_an_unknown_label_is_refused(tmp_path):
    assert "unknown label 'shrugging'" in str(failure(CORPUS, write(tmp_path, annotated("shrugging"))))


def test_a_conversation_has_a_situation_an_emotion_and_two_roles(tmp_path):
    row = by_native_id(write(tmp_path, FILES))["hit:7_conv:15"]
    assert (row.id, row.emotion) == ("empatheticdialogues/train/hit:7_conv:15", "grateful")
    assert row.situation == "My neighbour, of all people, fixed my fence."
    assert row.turns == (
        Turn("speaker", 'I came home, and the fence "stood" again!'),
        Turn("listener", "Who did that?"),
        Turn("speaker", "Old Ida."),
    )


def test_the_fixed_files_say_what_is_held_out(tmp_path):
    rows = by_native_id(write(tmp_path, FILES))
    splits = {key: row.split for key, row in rows.items() if row.split != "train"}
    assert splits == {
        "hit:21_conv:21": "validation",
        "hit:22_conv:22": "test",
        "hit:31_conv:31": "validation",
        "hit:32_conv:32": "test",
    }
    assert rows["hit:22_conv:22"].emotion == "lonely"


def test_what_stands_in_a_fixed_file_alone_is_kept(tmp_path):
    rows = by_native_id(write(tmp_path, FILES))
    assert (rows["hit:31_conv:31"].situation, rows["hit:31_conv:31"].emotion) == ("The cat, gone.", "sad")
    assert (rows["hit:32_conv:32"].turns[0].text, rows["hit:32_conv:32"].emotion) == ("On me, of all.", None)


def test_a_situation_that_is_held_out_is_not_trained_on(tmp_path):
    rows = copied(41, "Nobody came.", "Not one.") + copied(42, "It rained.", "Cats and dogs.")
    files = {**FILES, **by_emotion(lonely=copied(22, "Nobody came.", "I waited.") + rows)}
    files["grateful.csv"] = BY_EMOTION["grateful.csv"]
    files["fixed_valid.csv"] += fixed(42, "It rained.", "Cats and dogs.", label=",21")
    read_rows = by_native_id(write(tmp_path, files))
    rejected = {key: row for key, row in read_rows.items() if isinstance(row, Rejected)}
    assert {key: (row.split, row.reason) for key, row in rejected.items()} == {
        "hit:41_conv:41": ("train", "its situation stands in test"),
        "hit:42_conv:42": ("validation", "its situation stands in test"),
    }
    assert "Not one." in rejected["hit:41_conv:41"].row


def test_facebooks_own_files_are_cut_at_every_comma(tmp_path):
    rows = by_native_id(write(tmp_path, {**FILES, **FACEBOOK}))
    assert {key: (row.split, row.emotion) for key, row in rows.items()} == {
        "hit:7_conv:15": ("train", "grateful"),
        "hit:8_conv:16": ("validation", "sad"),
        "hit:9_conv:18": ("test", "proud"),
    }
    fence = rows["hit:7_conv:15"]
    assert fence.situation == "My neighbour, of all"
    assert [(turn.speaker, turn.text) for turn in fence.turns] == [
        ("speaker", '"I came home, and ""stood""!"'),
        ("listener", 'Who did "that?'),
    ]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (copied(51, "I sang."), "should be a situation and then utterances"),
        ("hit:51_conv:51,utterance,speaker,I sang.\n", "should be a situation and then utterances"),
        (copied(51, "I sang.", "Loud.").replace("speaker", "listener"), "expected an utterance of the speaker"),
        (copied(51, "I sang.", "Loud.") + "hit:51_conv:51,situation,none,Twice.\n", "utterance of the listener"),
        (copied(51, "I sang.", " "), "an empty utterance"),
        (copied(51, " ", "Loud."), "an empty situation"),
        (copied(51, "I sang.", "Loud.") + copied(52, "I hid.", "Yes.") + copied(51, "A.", "B."), "goes on after"),
        (copied(51, "I sang.", "Loud, very.").replace('"', ""), "expected 4 cells"),
        (copied(51, "I sang.", "Loud.")[:-1], "no line end"),
    ],
)
def test_a_broken_copy_is_refused(tmp_path, rows, problem):
    error = failure(CORPUS, write(tmp_path, {**FILES, **by_emotion(angry=rows)}))
    assert error.path.name == "angry.csv"
    assert problem in str(error)


@pytest.mark.parametrize(
    ("situation", "text", "label"), [("He left.", "Old Ida.", 27), ("Nobody.", "Ida.", 27), ("Nobody.", "Old Ida.", 0)]
)
def test_two_copies_that_differ_are_refused(tmp_path, situation, text, label):
    files = {**FILES, **by_emotion(grateful=copied(61, "Nobody.", "Old Ida."))}
    files["fixed_valid.csv"] = VALID + fixed(61, situation, text, label=f",{label}")
    error = failure(CORPUS, write(tmp_path, files))
    assert (error.path.name, error.line) == ("grateful.csv", 4)
    assert "is another one in fixed_valid.csv" in str(error)


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (fixed(61, "He.", "Ida.", label=",32"), "unknown emotion '32'"),
        (fixed(61, "He.", "Ida.", label=",joy"), "unknown emotion 'joy'"),
        (fixed(61, "He.", "Ida."), "expected 5 cells"),
        (fixed(61, " ", "Ida.", label=",0"), "an empty prompt"),
        (fixed(61, "He.", " ", label=",0"), "an empty utterance"),
        ("hit:61_conv:61,2,He.,Ida.,0\n", "expected utterance 1 of the conversation, found 2"),
        (
            fixed(61, "He.", "A.", label=",0") + fixed(62, "B.", "B.", label=",0") + fixed(61, "C.", "C.", label=",0"),
            "goes on",
        ),
    ],
)
def test_a_broken_fixed_row_is_refused(tmp_path, rows, problem):
    error = failure(CORPUS, write(tmp_path, {**FILES, "fixed_valid.csv": VALID + rows}))
    assert error.path.name == "fixed_valid.csv"
    assert problem in str(error)


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (NATIVE + "hit:8_conv:16,1,sad,The cat.,3,He left.,5|5|5\n", 2, "expected 8 cells, or one more"),
        (NATIVE + "hit:8_conv:16,1,sad,The, cat.,3,He left.,5|5|5,t,c\n", 2, "found 10"),
        (NATIVE + "hit:8_conv:16,1,blue,The cat.,3,He left.,5|5|5,\n", 2, "unknown emotion 'blue'"),
        (NATIVE.replace("prompt", "situation"), 1, "expected the header"),
        ("", None, "the file is empty"),
    ],
)
def test_a_broken_native_file_is_refused(tmp_path, content, line, problem):
    error = failure(CORPUS, write(tmp_path, {**FACEBOOK, "valid.csv": content}))
    assert (error.path.name, error.line) == ("valid.csv", line)
    assert problem in str(error)
