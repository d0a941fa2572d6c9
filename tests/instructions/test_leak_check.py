"""Nothing held out is left in a training example: on wild small collections, and it is noticed where something is."""

from __future__ import annotations

import re
import tempfile
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pica.cleaning.leakage import LIMITS, HeldOut
from pica.cleaning.text import comparable
from pica.corpora import views
from pica.errors import DataError
from pica.instructions.leak_check import find_leaks, require_no_leaks, write_held_out
from pica.schema import EXAMPLE, SPLITS, Cause, Conversation, Example, Turn
from pica.store import write_rows
from pica.tasks import examples
from tests.cleaning.support import compare

# Few words, so that long texts meet; with what hides a copy between them.
_WORDS = ("tea", "Tea,", "cup", "don't", "ＣＵＰ", "ﬁsh!", "no")
_TEXTS = {
    "en": st.lists(st.sampled_from(_WORDS), min_size=1, max_size=16).map(" ".join),
    "zh": st.lists(st.sampled_from(["茶", "杯子。", "不"]), min_size=1, max_size=26).map("".join),
}
# Datasets of dialogues, of causes, of situations and of whole texts: language, speakers, emotions.
_DATASETS = {
    "meld": ("en", "AB", ("joy", "fear")),
    "dailydialog": ("en", "AB", ("happiness", "fear")),
    "esconv": ("en", ("seeker", "supporter"), ("anxiety",)),
    "emocontext": ("en", "AB", ("happy",)),
    "smilechat": ("zh", ("client", "counselor"), (None,)),
}


@st.composite
def conversations(draw: st.DrawFn, number: int) -> Conversation:
    corpus = draw(st.sampled_from(sorted(_DATASETS)))
    language, speakers, emotions = _DATASETS[corpus]
    texts, emotion = _TEXTS[language], st.sampled_from(emotions)
    turn = st.builds(Turn, st.sampled_from(speakers), texts, emotion)
    turns = tuple(draw(st.lists(turn, min_size=1, max_size=4)))
    causes = tuple(Cause(n, "fear", n, said.text[:30]) for n, said in enumerate(turns) if corpus == "dailydialog")
    split = draw(st.sampled_from(SPLITS))
    native = f"reccon-tr_{number}" if corpus == "dailydialog" and draw(st.booleans()) else str(number)
    return Conversation(
        f"{corpus}/{split}/{native}",
        corpus,
        split,
        language,
        turns,
        situation=draw(texts) if corpus == "esconv" else None,
        emotion=draw(emotion),
        causes=causes,
    )


collections = st.integers(2, 7).flatmap(lambda count: st.tuples(*(conversations(n) for n in range(count))))


def made(rows: Iterable[Conversation]) -> list[Example]:
    """The examples of all views."""
    own = [view for view in views().values() if view.name.partition("-")[0] in _DATASETS]
    return [e for row in rows for view in own if view.name.startswith(row.corpus) for e in examples(row, view, 3)]


def texts_of(example: Example) -> set[str]:
    """What an example shows and asks for in running text."""
    free = {example.answer} if not example.candidates else set()
    return {*(turn.text for turn in example.turns), example.situation or "", *free}


