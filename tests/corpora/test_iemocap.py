"""IEMOCAP's reader on made-up files with every quirk that is known of the real ones."""

import pytest

from pica.corpora.iemocap import CORPUS
from pica.schema import Turn
from tests.corpora.support import failure, read, write

HEADER = "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"


def spoken(turn: str, start: float, text: str) -> str:
    return f"{turn} [{start:08.4f}-{start + 2:08.4f}]: {text}\n"


def rated(turn: str, start: float, code: str) -> str:
    return (
        f"[{start:.4f} - {start + 2:.4f}]\t{turn}\t{code}\t[2.5000, 2.0000, 2.5000]\n"
        "C-E1:\tNeutral; Frustration;\t(worried)\nA-E3:\tval 3; act 2; dom  ;\t()\n\n"
    )


def dialogue(name: str, transcript: str, evaluation: str) -> dict[str, str]:
    folder = f"Session{name[4]}/dialog"
    return {f"{folder}/transcriptions/{name}.txt": transcript, f"{folder}/EmoEvaluation/{name}.txt": evaluation}


def small(name: str) -> dict[str, str]:
    turn = f"{name}_M000"
    return dialogue(name, spoken(turn, 1.0, "Hello."), HEADER + rated(turn, 1.0, "neu"))


NAME = "Ses01F_impro09"
F0, F1, M0, M1 = (f"{NAME}_{number}" for number in ("F000", "F001", "M000", "M001"))
TRANSCRIPT = (
    spoken(F0, 1.2, "Did the landlord call you back?")
    + spoken(F1, 6.7, "Then we have until Friday.")
    + spoken(M0, 3.1, "He did: he said no. [LAUGHTER]")
    + spoken(f"{NAME}_MXX0", 6.1, "Mm.")
    + "M: sorry\n\n"
    + spoken(M1, 10.2, "I know.")
)
EVALUATION = HEADER + rated(F0, 1.2, "neu") + rated(F1, 6.7, "fru") + rated(M0, 3.1, "xxx") + rated(M1, 10.2, "sad")
PATHS = tuple(dialogue(NAME, "", ""))
FILES = {
    **dialogue(NAME, TRANSCRIPT, EVALUATION),
    **small("Ses02F_script01_1b"),
    **small("Ses03M_impro08a"),
    **small("Ses04F_impro01"),
    **small("Ses05M_script03_2"),
}


def test_turns_are_in_the_order_of_their_starts_and_history_has_no_label(tmp_path):
    assert read(CORPUS, write(tmp_path, FILES))[0].turns == (
        Turn("F", "Did the landlord call you back?", "neutral"),
        Turn("M", "He did: he said no. [LAUGHTER]"),
        Turn("M", "Mm."),
        Turn("M", "sorry"),
        Turn("F", "Then we have until Friday.", "frustration"),
        Turn("M", "I know.", "sadness"),
    )


def test_sessions_are_splits(tmp_path):
    assert [row.id for row in read(CORPUS, write(tmp_path, FILES))] == [
        "iemocap/train/Ses01F_impro09",
        "iemocap/train/Ses02F_script01_1b",
        "iemocap/train/Ses03M_impro08a",
        "iemocap/validation/Ses04F_impro01",
        "iemocap/test/Ses05M_script03_2",
    ]


def test_leftovers_and_the_raters_own_files_are_not_read(tmp_path):
    leftovers = {
        "Session1/dialog/transcriptions/._Ses01F_impro01.txt": b"\0\5\26\7",
        "Session1/dialog/EmoEvaluation/Categorical/Ses01F_impro09_e1_cat.txt": "Ses01F_impro09_F000 :Neutral state; ()",
    }
    assert len(read(CORPUS, write(tmp_path, {**FILES, **leftovers}))) == 5


def test_a_line_that_is_not_utf8_is_latin_1(tmp_path):
    transcript = TRANSCRIPT.replace("I know.", "A café, I know.").encode("latin-1")
    rows = read(CORPUS, write(tmp_path, {**FILES, PATHS[0]: transcript}))
    assert rows[0].turns[-1].text == "A café, I know."


@pytest.mark.parametrize(
    ("path", "old", "new", "line", "problem"),
    [
        (PATHS[0], "]: I know", "] I know", 7, "expected `turn [start-end]: text`"),
        (PATHS[0], "M: sorry", "M:  ", 5, "an empty text"),
        (PATHS[0], M1, "Ses01F_impro08_M001", 7, "expected a turn such as Ses01F_impro09_F000"),
        (PATHS[0], M1, M0, 7, "was not rated, or stands a second time"),
        (PATHS[0], spoken(M1, 10.2, "I know."), "", None, f"no line of the turn {M1}"),
        (PATHS[0], TRANSCRIPT, "\n", None, f"no line of the turn {F0}"),
        (PATHS[1], rated(M1, 10.2, "sad"), "", (PATHS[0], 7), "was not rated"),
        (PATHS[1], "\tsad\t", "\tbor\t", 15, "unknown emotion 'bor'"),
        (PATHS[1], "\tsad\t", " sad ", 15, "expected `[start - end]"),
        (PATHS[1], M1, M0, 15, "each turn once"),
    ],
)
def test_a_broken_line_is_refused(tmp_path, path, old, new, line, problem):
    assert old in FILES[path]
    error = failure(CORPUS, write(tmp_path, {**FILES, path: FILES[path].replace(old, new)}))
    expected = line if isinstance(line, tuple) else (path, line)
    assert (error.path.relative_to(tmp_path).as_posix(), error.line) == expected
    assert problem in str(error)


def test_a_missing_session_or_a_misplaced_dialogue_is_refused(tmp_path):
    for path in dialogue("Ses04F_impro01", "", ""):
        write(tmp_path, FILES)
        (tmp_path / path).unlink()
        assert "Session4" in str(failure(CORPUS, tmp_path))
    misplaced = {"Session2/dialog/transcriptions/Ses01F_impro01.txt": "M: Hello.\n"}
    assert "another session" in str(failure(CORPUS, write(tmp_path, {**FILES, **misplaced})))
