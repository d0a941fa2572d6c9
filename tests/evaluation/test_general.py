from __future__ import annotations

import math
from collections import Counter
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from pica.evaluation import general
from pica.evaluation.predict import predict
from pica.inference.engine import Generation
from pica.inference.runner import ModelRunner
from pica.inference.work import KeptWork
from pica.training import adapter as adapters
from pica.training.encode import answer_ids, prompt_ids
from pica.training.template import user
from tests.defaults import defaults
from tests.evaluation.test_predict import LABELS, folder, row  # noqa: F401 (folder is a fixture)
from tests.training.conftest import LORA


def test_there_are_twenty_texts_in_each_language_and_no_feeling_in_them():
    texts = general.texts()
    assert {language: len(set(known)) for language, known in texts.items()} == {"en": 20, "zh": 20}
    words = " ".join(texts["en"]).casefold()
    assert not [word for word in ("happy", "angry", "afraid", "feel", "sad ", "love", "sorry") if word in words]


def test_there_are_a_hundred_choices_in_each_language_and_the_right_option_stands_equally_often_in_each_place():
    choices = general.choices()
    assert Counter(choice.language for choice in choices) == {"en": 100, "zh": 100}
    assert len({choice.question for choice in choices}) == len({choice.id for choice in choices}) == 200
    assert Counter((choice.language, choice.answer) for choice in choices) == {
        (language, place): 25 for language in general.LANGUAGES for place in range(4)
    }
    for choice in choices:
        assert len(set(choice.options)) == 4
        assert all(isinstance(option, str) and option for option in choice.options)


def test_the_right_option_is_the_one_that_stands_first_in_the_file():
    right = {choice.question: choice.options[choice.answer] for choice in general.choices()}
    assert right["What is the capital of Canada?"] == "Ottawa"
    assert right["一个星期有几天？"] == "七天"
    assert right["What is 9 times 7?"] == "63"


def test_there_are_twenty_questions_in_each_language_each_in_its_own():
    questions = general.questions()
    assert Counter(language for language, _ in questions) == {"en": 20, "zh": 20}
    assert len(set(questions)) == 40
    asked = [*questions, *((choice.language, choice.question) for choice in general.choices())]
    assert all(general.is_in(language, question) for language, question in asked)


@pytest.mark.parametrize(
    ("reply", "languages"),
    [
        ("Paris.", {"en"}),
        ("It's called 水 in Chinese, and you can drink it.", {"en"}),
        ("先把米淘洗干净，再加水煮 20 分钟。", {"zh"}),
        ("答案是 Tyrannosaurus rex。", {"zh"}),
        ("Столица Франции — Париж.", set()),
        ("42", set()),
        ("", set()),
    ],
)
def test_a_reply_is_in_the_language_of_most_of_its_words(reply, languages):
    assert {language for language in general.LANGUAGES if general.is_in(language, reply)} == languages


@torch.no_grad()
def test_the_most_probable_letter_counts_and_so_does_what_is_answered(model, tokenizer, monkeypatch):
    choices, questions = general.choices()[::20], general.questions()[::10]
    monkeypatch.setattr(general, "choices", lambda: choices)
    monkeypatch.setattr(general, "questions", lambda: questions)
    engine = ModelRunner(model, tokenizer, 256, 8)

    def score(asked: str, letter: str) -> float:
        prompt, answer = prompt_ids([user(asked)], tokenizer), answer_ids(letter, tokenizer)
        scores = model(torch.tensor([[*prompt, *answer]])).logits.log_softmax(-1)[0]
        return sum(scores[len(prompt) + place - 1, token].item() for place, token in enumerate(answer))

    right = {"en": 0, "zh": 0}
    for choice in choices:
        listed = "\n".join(f"{letter}. {option}" for letter, option in zip("ABCD", choice.options, strict=True))
        told = {"en": "Answer with the letter alone.", "zh": "只回答选项的字母。"}[choice.language]
        scores = [score(f"{choice.question}\n{listed}\n\n{told}", letter) for letter in "ABCD"]
        right[choice.language] += scores.index(max(scores)) == choice.answer
    found = general.shares(engine, 6, LABELS)
    assert {language: found[f"general_accuracy_{language}"] for language in right} == {
        language: 20 * count for language, count in right.items()
    }
    replies = engine.generate([prompt_ids([user(question)], tokenizer) for _, question in questions], 6)
    for language in general.LANGUAGES:
        own = [reply.text for reply, (of, _) in zip(replies, questions, strict=True) if of == language]
        assert found[f"general_in_language_{language}"] == 50 * sum(general.is_in(language, reply) for reply in own)


