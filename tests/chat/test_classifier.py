"""The safety check's classifier: when it counts, what it costs, and that its weights are those of the texts."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pica.chat import classifier, fitting, lexicon, safety
from pica.chat.lexicon import Match
from pica.errors import ChatError

ROOT = Path(__file__).parents[2]
# Danger in words that the lexicon does not have.
UNLISTED = "On the bridge my legs go to the railing by themselves and I think one step and I am dead."
WEIGHTS = json.loads((Path(classifier.__file__).parent / classifier.WEIGHTS).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "text", ["Yes, I will.", "I took my pills for my back.", "我知道了。", "楼顶晒被子。", "", "abc"]
)
def test_small_talk_is_none(text):
    assert safety.check(text) == safety.NOTHING


def test_what_the_lexicon_lacks_leads_to_a_pointer_or_help_with_its_probability_and_words():
    found = safety.check(UNLISTED)
    assert found.by == "classifier"
    assert found.level in ("wish", "thought")
    assert found.probability >= WEIGHTS["en"]["point"]
    assert found.words


def test_the_classifier_overrules_the_lexicon_only_where_it_is_sure():
    text = "i want to kill myself"
    meant = [Match("intent", text, "", False, text)]
    assert classifier.score(text, meant).level != "none"
    assert all(WEIGHTS[language]["found"] < WEIGHTS[language]["point"] for language in classifier.GRAMS)


def test_replies_are_left_to_the_lexicon():
    assert safety.check(UNLISTED).level != "none"
    assert safety.check(UNLISTED, reply=True) == safety.NOTHING


@given(st.text(max_size=60), st.integers(0, 30))
def test_passages_are_the_text_and_none_is_long(text, times):
    plain = lexicon.plain(text + " so it is. " * times * 4)
    cut = classifier.passages(plain, [])
    assert "".join(cut) == plain
    assert all(len(passage) <= classifier._PASSAGE for passage in cut)


def test_n_grams_of_words_and_characters():
    assert "w want to die" in classifier.grams("i want to die", "en")["w"]
    assert classifier.grams("想死", "zh") == {
        "c": {f"c {gram}" for gram in (" ", "想", "死", " 想", "想死", "死 ")}
        | {f"c {gram}" for gram in (" 想死", "想死 ", " 想死 ")}
    }


def test_the_weights_are_those_of_the_texts():
    """Where this fails: `python -m pica.chat.fitting` fits them anew. Then mend the tables of docs/safety.md."""
    assert WEIGHTS["texts"] == fitting.digest()
    assert {name for language in classifier.GRAMS for name in WEIGHTS[language]["signs"]} == fitting.known_signs()


def test_a_fit_of_the_texts_gives_the_weights():
    given_ = [row for path in sorted(fitting.TEXTS.glob("*.jsonl")) for row in unread(path) if row.language == "zh"]
    fitted = fitting.fit_grams(given_, "zh")
    assert fitted["bias"] == pytest.approx(WEIGHTS["zh"]["bias"], abs=0.01)
    same = [
        gram for gram, weight in fitted["grams"].items() if abs(WEIGHTS["zh"]["grams"].get(gram, 1e9) - weight) <= 5
    ]
    assert len(same) >= 0.99 * len(fitted["grams"])


def unread(path: Path) -> list[fitting.Row]:
    """A file's texts, without what the lexicon finds in them, which the first model does not look at."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    plain = [lexicon.plain(line["text"]) for line in lines]
    return [
        fitting.Row(path.stem, line["language"], line["kind"], line["text"], text, ())
        for line, text in zip(lines, plain, strict=True)
    ]


def test_no_text_is_there_twice():
    texts = [row.plain for path in fitting.TEXTS.glob("*.jsonl") for row in unread(path)]
    assert len(texts) == len(set(texts))


def test_the_page_has_what_leaving_one_writer_out_measures():
    page = (ROOT / "docs/safety.md").read_text(encoding="utf-8")
    kinds = ("explicit", "hyperbole", "others", "everyday", "implicit")
    for language, writers in WEIGHTS["left out"].items():
        for writer, shares in writers.items():
            row = re.search(rf"^\| `{writer}`, {language} \|(.*)$", page, re.M)[1]
            assert re.findall(r"(\d+) %|–", row) == [str(shares.get(kind, "")) for kind in kinds], (writer, language)


@pytest.mark.parametrize("name", ["blind", "blind_2"])
def test_the_page_has_what_is_found_of_a_set_that_nobody_worked_on(name):
    page = (ROOT / "docs/safety.md").read_text(encoding="utf-8")
    kinds = ("explicit", "hyperbole", "others", "implicit")
    for language, shares in fitting.measured(Path(__file__).with_name(f"safety_{name}.jsonl")).items():
        row = re.search(rf"^\| `{name}`, {language} \|(.*)$", page, re.M)[1]
        assert re.findall(r"(\d+) %", row) == [str(shares[kind]) for kind in kinds], language


@pytest.mark.parametrize("line", ["{", '{"language": "en", "kind": "sad", "text": "x"}', "[1]", '{"language": "fr"}'])
def test_a_bad_line_is_named(tmp_path, line):
    (tmp_path / "set.jsonl").write_text('{"language": "en", "kind": "others", "text": "x"}\n' + line, encoding="utf-8")
    with pytest.raises(ChatError, match=r"set\.jsonl, line 2"):
        fitting.rows(tmp_path / "set.jsonl")
