"""Emotion-Stimulus' reader on made-up files with every quirk of the real ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pica.corpora import native
from pica.corpora.emotion_stimulus import CORPUS, _span
from pica.schema import Cause
from tests.corpora.support import failure, read, write

SENTENCES = (
    ("happy", "Nadia was happy , she said , to be home before the snow . "),
    ("happy", " He was pleased with the bread and sang . "),
    ("anger", " She got mad I lost the map "),
    ("sad", "` I feel sad nobody wrote back , ' he said . "),
    ("shame", "Ashamed of losing it , she hid . "),
    ("fear", "It's scary , the dark . "),
    ("surprise", "Nobody was surprised . "),
    ("disgust", "He looked away in disgust ."),
)
TAGGED = (
    r"<happy>Nadia was happy , she said , <cause>to be home before the snow<\cause> . <\happy>",
    r"<happy> He was pleased w<cause>ith the bread <\cause>and sang . <\happy>",
    r"<anger> She got mad I<cause> lost the map <\cause><\anger>",
    r"<sad>` <cause>I feel sad <cause>nobody wrote back<\cause> , ' he said . <\sad>",
    r"<shame>Ashamed of<cause> losing it <\cause>, she hid . <\shame>",
    r"<fear>It's scary , <cause>the dark<\cause> . <\fear>",
)


def csv(*sentences: tuple[str, str]) -> str:
    return "Emotion,Text\r\n" + "\r\n".join(f'{emotion},"{text}"' for emotion, text in sentences)


def txt(*tagged: str) -> str:
    return "".join(line + "\n" for line in tagged)


FILES = {"emotion-stimulus.csv": csv(*SENTENCES), "Emotion Cause.txt": txt(*TAGGED)}


def test_a_sentence_is_a_conversation_of_one_turn(tmp_path):
    rows = read(CORPUS, write(tmp_path, FILES))
    assert [row.id.rpartition("/")[2] for row in rows] == ["1", "2", "3", "4", "5", "6", "7", "8"]
    assert [(row.emotion, row.turns[0].text) for row in rows] == [
        (emotion, text.strip()) for emotion, text in SENTENCES
    ]


def test_causes_are_words_of_the_sentence_whatever_the_tags_do(tmp_path):
    rows = read(CORPUS, write(tmp_path, FILES))
    assert [cause.span for row in rows for cause in row.causes] == [
        "to be home before the snow",
        "with the bread",
        "I lost the map",
        "nobody wrote back",
        "losing it",
        "the dark",
    ]
    assert rows[0].causes == (Cause(0, "happy", 0, "to be home before the snow"),)
    assert rows[6].causes == rows[7].causes == ()


def test_a_repeated_sentence_stays_in_one_split(tmp_path):
    sentences = [("sad", f"Day {day} . ") for day in range(40)]
    again = [("fear", text.strip()) for _, text in sentences]
    files = {"emotion-stimulus.csv": csv(SENTENCES[0], *sentences, *again), "Emotion Cause.txt": txt(TAGGED[0])}
    rows = read(CORPUS, write(tmp_path, files))[1:]
    assert [row.split for row in rows[:40]] == [row.split for row in rows[40:]]
    assert {row.split for row in rows} == {"train", "validation", "test"}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (r"<sad>Nadia was happy , she said , <cause>to be home before the snow<\cause> . <\sad>", "another sentence"),
        (
            r"<happy>Nadia was glad , she said , <cause>to be home before the snow<\cause> . <\happy>",
            "another sentence",
        ),
        (
            r"<happy>Nadia was happy , she said , <cause>to be home before the snow<\cause> . <\sad>",
            "expected <emotion>",
        ),
        (r"<happy>Nadia was happy , she said , <cause>to be home before the snow . <\happy>", "expected <emotion>"),
        (
            r"<happy>Nadia was happy , she said , <cause><\cause>to be home before the snow . <\happy>",
            "an empty cause",
        ),
        ("", "expected <emotion>"),
    ],
)
def test_a_broken_tagged_line_is_refused(tmp_path, line, problem):
    error = failure(CORPUS, write(tmp_path, {**FILES, "Emotion Cause.txt": txt(line, *TAGGED[1:])}))
    assert (error.path.name, error.line) == ("Emotion Cause.txt", 1)
    assert problem in str(error)


def test_a_broken_row_or_a_cut_file_is_refused(tmp_path):
    unknown = failure(CORPUS, write(tmp_path, {**FILES, "emotion-stimulus.csv": csv(("bored", "Hm ."))}))
    assert (unknown.path.name, unknown.line) == ("emotion-stimulus.csv", 2)
    short = failure(CORPUS, write(tmp_path, {**FILES, "emotion-stimulus.csv": csv(*SENTENCES[:3])}))
    assert (short.path.name, short.line) == ("Emotion Cause.txt", 4)
    cut = failure(CORPUS, write(tmp_path, {**FILES, "Emotion Cause.txt": txt(*TAGGED)[:-1]}))
    assert (cut.path.name, cut.line) == ("Emotion Cause.txt", 6)


# Words of two and more letters: a tag behind a word of one letter counts as late.
words = st.lists(st.text("abcxyz", min_size=2, max_size=5), min_size=1, max_size=6).map(" ".join)


@given(words, words, words)
def test_a_cause_is_found_between_its_tags(before, cause, after):
    line = rf"<fear>{before} <cause>{cause}<\cause> {after} . <\fear>"
    text = f"{before} {cause} {after} ."
    assert _span(native.At("Emotion Cause.txt", 1), line, "fear", text) == cause