class Scripted:
    """Stands in for a model: prefers the letter B, and answers what it is told to."""

    max_length = 256

    def __init__(self, tokenizer, replies):
        self.tokenizer, self.replies = tokenizer, replies

    def encode_prompt(self, instruction, messages, room, cut, answer=""):
        return prompt_ids(messages, self.tokenizer)

    def score_and_generate(self, prompts, answers, marks, free, max_new_tokens):
        b = answer_ids("B", self.tokenizer)[:-1]
        reads = [[SimpleNamespace(whole=-1.0 if answer == b else -2.0) for answer in each] for each in answers]
        return reads, {number: Generation(next(self.replies), True) for number in free}


def test_who_likes_a_letter_knows_a_quarter_and_a_label_alone_is_no_answer(tokenizer):
    replies = [*["Joy!", "NO  emotion.", "joy and sun", "Paris"] * 5, *["高兴。", "joy", "先洗米，再煮。", ""] * 5]
    found = general.shares(Scripted(tokenizer, iter(replies)), 6, {"joy", "no emotion", "高兴"})
    assert found == {
        **{"general_accuracy_en": 25.0, "general_in_language_en": 100.0, "general_bare_label_en": 50.0},
        **{"general_accuracy_zh": 25.0, "general_in_language_zh": 50.0, "general_bare_label_zh": 50.0},
    }


def test_a_killed_evaluation_asks_none_of_it_twice(model, tokenizer, tmp_path):
    def once() -> dict[str, float]:
        with closing(KeptWork(tmp_path)) as work:
            return general.shares(ModelRunner(model, tokenizer, 256, 8, work), 6, LABELS)

    first = once()
    answers = tmp_path / "answers-0.jsonl"
    kept = [line for line in answers.read_bytes().splitlines() if line]
    answers.write_bytes(b"\n".join(kept[: len(kept) // 2]))
    assert once() == first
    assert sorted(line for line in answers.read_bytes().splitlines() if line) == sorted(kept)


def test_two_means_stand_for_four_shares_and_the_table_has_all():
    found = {
        **{"general_perplexity_en": 40.0, "general_perplexity_zh": 90.0, "general_ratio_en": 1.1},
        **{"general_ratio_zh": 1.2, "general_accuracy_en": 30.0, "general_accuracy_zh": 27.0},
        **{"general_in_language_en": 100.0, "general_in_language_zh": 95.0},
        **{"general_bare_label_en": 5.0, "general_bare_label_zh": 10.0},
    }
    few = general.headline(found)
    assert few["general_accuracy"] == 28.5
    assert few["general_bare_label"] == 7.5
    assert set(few) == {name for name in found if "ratio" in name} | {*("general_accuracy", "general_bare_label")}
    rows = general.table("tuned", "models/base", found)
    assert [list(row) for row in rows] == [general.COLUMNS] * 2
    assert list(rows[1].values()) == ["tuned", "models/base", "zh", 90.0, 1.2, 27.0, 95.0, 10.0]
    assert (general.headline({}), general.table("majority", "", {})) == ({}, [])


@torch.no_grad()
def test_perplexity_is_that_of_plain_text(model, tokenizer, monkeypatch):
    text = "They cut the hedge without a word to me."
    monkeypatch.setattr(general, "texts", lambda: {"en": [text, "Oh"], "zh": ["我把雨伞忘在了公交车上。"]})
    found = general.perplexities(ModelRunner(model, tokenizer, 200, 8))
    losses, tokens = 0.0, 0
    for each in (text, "Oh"):
        ids = torch.tensor([tokenizer(each)["input_ids"]])
        scores = model(ids).logits.log_softmax(-1)[0]
        losses -= scores[:-1].gather(1, ids[0, 1:, None]).sum().item()
        tokens += ids.shape[1] - 1
    assert found["en"] == pytest.approx(math.exp(losses / tokens), rel=1e-4)
    assert list(found) == ["en", "zh"]


def test_a_tuned_model_is_compared_with_itself_before_tuning(model, folder, tmp_path):  # noqa: F811
    evaluate = replace(defaults().evaluate, batch_size=8, max_length=256)
    rows = [row(1, "text_emotion", "We won the cup!", "joy", candidates=LABELS)]
    untuned = predict(rows, "base", folder, None, evaluate, {}).general
    measures = ("perplexity", "accuracy", "in_language", "bare_label")
    assert set(untuned) == {f"general_{measure}_{language}" for measure in measures for language in ("en", "zh")}
    tuned = adapters.attach(model, LORA)
    with torch.no_grad():
        for name, weight in tuned.named_parameters():
            if "lora_B" in name:
                weight.fill_(0.05)
    adapters.save(tuned, LORA, folder, tmp_path / "adapter")
    found = predict(rows, "tuned", folder, tmp_path / "adapter", evaluate, {}).general
    for language in ("en", "zh"):
        now, before = found[f"general_perplexity_{language}"], untuned[f"general_perplexity_{language}"]
        assert now != before
        assert found[f"general_ratio_{language}"] == pytest.approx(now / before, rel=1e-4)
