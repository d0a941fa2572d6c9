"""EmotionTalk's reader on made-up files with every quirk of the real ones."""

import pytest

from pica.corpora.emotiontalk import CORPUS
from pica.schema import Turn
from pica.tasks import examples
from tests.corpora.support import failure, read, write


def name(speaker: int, turn: int, group: str = "G00099", dialogue: int = 7) -> str:
    key = f"{group}_{dialogue:02}"
    return f"{group}/{key}/{key}_{speaker}/{key}_{speaker}_{turn:03}"


def files(*rows: tuple[str, str, str, str]) -> dict[str, str]:
    """Of name, text, label of the text and label of the clip."""
    said = "".join(f"{name},{by_text},{text}\n" for name, text, by_text, _ in rows)
    seen = "".join(f"{name}.mp4,{by_clip}\n" for name, _, _, by_clip in rows)
    return {"transcription.csv": f"name,emotion,chinese\n{said}", "mm.csv": f"file_name,emotion\n{seen}"}


SOFA = (name(31, 12), "你把[over/]沙发[/over]卖了？", "surprised", "angry")
YES = (name(32, 14), "卖了。", "neutral", "happy")


def test_a_dialogue_is_two_conversations_in_the_order_of_turns(tmp_path):
    clip, text = read(CORPUS, write(tmp_path, files(YES, SOFA)))
    assert (clip.id, text.id) == ("emotiontalk/train/clip-G00099_07", "emotiontalk/train/text-G00099_07")
    assert clip.turns == (Turn("甲", "你把沙发卖了？", "angry"), Turn("乙", "卖了。", "happy"))
    assert [turn.emotion for turn in text.turns] == ["surprised", "neutral"]


def test_each_label_has_its_view_and_replies_have_the_clips(tmp_path):
    rows = read(CORPUS, write(tmp_path, files(SOFA, YES)))
    answers = {view.name: [e.answer for row in rows for e in examples(row, view, 5)] for view in CORPUS.views}
    assert answers == {
        "emotiontalk-classification": ["愤怒", "高兴"],
        "emotiontalk-text-classification": ["惊讶", "中性"],
        "emotiontalk-generation": ["卖了。"],
    }
    (reply,) = examples(rows[0], CORPUS.views[2], 5)
    assert reply.emotion == "高兴"


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("[laughing]好", "好"),
        ("好[interrupted]", "好"),
        ("[[/over]好", "好"),
        ("好[/over/]", "好"),
        ("[over/好]", "好"),
        ("[Sobbing]好[crying]", "好"),
        ("好/over]。", "好。"),
        ("好[over/？", "好？"),
        ("]好[。", "好。"),
        ("game over了", "game over了"),
    ],
)
def test_marks_go_and_words_stay(tmp_path, said, text):
    assert read(CORPUS, write(tmp_path, files((name(31, 1), said, "neutral", "neutral"))))[0].turns[0].text == text


@pytest.mark.parametrize(
    ("group", "split"), [("G00001", "validation"), ("G00012", "validation"), ("G00003", "test"), ("G00015", "test")]
)
def test_the_splits_are_the_releases(tmp_path, group, split):
    row = (name(31, 1, group), "好", "neutral", "neutral")
    assert {row.split for row in read(CORPUS, write(tmp_path, files(row)))} == {split}


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ((SOFA, SOFA), "turn 12 of dialogue G00099_07 stands twice"),
        ((SOFA, (name(32, 1, dialogue=8), "好", "sad", "sad"), YES), "rows of dialogue G00099_07 stand apart"),
        ((SOFA, YES, (name(33, 15), "好", "sad", "sad")), "a third speaker in dialogue G00099_07"),
        ((("G00099_07_31_012", "好", "sad", "sad"),), "expected a name such as"),
        (((name(31, 1), "好", "glum", "sad"),), "unknown emotion 'glum'"),
        (((name(31, 1), "[laughing]", "sad", "sad"),), "an empty text"),
    ],
)
def test_broken_rows_are_refused(tmp_path, rows, problem):
    assert problem in str(failure(CORPUS, write(tmp_path, files(*rows))))


def test_both_files_have_the_same_rows(tmp_path):
    both, one = files(SOFA, YES), files(SOFA)
    other = files(SOFA, (name(31, 13), "好", "sad", "sad"))
    for said, seen, problem in (
        (both, one, "it ends before transcription.csv does"),
        (one, both, "a clip that transcription.csv does not have"),
        (both, other, "expected the clip"),
    ):
        mixed = {"transcription.csv": said["transcription.csv"], "mm.csv": seen["mm.csv"]}
        assert problem in str(failure(CORPUS, write(tmp_path, mixed)))
