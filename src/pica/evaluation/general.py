"""Whether tuning costs a model what it could do before: general language, general knowledge, and how it answers.

    general.yaml               made up for this, about no feeling, in English and in Chinese
      texts                    20 short texts
      choices                  100 questions with four options
      questions                20 questions to be answered freely

    general_perplexity_en      exp of the summed loss over the summed tokens of the English texts, as plain text
    general_ratio_en           the same after tuning, divided by what it was before: above 1, something was forgotten
    general_accuracy_en        share of the English choices whose right letter is the most probable one
    general_in_language_en     share of the English questions that are answered in English
    general_bare_label_en      share of them whose whole answer is a label of some view
    general_accuracy, general_bare_label    the means over both languages

Perplexity compares a model with itself before tuning alone: another tokenizer cuts the texts into other tokens. The
shares before tuning are those of the base system.

A choice is asked in one order. The right option stands equally often in each place, so a model that likes a letter
gains nothing by it, and all four orders would cost a CPU minutes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import yaml

from pica.evaluation.metrics import perplexity
from pica.evaluation.outside import by_letter
from pica.outside.question import MultipleChoice
from pica.schema import Prediction

if TYPE_CHECKING:
    from pica.inference.engine import Engine

LANGUAGES = ("en", "zh")
_MEASURES = ("perplexity", "ratio", "accuracy", "in_language", "bare_label")
COLUMNS = ["system", "model", "language", *_MEASURES]
# Of these the mean over both languages is among a system's headline numbers, and not each.
_MEANS = ("accuracy", "bare_label")
_CHINESE = "\u3400-\u4dbf\u4e00-\u9fff"
# What counts as a word when languages are told apart: a Chinese character, or letters without one.
_WORD = re.compile(rf"[{_CHINESE}]|[^\W\d_{_CHINESE}]+")


class Answers(NamedTuple):
    """What a system answers, and, of a model, all measures of what it can do in general, by their names above."""

    predictions: Sequence[Prediction]
    general: Mapping[str, float]


def texts() -> dict[str, list[str]]:
    """Language → its texts."""
    return _file()["texts"]


def choices() -> list[MultipleChoice]:
    """The questions with options, the right one equally often in each place."""
    return [
        _choice(language, number, asked, options)
        for language in LANGUAGES
        for number, (asked, options) in enumerate(_file()["choices"][language].items())
    ]


def questions() -> list[tuple[str, str]]:
    """The questions to be answered freely, each after its language."""
    return [(language, asked) for language in LANGUAGES for asked in _file()["questions"][language]]


@cache
def _file() -> dict[str, Any]:
    return yaml.safe_load((files("pica.evaluation") / "general.yaml").read_text(encoding="utf-8"))


def _choice(language: str, number: int, asked: str, options: Sequence[str]) -> MultipleChoice:
    right, *wrong = options
    place = number % len(options)
    placed = (*wrong[:place], right, *wrong[place:])
    return MultipleChoice(f"general/{language}/{number}", f"general-{language}", language, "", asked, placed, place)


def perplexities(engine: Engine) -> dict[str, float]:
    """Language → the perplexity of its texts. The first token of each is given."""
    of_language = texts()
    ids = {
        language: [engine.tokenizer(text)["input_ids"][: engine.max_length] for text in known]
        for language, known in of_language.items()
    }
    flat = [tokens for known in ids.values() for tokens in known]
    found = iter(engine.score([tokens[:1] for tokens in flat], [[tokens[1:]] for tokens in flat], []))
    read = {language: [next(found)[0].tokens for _ in known] for language, known in ids.items()}
    return {
        language: perplexity([float(tokens.sum()) for tokens in known], [len(tokens) for tokens in known])
        for language, known in read.items()
    }


def metrics(now: Mapping[str, float], before: Mapping[str, float] | None) -> dict[str, float]:
    """The perplexity in each language and, of a tuned model, how many times that of `before` it is."""
    found = {f"general_perplexity_{language}": value for language, value in now.items()}
    if before is not None:
        found |= {f"general_ratio_{language}": value / before[language] for language, value in now.items()}
    return {name: round(value, 4) for name, value in found.items()}


def shares(engine: Engine, max_new_tokens: int, labels: Collection[str]) -> dict[str, float]:
    """What the model makes of the choices and the questions, in per cent, in each language.

    Args:
        max_new_tokens: that a free answer may have.
        labels: what counts as a bare label, in whichever language the question is.
    """
    # torch takes seconds, and the baselines do not need it.
    from pica.training.cutting import whole
    from pica.training.encode import answer_ids, end_token
    from pica.training.template import user

    closed, free = [by_letter(choice) for choice in choices()], questions()
    asked = [*(row.messages[0] for row in closed), *(user(question) for _, question in free)]
    prompts = [engine.encode_prompt("", [message], max_new_tokens, whole) for message in asked]
    letters = closed[0].candidates
    behind = [answer_ids(letter, engine.tokenizer)[:-1] for letter in letters]
    written = range(len(closed), len(prompts))
    # An engine reads some answer behind each prompt, so the letters stand behind the free questions, too.
    reads, said = engine.score_and_generate(
        prompts, [behind] * len(prompts), [end_token(engine.tokenizer)], written, max_new_tokens
    )
    chosen = [letters[int(np.argmax([read.whole for read in of_row]))] for of_row in reads[: len(closed)]]
    replies = [said[number].text for number in written]
    bare = {_plain(label) for label in labels}
    found = {}
    for language in LANGUAGES:
        right = [
            letter == row.instances[0]["output"]
            for letter, row in zip(chosen, closed, strict=True)
            if row.language == language
        ]
        own = [reply for reply, (asked_in, _) in zip(replies, free, strict=True) if asked_in == language]
        found[f"general_accuracy_{language}"] = _share(right)
        found[f"general_in_language_{language}"] = _share([is_in(language, reply) for reply in own])
        found[f"general_bare_label_{language}"] = _share([_plain(reply) in bare for reply in own])
    return found


def is_in(language: str, reply: str) -> bool:
    """Whether most words of a reply are in the script of the language; a Chinese character counts as a word.

    "Paris." is too short for any identifier of languages, so French passes for English here; Russian does not. A reply
    without a word is in no language.
    """
    words = _WORD.findall(reply)
    own = [word for word in words if (word.isascii() if language == "en" else re.match(f"[{_CHINESE}]", word))]
    return 2 * len(own) > len(words)


def _plain(text: str) -> str:
    """Letters and digits alone, casefolded: “No emotion.” is no emotion."""
    return "".join(character for character in text.casefold() if character.isalnum())


def _share(found: Sequence[bool]) -> float:
    return round(100 * sum(found) / len(found), 4)


def headline(found: Mapping[str, float]) -> dict[str, float]:
    """The few for `dvc metrics diff`, of all measures of a system: the ratio in each language, and two means."""
    few = {name: value for name, value in found.items() if name.startswith("general_ratio")}
    means = {f"general_{measure}": _over_languages(found, measure) for measure in _MEANS if found}
    return few | means


def _over_languages(found: Mapping[str, float], measure: str) -> float:
    return round(sum(found[f"general_{measure}_{language}"] for language in LANGUAGES) / len(LANGUAGES), 4)


def table(system: str, model: str, found: Mapping[str, float]) -> list[dict[str, Any]]:
    """A row a language with all measures of a system, see COLUMNS; none of a system that is no model.

    Args:
        model: where the system's model lies, by which the page finds what it was before tuning.
    """
    return [
        {"system": system, "model": model, "language": language}
        | {measure: found.get(f"general_{measure}_{language}") for measure in _MEASURES}
        for language in LANGUAGES
        if found
    ]
