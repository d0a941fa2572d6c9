"""The words of the questions: enough of them, in both languages, for every view; and chats that keep who said what."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pica.corpora import View, catalogue, view_corpus, views
from pica.corpora import corpus as corpus_named
from pica.prompts import phrasings, render, render_batch
from pica.schema import EXAMPLE, TASKS, Example, Instruction, Turn, as_one
from pica.store import batch_of, rows_of
from tests.strategies import examples, texts

FOLDER = Path(str(files("pica.prompts")))
LANGUAGES = sorted(path.name for path in FOLDER.iterdir() if (path / "words.yaml").is_file())
WORDS = {name: yaml.safe_load((FOLDER / name / "words.yaml").read_text(encoding="utf-8")) for name in LANGUAGES}
PHRASES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*.jinja") if path.stem != "controls")
ASKED = [
    pytest.param(view, corpus, language, id=f"{view.name}-{language}")
    for corpus in catalogue().values()
    for view in corpus.views
    for language in corpus.languages
]
FEWEST = 4
# More ids than it takes for each of a handful of phrasings to come up.
MANY = 60

RUTH, TOM, ANN = Turn("Ruth", "Is that mine?"), Turn("Tom", "It was."), Turn("Ann", "Ha!")


def example(view: str, *turns: Turn, **fields) -> Example:
    asked = views()[view]
    corpus = corpus_named(view.partition("-")[0])
    given = {
        "id": f"{corpus.name}/test/1",
        "speaker": turns[-1].speaker,
        "answer": asked.labels[0] if asked.labels else "An answer.",
        "candidates": asked.labels,
        "language": corpus.languages[0],
    }
    about = {"view": view, "task": asked.task, "corpus": corpus.name, "split": "test", "turns": turns}
    return Example(**{**about, **given, **fields})


def reply(*turns: Turn, view: str = "meld-generation", **fields) -> Example:
    return example(view, *turns, **{"speaker": "Tom", **fields})


# Words


def test_the_languages_are_those_of_the_datasets():
    spoken = {language for corpus in catalogue().values() for language in corpus.languages}
    assert set(LANGUAGES) == spoken


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_phrasings_in_every_language(task, language):
    assert f"{language}/{task}.jinja" in PHRASES


@pytest.mark.parametrize("name", PHRASES)
def test_every_file_has_some_phrasings_each_its_own(name):
    lines = [line for line in (FOLDER / name).read_text(encoding="utf-8").splitlines() if not line.startswith("{#")]
    language, _, file = name.partition("/")
    task, _, asks = file.removesuffix(".jinja").partition(".")
    assert len(phrasings(language, task, asks)) == len(set(lines)) == len(lines) >= FEWEST
    assert all(line == line.strip() != "" for line in lines)


def test_the_languages_have_the_same_files_and_words():
    names = [{path.name for path in (FOLDER / language).iterdir()} for language in LANGUAGES]
    keys = [{(part, key) for part in ("nouns", "speakers") for key in words[part]} for words in WORDS.values()]
    assert names == [names[0]] * len(LANGUAGES)
    assert keys == [keys[0]] * len(LANGUAGES)


@pytest.mark.parametrize(("view", "corpus", "language"), ASKED)
def test_every_view_is_asked_in_all_its_phrasings(view, corpus, language):
    turns = (RUTH, TOM) if view.task != "text_emotion" else (RUTH,)
    speaker = "Ann" if view.task == "dialogue_generation" else turns[-1].speaker
    one = example(view.name, *turns, speaker=speaker, language=language, emotion="joy", act="ask")
    rows = [render(replace(one, id=f"{corpus.name}/test/{number}")) for number in range(MANY)]
    assert len({row.instruction for row in rows}) == len(phrasings(language, view.task, view.asks)) >= FEWEST
    for row in rows:
        assert all(name in row.instruction for name in view.labels)
        if view.labels:
            assert WORDS[language]["nouns"][view.asks] in row.instruction
        assert not re.search(r"[{}]|  |None", row.instruction)


def test_an_example_is_always_asked_in_the_same_words():
    assert render(reply(RUTH)) == render(reply(RUTH))


def test_labels_are_listed_in_the_order_of_the_view():
    row = render(example("meld-classification", RUTH, TOM))
    places = [row.instruction.index(label) for label in views()["meld-classification"].labels]
    assert places == sorted(places)


# The six columns


@pytest.mark.parametrize(
    ("view", "labels", "listed"),
    [
        ("meld-classification", ("joy, trust", "joy"), "joy, trust; joy"),
        ("mpdd-classification", ("喜、乐", "怒"), "喜、乐；怒"),
        ("meld-classification", ("joy", "trust"), "joy, trust"),
    ],
)
def test_labels_with_a_comma_are_told_apart(view, labels, listed):
    asked = example(view, RUTH, candidates=labels, answer=labels[0])
    assert listed in render(asked).messages[0]["content"]


def test_a_closed_question():
    one = example("meld-classification", RUTH, TOM, answer="fear")
    row = render(one)
    assert (row.task_type, row.dataset, row.name) == ("dialogue_emotion", "meld", "meld-classification")
    assert row.instances == ({"input": "Ruth: Is that mine?\nTom: It was.", "output": "fear"},)
    assert row.is_classification
    assert row.candidates == one.candidates
    assert [message["role"] for message in row.messages] == ["user", "assistant"]
    assert row.messages[0]["content"] == f"{row.instruction}\n\n{row.instances[0]['input']}"
    assert row.messages[1]["content"] == "fear"


def test_a_single_text_stands_without_a_speaker():
    assert render(example("imdb-classification", RUTH)).instances[0]["input"] == "Is that mine?"
    assert render(example("imdb-classification", RUTH, TOM)).instances[0]["input"].startswith("Ruth: ")


def test_a_role_has_a_name_in_the_language():
    asked = {"view": "smilechat-generation", "speaker": "counselor"}
    chinese, english = (render(reply(Turn("client", "好。"), language=name, **asked)) for name in ("zh", "en"))
    assert chinese.instances[0]["input"] == "来访者：好。"
    assert english.instances[0]["input"] == "the client: 好。"


# Generation


def chat(*turns: Turn, **fields) -> list[tuple[str, str]]:
    """The messages of a reply by Tom, without the request that opens the first."""
    row = render(reply(*turns, **fields))
    assert row.messages[0]["content"].startswith(row.instruction)
    first = {**row.messages[0], "content": row.messages[0]["content"].removeprefix(row.instruction)}
    return [(message["role"], message["content"]) for message in (first, *row.messages[1:])]


def test_the_speaker_of_the_reply_is_the_assistant():
    assert chat(RUTH, TOM, RUTH) == [
        ("user", "\n\nIs that mine?"),
        ("assistant", "It was."),
        ("user", "Is that mine?"),
        ("assistant", "An answer."),
    ]


def test_a_history_that_the_assistant_opens():
    assert chat(TOM, RUTH) == [
        ("user", ""),
        ("assistant", "It was."),
        ("user", "Is that mine?"),
        ("assistant", "An answer."),
    ]


def test_several_others_have_their_names_and_share_a_message():
    assert chat(RUTH, ANN, TOM, ANN) == [
        ("user", "\n\nRuth: Is that mine?\nAnn: Ha!"),
        ("assistant", "It was."),
        ("user", "Ann: Ha!"),
        ("assistant", "An answer."),
    ]


@pytest.mark.parametrize(
    ("language", "said", "joined"),
    [
        ("en", ("Wait.", "I sold it."), "Wait. I sold it."),
        ("zh", ("等一下", "我把它卖了。", "真的"), "等一下，我把它卖了。真的"),
    ],
)
def test_what_one_says_in_several_turns_is_one_line_as_it_is_in_a_reply(language, said, joined):
    assert as_one(said, language) == joined
    turns = [Turn("Ann", "嗯。"), *(Turn("Tom", text) for text in said), *(Turn("Ruth", text) for text in said)]
    row = render(reply(*turns, view="emorynlp-generation", language=language))
    assert row.messages[1]["content"] == joined
    assert row.messages[2]["content"].endswith(joined)
    assert row.messages[2]["content"].count("Ruth") == 1


def test_several_acts_and_emotions_are_told_in_the_language():
    told = {"act": "question|inform", "view": "dailydialog-generation"}
    for language, words in (("en", "question, then inform"), ("zh", "question，再inform")):
        assert words in render(reply(RUTH, language=language, **told)).instruction


def test_of_a_chat_what_the_user_says_is_all_that_is_asked():
    asked, brief = Turn("user", "What floats on milk?"), Turn("user", "Be brief.")
    told = Turn("assistant", "Cream.")
    row = render(example("general-generation", brief, asked, told, asked, speaker="assistant"))
    assert row.instruction == ""
    assert [(message["role"], message["content"]) for message in row.messages] == [
        ("user", "Be brief.\nWhat floats on milk?"),
        ("assistant", "Cream."),
        ("user", "What floats on milk?"),
        ("assistant", "An answer."),
    ]


def test_a_chat_that_lost_its_oldest_turns_starts_with_the_user():
    asked, told = Turn("user", "And its colour?"), Turn("assistant", "Cream.")
    row = render(example("general-generation", told, asked, speaker="assistant"))
    assert [message["content"] for message in row.messages] == ["And its colour?", "An answer."]


GIVEN = {
    "speaker": ({}, "Tom"),
    "persona": ({"personas": ("I sail.", "I sing.")}, "I sail."),
    "situation": ({"situation": "The piano is gone."}, "The piano is gone."),
    "scene": ({"situation": "The piano is gone."}, "The piano is gone."),
    "feeling": ({"emotion": "wistful"}, "wistful"),
    "emotion": ({"emotion": "wistful"}, "wistful"),
    "act": ({"act": "apologise"}, "apologise"),
    "strategy": ({"act": "apologise"}, "apologise"),
}


def test_every_control_is_looked_at_here():
    used = {control for view in views().values() for control in view.controls}
    assert used == set(GIVEN)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [view.name for view in views().values() if view.task == "dialogue_generation"])
def test_a_reply_is_told_its_controls_and_no_others(name, language):
    fields = {key: value for given, _ in GIVEN.values() for key, value in given.items()}
    told, plain = (render(reply(RUTH, view=name, language=language, **f)).instruction for f in (fields, {}))
    expected = {GIVEN[control][1] for control in views()[name].controls}
    assert {said for _, said in GIVEN.values() if said in told} == expected
    assert {said for given, said in GIVEN.values() if given and said in plain} == set()


# Whatever the text


@pytest.mark.parametrize(("view", "corpus", "language"), ASKED)
def test_any_example_of_any_view_can_be_put_into_words(view: View, corpus, language):
    @settings(max_examples=5)
    @given(examples(view, corpus))
    def check(example: Example):
        row = render(example)
        roles = [message["role"] for message in row.messages]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        assert row.messages[-1]["content"] == row.instances[0]["output"] == example.answer
        assert row.instruction in row.messages[0]["content"]
        assert all(turn.text in row.instances[0]["input"] for turn in example.turns)

    check()


@pytest.mark.parametrize("name", views())
def test_many_examples_in_one_batch_read_as_each_alone(name):
    corpus = corpus_named(view_corpus(name))

    @settings(max_examples=5)
    @given(st.lists(examples(views()[name], corpus), min_size=1, max_size=8), st.data())
    def check(many: list[Example], data):
        batch = batch_of(many, EXAMPLE)
        first = data.draw(st.integers(0, len(many) - 1))
        last = data.draw(st.integers(first + 1, len(many)))
        for start, end in ((0, len(many)), (first, last)):
            rows = rows_of(render_batch(batch[start:end]))
            assert [Instruction.from_row(row) for row in rows] == [render(one) for one in many[start:end]]

    check()


@settings(max_examples=60)
@given(
    said=st.lists(st.tuples(st.sampled_from(["Ruth", "Tom", "Ann"]), texts), min_size=1, max_size=8).filter(
        lambda said: said[-1][0] != "Tom"
    )
)
def test_no_line_of_a_history_is_lost_or_given_to_another_role(said):
    # A number makes each line one of its kind, so it can be found.
    turns = [Turn(speaker, f"⟦{number}⟧{text}⟦/{number}⟧") for number, (speaker, text) in enumerate(said)]
    messages = chat(*turns)
    for turn in turns:
        (role,) = [role for role, content in messages if turn.text in content]
        assert role == ("assistant" if turn.speaker == "Tom" else "user")
    everything = "".join(content for _, content in messages)
    places = [everything.index(turn.text) for turn in turns]
    assert all(one < other for one, other in pairwise(places))
    names = {turn.speaker for turn in turns} - {"Tom"}
    opening = [turn for before, turn in pairwise([None, *turns]) if before is None or before.speaker != turn.speaker]
    assert all(
        (f"{turn.speaker}: {turn.text}" in everything) == (len(names) > 1 and turn in opening)
        for turn in turns
        if turn.speaker != "Tom"
    )