def said(text: str, language: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.findall(r"[^\W_]" if language == "zh" else r"[^\W_]+", folded)


def long_texts(example: Example) -> set[str]:
    return {
        comparable(t) for t in texts_of(example) if len(said(t, example.language)) >= LIMITS[example.language].exact
    }


def runs(example: Example) -> set[tuple[str, ...]]:
    size = LIMITS[example.language].near
    words = [said(text, example.language) for text in texts_of(example)]
    return {tuple(w[start : start + size]) for w in words for start in range(len(w) - size + 1)}


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(collections)
def test_no_long_held_out_text_stands_in_a_training_example(rows):
    datasets = {row.corpus: [other for other in rows if other.corpus == row.corpus] for row in rows}
    with tempfile.TemporaryDirectory() as folder:
        outcome = compare(Path(folder), datasets)
    kept = made(row for rows in outcome.kept.values() for row in rows)
    held = [example for example in kept if example.split != "train"]
    assert len(held) == sum(example.split != "train" for example in made(rows))
    exact, near = set().union(*map(long_texts, held)), set().union(*map(runs, held))
    for example in kept:
        if example.split == "train":
            assert not {comparable(text) for text in texts_of(example)} & exact
            assert not runs(example) & near


# The proof in the examples

SIX = "You sold the old green piano"
HELD = Example(
    "esconv/test/1#generation-1",
    "esconv-generation",
    "dialogue_generation",
    "esconv",
    "test",
    "en",
    (Turn("seeker", "They moved the whole bakery again"),),
    "supporter",
    SIX,
    situation="Nobody ever tells me anything here",
)


def left(folder: Path, *rows: Example) -> list[str]:
    """The leaks in these examples, each in the file of its view."""
    names = sorted({row.view for row in rows})
    for name in names:
        write_rows(folder / f"views/{name}.parquet", [row for row in rows if row.view == name], EXAMPLE)
    (folder / "scratch").mkdir()
    datasets = [
        [name for name in names if name.startswith(f"{corpus}-")] for corpus in sorted({row.corpus for row in rows})
    ]
    for own in datasets:
        write_held_out(own, folder / "views", folder / "scratch")
    held_out = HeldOut.gather(folder / "scratch")
    return [leak for own in datasets for leak in find_leaks(own, folder / "views", held_out)]


def training(view: str, **changed) -> Example:
    found = {"turns": (Turn("A", "Hm."),), "answer": "No.", "situation": None, **changed}
    corpus = view.partition("-")[0]
    return Example(f"{corpus}/train/0#x", view, views()[view].task, corpus, "train", "en", speaker="B", **found)


@pytest.mark.parametrize(
    "example",
    [
        training("meld-generation", turns=(Turn("A", "Hm."), Turn("B", f"{SIX}!"))),
        training("meld-generation", answer=SIX.upper()),
        training("meld-classification", turns=HELD.turns),
        training("dailydialog-cause", answer=f"no\n{SIX}"),
        training("empatheticdialogues-situation-inference", answer=HELD.situation),
        training("empatheticdialogues-generation", situation=HELD.situation),
    ],
)
def test_a_leak_in_an_example_is_found_wherever_it_stands(tmp_path, example):
    leaks = left(tmp_path, HELD, example)
    assert leaks == [f"{example.id} (esconv/test)"]
    with pytest.raises(DataError, match=re.escape(f"show texts of held-out sets: {leaks[0]}.")):
        require_no_leaks(leaks)


def test_a_text_that_many_show_is_named_once_with_the_first_of_them(tmp_path):
    rows = [replace(training("meld-generation", answer=SIX), id=f"meld/train/{n}#x") for n in range(3)]
    other = training("meld-classification", turns=(Turn("A", SIX),))
    assert left(tmp_path, HELD, *rows, other) == [f"{other.id} (esconv/test)"]


def test_a_text_seen_in_one_language_is_looked_at_in_another(tmp_path):
    said = "昨天下午他把家里那架旧钢琴卖掉了却谁也没有告诉"
    held = replace(HELD, language="zh", turns=(Turn("A", said),))
    english = training("meld-generation", answer=f"听说{said}。")  # limits of English words find nothing in it
    chinese = replace(english, id="meld/train/1#x", language="zh")
    assert left(tmp_path, held, english, chinese) == [f"{chinese.id} (esconv/test)"]


@pytest.mark.parametrize(
    "example",
    [
        training("meld-generation", turns=(Turn("A", "You sold the old piano"),)),
        training("meld-classification", answer=SIX),  # a label is no text
        training("personaminedit-persona-inference", answer=SIX),
        training("meld-generation", personas=(SIX,)),
    ],
)
def test_what_is_no_leak_is_none(tmp_path, example):
    assert left(tmp_path, HELD, example) == []


def test_of_many_leaks_a_few_are_named():
    require_no_leaks([])
    with pytest.raises(DataError, match=r": 0, 1, 2, 3, 4 and 4 more\."):
        require_no_leaks([str(number) for number in range(9)])
